// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GalePython
import Logging

/// The hooks of a module: functions of Python that are called along the life of the server, of a worker, of a request.
///
/// They have gunicorn's names and parameters, so that a configuration file of gunicorn can be the module.
final class PythonHooks: Sendable {
  private let object: PythonReference
  /// Those that the module has.
  let names: Set<String>

  /// Those of the server, which with workers are called in a process of their own.
  static let ofServer: Set = [
    "on_starting", "when_ready", "on_reload", "nworkers_changed", "child_exit", "pre_exec", "on_exit",
  ]
  /// Those that cannot be, and why.
  static let unavailable: KeyValuePairs = [
    "pre_fork": "workers are new processes, which inherit nothing from a hook; post_fork is called in each",
    "worker_int": "a worker ends gracefully on signals: worker_exit is called",
    "worker_abort": "workers are not aborted: gale.RequestTimeout is raised in what takes too long",
    "ssl_context": "see --certfile, --ca-certs, --cert-reqs and --ciphers",
  ]

  /// Imports the module.
  /// - Parameter facts: What hooks learn of the server and of the worker.
  /// - Throws: ``ServeError`` when it cannot be imported.
  init(_ module: String, _ facts: HookFacts, _ interpreter: Interpreter) throws(ServeError) {
    do {
      var made: PythonReference?
      let found = try interpreter.attach { python in
        let hooks = try Self.load(module, facts, python)
        made = PythonReference(hooks.copy(python))
        return try hooks.attribute(python, "names").string(python)
      }
      guard let made else { throw ServeError(.application, "Python is not running") }
      object = made
      names = Set(found.split(separator: ",").map(String.init))
    } catch let error as ServeError {
      throw error
    } catch let error as PythonLocatorError {
      let traceback = error.code == .importFailed ? error.underlyingError?.traceback : nil
      throw ServeError(.application, "hooks: \(error.message)", traceback: traceback)
    } catch {
      throw ServeError(.application, "hooks: \(error)")
    }
  }

  private static func load(
    _ module: String, _ facts: HookFacts, _ python: borrowing Attached
  ) throws -> PythonObject {
    let imported = try PythonLocator(module).importTarget(python)
    let globals = try python.dictionary()
    let exec = try python.importModule("builtins").attribute(python, "exec")
    _ = try exec.call(python, try python.string(source), globals)
    guard let make = try globals.value(python, for: try python.interned("make")) else {
      preconditionFailure("the source defines make")
    }
    let log = try HookLog.makeType(python).instance(python, HookLog())
    return try make.call(python, imported, log, try python.string(facts.text))
  }

  /// Says of hooks that are not called why not.
  func warn(_ log: Logger) {
    for (name, reason) in Self.unavailable where names.contains(name) {
      log.warning("The hook \(name) is not called: \(reason)")
    }
  }

  /// Calls a hook if there is one.
  /// - Parameter event: Its name, followed by numbers.
  /// - Throws: ``ServeError`` when it raises an exception.
  func call(_ event: String) throws(ServeError) {
    let name = String(event.prefix { $0 != " " })
    guard names.contains(name) || name == "nworkers_changed", let interpreter = Interpreter.current else {
      return
    }
    do {
      try interpreter.attach { python in
        _ = try object.object(python).callMethod(
          python, try python.interned("run"), try python.string(event))
      }
    } catch let error as PythonError {
      throw ServeError(.application, "the hook \(name) failed: \(error)", traceback: error.traceback)
    } catch {
      throw ServeError(.application, "the hook \(name) failed: \(error)")
    }
  }

  /// Calls a hook if there is one; when it raises an exception, the log says so.
  func tell(_ event: String) {
    do throws(ServeError) {
      try call(event)
    } catch {
      Logger(label: "gale.hooks").error("\(error.message)\n\(error.traceback ?? "")")
    }
  }

  /// Whether there are hooks for requests.
  var wantRequests: Bool { names.contains("pre_request") || names.contains("post_request") }

  /// A WSGI application with the hooks for requests around it.
  func wrap(_ application: PythonReference, _ python: borrowing Attached) throws(PythonError)
    -> PythonReference
  {
    guard wantRequests else { return application }
    return PythonReference(
      try object.object(python).callMethod(python, try python.interned("wrap"), application.object(python)))
  }
}

/// What hooks learn of the server, and of the worker that they are called in.
struct HookFacts: Sendable {
  /// The process id of the server: of the supervisor, if there is one.
  var server: Int32
  var workerCount: Int
  /// The number of this worker; −1 where none is.
  var worker: Int
  var addresses: [String]

  init(server: Int32, workerCount: Int, worker: Int, addresses: [String]) {
    self.server = server
    self.workerCount = workerCount
    self.worker = worker
    self.addresses = addresses
  }

  /// As a text, from which it can be made again.
  var text: String { (["\(server) \(workerCount) \(worker)"] + addresses).joined(separator: "\n") }

  init?(_ text: String) {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let numbers = lines[0].split(separator: " ").compactMap { Int32($0) }
    guard numbers.count == 3 else { return nil }
    self.init(
      server: numbers[0], workerCount: Int(numbers[1]), worker: Int(numbers[2]),
      addresses: Array(lines.dropFirst()))
  }
}
