// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import CPython
import Synchronization

/// The interpreter of a `python` that runs the process and has this program as an extension module.
///
/// The interpreter is whatever the user has: of any micro version, linked statically or not, with its own prefix,
/// options and environment. Nothing of it is chosen here.
package enum LentInterpreter {
  /// What the module's functions run.
  private static let program = Mutex<Program?>(nil)

  private struct Program: Sendable {
    let main: @Sendable ([String]) -> Void
    let prepare: @Sendable (borrowing Attached) throws -> Void
  }

  /// Makes the extension module `gale._gale` for its `PyInit__gale`.
  ///
  /// Its function `main` takes the command line without the program's name and runs `body` with it on Python's main
  /// thread, without the lock; ``Interpreter/start(_:)`` takes the interpreter over there. `prepare` is for programs of
  /// Python's that import the package for what it offers: it takes over the interpreter as it is, and runs `prepare`.
  ///
  /// - Returns: The module, which is the caller's; `nil` with an exception set when it cannot be made.
  package static func makeModule(
    _ body: @escaping @Sendable ([String]) -> Void,
    prepare: @escaping @Sendable (borrowing Attached) throws -> Void
  ) -> UnsafeMutableRawPointer? {
    program.withLock { $0 = Program(main: body, prepare: prepare) }
    // SAFETY: CPython calls `main` with what METH_O announces, and `prepare` without arguments.
    return unsafe UnsafeMutableRawPointer(cgale_module(main, Self.prepare))
  }

  private static let prepare: PythonUnaryFunction = { _, _ in
    unsafe Callback.none { (python) throws in
      Interpreter.lend()
      try Interpreter.adopt(python)
      try program.withLock { $0 }?.prepare(python)
    }
  }

  private static let main: PythonUnaryFunction = { _, list in
    unsafe Callback.none { (python) throws in
      guard let list = unsafe list else { return }
      let arguments = try texts(unsafe PythonObject(borrowing: list), python)
      Interpreter.lend()
      python.detached { program.withLock { $0 }?.main(arguments) }
    }
  }

  private static func texts(
    _ list: borrowing PythonObject, _ python: borrowing Attached
  ) throws(PythonError) -> [String] {
    var texts: [String] = []
    for index in 0..<(try list.count(python)) {
      texts.append(try list.listItem(python, at: index).string(python))
    }
    return texts
  }

  /// Makes what Gale offers to Python code, in the package `gale` of the wheel.
  ///
  /// - Throws: ``InterpreterError`` about the version.
  static func makeHostModule(_ python: borrowing Attached) throws(InterpreterError) -> HostModule {
    guard PythonVersion.embedded == PythonVersion.compiled else {
      throw InterpreterError(
        .versionMismatch,
        "compiled for Python \(PythonVersion.compiled), but Python \(PythonVersion.embedded) runs it")
    }
    do throws(PythonError) { return try HostModule(python) } catch {
      throw InterpreterError(.startFailed, "Python could not be set up: \(error.traceback)")
    }
  }

  /// Does to the interpreter what else is done before it starts.
  ///
  /// - Throws: ``InterpreterError`` about the virtual environment.
  static func settle(
    _ python: borrowing Attached, _ configuration: InterpreterConfiguration
  ) throws(InterpreterError) {
    let prefix: String
    do throws(PythonError) {
      let sys = try python.importModule("sys")
      prefix = try sys.attribute(python, "prefix").string(python)
      let arguments = try python.list()
      for argument in configuration.arguments { try arguments.append(python, try python.string(argument)) }
      try sys.setAttribute(python, "argv", to: arguments)
      try Startup.add(configuration.pathAdditions, to: sys, python)
    } catch {
      throw InterpreterError(.startFailed, "Python could not be set up: \(error.traceback)")
    }
    guard case .path(let path) = configuration.virtualEnvironment else { return }
    guard FileSystem.realPath(path) == FileSystem.realPath(prefix) else {
      throw InterpreterError(
        .virtualEnvironmentMismatch,
        "this gale belongs to the Python of \(prefix) and cannot serve from the virtual environment \(path);"
          + " install gale there")
    }
  }
}

#endif
