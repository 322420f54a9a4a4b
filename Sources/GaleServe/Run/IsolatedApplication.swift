// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleASGI
import GaleLoop
import GalePython
import GaleWSGI

/// An application in interpreters of its own: `--interpreters`.
enum IsolatedApplication {
  /// Imports it into each.
  ///
  /// - Parameters:
  ///   - mount: The application.
  ///   - count: How many interpreters, if not as many as the settings say.
  ///   - prefix: What stands before complaints.
  /// - Throws: ``ServeError``, also when it is an application that cannot be served like this.
  static func container(
    _ mount: MountSettings, _ locator: PythonLocator, count: Int? = nil, prefix: String,
    _ proxies: ProxySettings, isMultiprocess: Bool, countingOn page: ScorePage?
  ) throws(ServeError) -> WSGIContainer {
    var settings = mount.lane
    if let count { settings.interpreters = count }
    do {
      return try WSGIContainer(
        importing: locator, lane: settings.lane, multiprocess: isMultiprocess,
        requestTimeout: settings.timeout > 0 ? .seconds(settings.timeout) : nil,
        interruptGrace: .seconds(settings.interruptGrace), underscores: proxies.underscorePolicy, page: page
      ) { python, application in
        guard try ASGIContainer.isASGI(python, application) else { return }
        throw ServeError(
          .setting,
          "\(prefix)\(mount.application) is an ASGI application, whose event loop is the first interpreter's: "
            + "it can be served with --workers, not with --interpreters")
      }
    } catch let error as ServeError {
      throw error
    } catch let error as PythonLocatorError {
      throw Applications.complaint(locator, prefix, error)
    } catch {
      throw ServeError(.application, "\(prefix)\(error)")
    }
  }

  /// Looks whether it can be imported.
  static func tryToLoad(
    _ mount: MountSettings, _ locator: PythonLocator, _ proxies: ProxySettings
  ) throws(ServeError) {
    let container = try container(
      mount, locator, count: 1, prefix: "", proxies, isMultiprocess: false, countingOn: nil)
    container.endInterpreters(waitingUpTo: .seconds(5))
  }
}

extension ServeConfiguration {
  /// Refuses interpreters that this Python does not have; needs none that runs.
  func requireInterpreters() throws(ServeError) {
    guard let mount = mounts.first(where: { $0.lane.interpreters != nil }), !SubInterpreter.areSupported
    else {
      return
    }
    throw ServeError(
      .setting,
      "--interpreters needs CPython 3.12 or later, and this gale embeds CPython \(Interpreter.version): "
        + "--workers \(mount.lane.interpreters ?? 1) uses as many cores with any")
  }

  /// Refuses hooks that would have to be called in interpreters which do not have them.
  func refuseRequestHooks(_ hooks: PythonHooks?) throws(ServeError) {
    guard hooks?.wantRequests ?? false, mounts.contains(where: { $0.lane.interpreters != nil }) else {
      return
    }
    throw ServeError(
      .setting,
      "--interpreters and the hooks pre_request and post_request cannot be had together: the hooks are functions of "
        + "the first interpreter, which does not serve the requests")
  }
}
