// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleCore
public import GaleLoop
public import GalePython
import Logging

/// Gives WSGI applications that are replaced by new ones when their code changes, for development.
///
/// ```swift
/// let reloader = try interpreter.attach { python in try WSGIReloader([PythonLocator("shop:app")], python) }
/// let shop = WSGIContainer(reloader.applications[0])
/// reloader.watch(on: loop)
/// ```
///
/// Only the Python side changes: sockets, connections, WebSockets and everything of Swift's stay. The interpreter stays,
/// too, which sets limits. The application's own modules are imported anew, and with Django also Django and the apps that
/// are installed; the standard library, other packages and extension modules stay as they are. What the old code started
/// goes on: threads, timers, `atexit` functions. What an old module has put into one that stays remains there.
///
/// While the new code cannot be imported, the old code serves on, and the reason is logged.
///
/// Belongs to the loop's thread.
public final class WSGIReloader {
  private let locators: [PythonLocator]
  private let loader: PythonReference
  /// Whether answers show tracebacks.
  public let showsTracebacks: Bool
  /// What to give to containers, in the order of the locators: callables that pass on to the present code.
  public let applications: [PythonReference]
  private var watcher: FileWatcher?
  private var watched: Set<String> = []
  /// Looks for modules that were imported late.
  private var rounds: PeriodicCallback?
  private var moduleCount = 0

  /// Loads the applications; when that fails, they answer 500 until the code is mended.
  /// - Parameters:
  ///   - locators: Where the applications are.
  ///   - showsTracebacks: Whether answers show tracebacks: of exceptions, and, to browsers that ask for a page, why new code
  ///     cannot be imported. They tell everybody what the code is; never in production.
  /// - Throws: ``/GalePython/PythonError`` when the reloader itself cannot be made.
  public init(
    _ locators: [PythonLocator], showsTracebacks: Bool = false, _ python: borrowing Attached
  ) throws(PythonError) {
    self.locators = locators
    self.showsTracebacks = showsTracebacks
    let globals = try python.dictionary()
    let exec = try python.importModule("builtins").attribute(python, "exec")
    _ = try exec.call(python, try python.string(Self.source), globals)
    guard let make = try globals.value(python, for: try python.interned("Loader")) else {
      preconditionFailure("the source defines Loader")
    }
    let made = try make.call(python, try python.int(locators.count), python.bool(showsTracebacks))
    var applications: [PythonReference] = []
    let name = try python.interned("application")
    for index in locators.indices {
      applications.append(PythonReference(try made.callMethod(python, name, try python.int(index))))
    }
    self.applications = applications
    loader = PythonReference(made)
    try load(python)
  }

  /// Imports the code anew and has it answer from now on, if that succeeds.
  /// - Returns: Whether it did; the log says why not.
  @discardableResult
  public func load(_ python: borrowing Attached) throws(PythonError) -> Bool {
    let loader = loader.object(python)
    _ = try loader.callMethod(python, try python.interned("begin"))
    let fresh = try python.list()
    do throws(PythonLocatorError) {
      for locator in locators {
        let application = try locator.resolve(python)
        do throws(PythonError) { try fresh.append(python, application) } catch { throw error.asLocatorError }
      }
      do throws(PythonError) {
        _ = try loader.callMethod(python, try python.interned("rest"))
      } catch {
        throw error.asLocatorError
      }
    } catch {
      try fail(python, loader, error)
      return false
    }
    _ = try loader.callMethod(python, try python.interned("commit"), fresh)
    isFailing = false
    try watchFiles(python)
    return true
  }

  /// Whether the last try to load the code failed.
  public private(set) var isFailing = false

  /// The application that was loaded last from a locator, itself; `nil` when none ever was.
  ///
  /// For what is to treat it otherwise than as a WSGI application.
  /// - Parameter index: The place of its locator.
  /// - Throws: ``/GalePython/PythonError`` in want of memory.
  public func loaded(_ index: Int, _ python: borrowing Attached) throws(PythonError) -> PythonReference? {
    let application = try loader.object(python).attribute(python, "apps").listItem(python, at: index)
    return application.isNone ? nil : PythonReference(application)
  }

  private func fail(
    _ python: borrowing Attached, _ loader: borrowing PythonObject, _ error: PythonLocatorError
  ) throws(PythonError) {
    isFailing = true
    let text = error.underlyingError?.traceback ?? error.message
    let exception = error.underlyingError?.exception?.object(python) ?? python.none
    let wasServing = try loader.callMethod(
      python, try python.interned("fail"), try python.string("\(error.message)\n\n\(text)"), exception)
    let goesOn = try wasServing.isTrue(python) ? "; the old code serves on" : ""
    WSGILog.logger.error("\(WSGILog.escape(text, limit: 64 * 1024))\n\(error.message)\(goesOn)")
    try watchFiles(python)
  }

  // MARK: - Files

  /// Loads the code again whenever a file of it changes.
  /// - Parameters:
  ///   - extraFiles: More files whose changes count.
  ///   - onReload: Called after each try, with its success.
  public func watch(
    on loop: IOLoop = .current, extraFiles: [String] = [],
    onReload: @escaping (_ succeeded: Bool) -> Void = { _ in }
  ) {
    let watcher = FileWatcher(every: .milliseconds(500), on: loop) { [weak self] paths in
      guard let self else { return }
      changed(paths, onReload)
    }
    self.watcher = watcher
    for path in watched.union(extraFiles) { watcher.watch(file: path) }
    let rounds = PeriodicCallback(every: .seconds(1), on: loop) { [weak self] in self?.watchMore() }
    rounds.start()
    self.rounds = rounds
  }

  /// Watches no more.
  public func stop() {
    rounds?.stop()
    rounds = nil
    watcher?.stop()
    watcher = nil
  }

  private func changed(_ paths: [String], _ onReload: (Bool) -> Void) {
    let more = paths.count > 1 ? " and \(paths.count - 1) more" : ""
    WSGILog.logger.info("\(paths.first ?? "") changed\(more): loading the application again")
    do {
      guard let interpreter = Interpreter.current else { throw InterpreterError.notRunning }
      let succeeded = try interpreter.attach { python in try load(python) }
      if succeeded { WSGILog.logger.info("The new code serves") }
      onReload(succeeded)
    } catch {
      WSGILog.logger.error("The application was not loaded again: \(error)")
      onReload(false)
    }
  }

  private func watchFiles(_ python: borrowing Attached) throws(PythonError) {
    let names = try loader.object(python).callMethod(python, try python.interned("files"))
    for name in try names.string(python).split(separator: "\n").map(String.init)
    where watched.insert(name).inserted {
      watcher?.watch(file: name)
    }
  }

  /// Watches modules, too, that were imported while requests were answered.
  private func watchMore() {
    do {
      try Interpreter.current?.attach { python in
        let count = try python.importModule("sys").attribute(python, "modules").count(python)
        guard count != moduleCount else { return }
        moduleCount = count
        try watchFiles(python)
      }
    } catch {
      WSGILog.logger.error("Cannot look for further modules: \(error)")
    }
  }
}

extension PythonError {
  /// As the locator would have said it.
  fileprivate var asLocatorError: PythonLocatorError {
    PythonLocatorError(.importFailed, "importing failed: \(self)", self)
  }
}

#endif
