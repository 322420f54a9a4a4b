// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleASGI
import GaleHTTP
import GaleLoop
import GalePython
import GaleWSGI
import Logging

/// The applications and files that are served.
struct Applications {
  /// What takes the requests.
  let delegate: any HTTPServerConnectionDelegate
  /// What loads them again, if anything does.
  let reloader: WSGIReloader?
  /// Those that are asynchronous, which have a start and an end of their own.
  private let asynchronous: [ASGIContainer]
  /// Those that have interpreters of their own.
  private let isolated: [WSGIContainer]
  /// All of them, if they are loaded again.
  private let reloaded: [ReloadedApplication]

  /// Reads where the applications are to be found; needs no interpreter.
  static func locators(_ configuration: ServeConfiguration) throws(ServeError) -> [PythonLocator] {
    var locators: [PythonLocator] = []
    for mount in configuration.mounts {
      do throws(PythonLocatorError) {
        locators.append(try PythonLocator(mount.application))
      } catch {
        throw ServeError(.setting, configuration.prefix(for: mount) + error.message)
      }
    }
    return locators
  }

  /// Imports the applications, in their order.
  ///
  /// - Parameter given: Those that are there already, in place of what `locators` say.
  init(
    _ configuration: ServeConfiguration, _ locators: [PythonLocator], given: [PythonReference] = [],
    isMultiprocess: Bool, countingOn page: ScorePage, _ hooks: PythonHooks?, _ interpreter: Interpreter
  ) throws {
    var entries: [(point: MountPoint, target: any HTTPServerConnectionDelegate)] = []
    reloader =
      configuration.development.reloads
      ? try Self.makeReloader(configuration, locators, interpreter) : nil
    var asynchronous: [ASGIContainer] = []
    var reloaded: [ReloadedApplication] = []
    var isolated: [WSGIContainer] = []
    for (index, mount) in configuration.mounts.enumerated() {
      let prefix = configuration.prefix(for: mount)
      if mount.lane.interpreters != nil {
        let container = try IsolatedApplication.container(
          mount, locators[index], prefix: prefix, configuration.proxies, isMultiprocess: isMultiprocess,
          countingOn: page)
        isolated.append(container)
        entries.append((mount.point, container))
        continue
      }
      let reference =
        try given.dropFirst(index).first ?? reloader?.applications[index]
        ?? interpreter.attach { python in try Self.load(locators[index], prefix, python) }
      if try reloader == nil && interpreter.attach({ python in try Self.isASGI(reference, python) }) {
        let container = ASGIContainer(reference, webSocket: configuration.webSocket.configuration)
        asynchronous.append(container)
        entries.append((mount.point, container))
        if hooks?.wantRequests ?? false {
          Logger(label: "gale.hooks").warning(
            "\(mount.application) is an ASGI application: the hooks pre_request and post_request are not called for it"
          )
        }
      } else {
        let hooked = try interpreter.attach { python in try hooks?.wrap(reference, python) ?? reference }
        let container = Self.container(
          hooked, mount.lane, configuration.proxies, isMultiprocess: isMultiprocess, countingOn: page)
        if let reloader {
          let application = ReloadedApplication(
            mount.application, index, reloader, container, configuration.webSocket.configuration)
          reloaded.append(application)
          entries.append((mount.point, application))
        } else {
          entries.append((mount.point, container))
        }
      }
    }
    self.asynchronous = asynchronous
    self.reloaded = reloaded
    self.isolated = isolated
    for files in configuration.statics {
      guard FileStatus(path: files.directory)?.isDirectory ?? false else {
        throw ServeError(.system, "static \(files.point): there is no directory \(files.directory)")
      }
      entries.append((files.point, try StaticFiles.application(files)))
    }
    if entries.count == 1, let only = entries.first, only.point == .root {
      delegate = only.target
    } else {
      delegate = try MountRouter(entries)
    }
  }

  /// Loads the applications again whenever their files change.
  func watch(_ development: DevelopmentSettings, on loop: IOLoop) {
    reloader?.watch(on: loop, extraFiles: development.extraFiles) { [reloaded] succeeded in
      guard succeeded else { return }
      for application in reloaded { loop.spawn { await application.renew(on: loop) } }
    }
  }

  /// Runs the starts of asynchronous applications, before the first request.
  func startUp(on loop: IOLoop) async throws {
    for container in asynchronous {
      do {
        try await container.startUp(on: loop)
      } catch let error as CancellationError {
        throw error
      } catch {
        throw ServeError(.application, "\(error)")
      }
    }
    for application in reloaded { await application.renew(on: loop) }
  }

  /// Runs their ends, after the last one.
  func shutDown(on loop: IOLoop, grace: Duration) async {
    for application in reloaded { await application.shutDown(on: loop, grace: grace) }
    for container in asynchronous { await container.shutDown(on: loop, grace: grace) }
    let start = loop.time
    for container in isolated {
      // The time may have gone into requests; those that ended meanwhile shall have their end all the same.
      let rest = max(Self.leastGrace, grace - (loop.time - start))
      guard await !container.shutDown(on: loop, grace: rest) else { continue }
      Logger(label: "gale.general").warning(
        "The process ends before all interpreters of the application have")
    }
  }

  /// What interpreters have at least for their end.
  private static let leastGrace = Duration.seconds(1)

  private static func isASGI(
    _ application: PythonReference, _ python: borrowing Attached
  ) throws(PythonError) -> Bool {
    try ASGIContainer.isASGI(python, application.object(python))
  }

  private static func makeReloader(
    _ configuration: ServeConfiguration, _ locators: [PythonLocator], _ interpreter: Interpreter
  ) throws -> WSGIReloader {
    var made: WSGIReloader?
    try interpreter.attach { python in
      made = try WSGIReloader(locators, showsTracebacks: configuration.development.debug, python)
    }
    guard let made else { throw ServeError(.application, "Python is not running") }
    return made
  }

  /// Looks whether an application can be imported.
  static func tryToLoad(_ locator: PythonLocator, _ interpreter: Interpreter) throws(ServeError) {
    do {
      try interpreter.attach { python in _ = try load(locator, "", python) }
    } catch let error as ServeError {
      throw error
    } catch {
      throw ServeError(.application, "\(error)")
    }
  }

  static func container(
    _ application: PythonReference, _ lane: LaneSettings, _ proxies: ProxySettings, isMultiprocess: Bool,
    countingOn page: ScorePage
  ) -> WSGIContainer {
    WSGIContainer(
      application, lane: lane.lane, multiprocess: isMultiprocess,
      requestTimeout: lane.timeout > 0 ? .seconds(lane.timeout) : nil,
      interruptGrace: .seconds(lane.interruptGrace), underscores: proxies.underscorePolicy, page: page)
  }

  private static func load(
    _ locator: PythonLocator, _ prefix: String, _ python: borrowing Attached
  ) throws(ServeError) -> PythonReference {
    do throws(PythonLocatorError) {
      return PythonReference(try locator.resolve(python))
    } catch {
      throw complaint(locator, prefix, error)
    }
  }

  /// Why there is no application, as those are told who started the server.
  static func complaint(
    _ locator: PythonLocator, _ prefix: String, _ error: PythonLocatorError
  ) -> ServeError {
    // What Python said comes first, for those who want to know where; the reason is the last line.
    let traceback = error.code == .moduleNotFound ? nil : error.underlyingError?.traceback
    return ServeError(.application, prefix + error.message + hint(locator, error), traceback: traceback)
  }

  /// What people mean who write a dot for the colon, or the name of a file.
  private static func hint(_ locator: PythonLocator, _ error: PythonLocatorError) -> String {
    if error.code == .extensionRefused { return "; it can be served with --workers, not with --interpreters" }
    let module = locator.module
    if error.code == .moduleNotFound, module.hasSuffix(".py"), !error.message.contains("named \(module) ") {
      return "; nor is there a file \(module)"
    }
    guard error.code == .moduleNotFound, error.message.contains("named \(module) "),
      let dot = module.lastIndex(of: "."), locator.path == ["application"] || module.hasSuffix(".py")
    else { return "" }
    let (parent, name) = (module[..<dot], module[module.index(after: dot)...])
    return name == "py"
      ? "; a module is named without .py: \(parent):app" : "; did you mean \(parent):\(name)?"
  }
}

extension ServeConfiguration {
  /// What stands before a complaint about an application: nothing when there is only one.
  fileprivate func prefix(for mount: MountSettings) -> String {
    mounts.count > 1 || mount.point != .root ? "mount \(mount.point): " : ""
  }

  /// What is served, for the log: a line each.
  var services: [String] {
    let python = Interpreter.version
    return mounts.map { mount in
      let place = mounts.count + statics.count > 1 || mount.point != .root ? " at \(mount.point)" : ""
      return "Serving \(mount.application)\(place) on CPython \(python), lane \(mount.lane.description)"
    } + statics.map { "Serving the files in \($0.directory) at \($0.point)" }
  }
}
