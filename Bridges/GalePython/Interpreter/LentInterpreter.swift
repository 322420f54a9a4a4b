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
  /// What the module's function runs.
  private static let program = Mutex<(@Sendable ([String]) -> Void)?>(nil)

  /// Makes the extension module `gale._gale` for its `PyInit__gale`.
  ///
  /// Its function `main` takes the command line without the program's name and runs `body` with it on Python's main
  /// thread, without the lock; ``Interpreter/start(_:)`` takes the interpreter over there.
  ///
  /// - Returns: The module, which is the caller's; `nil` with an exception set when it cannot be made.
  package static func makeModule(_ body: @escaping @Sendable ([String]) -> Void) -> UnsafeMutableRawPointer? {
    program.withLock { $0 = body }
    // SAFETY: CPython calls `main` with what METH_O announces.
    return unsafe UnsafeMutableRawPointer(cgale_module(main))
  }

  private static let main: PythonUnaryFunction = { _, list in
    unsafe Callback.none { (python) throws in
      guard let list = unsafe list else { return }
      let arguments = try texts(unsafe PythonObject(borrowing: list), python)
      Interpreter.lend()
      python.detached { program.withLock { $0 }?(arguments) }
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

  /// Does to the interpreter what else is done before it starts.
  ///
  /// - Returns: The package `gale` of the wheel, with what Gale offers to Python code in it.
  /// - Throws: ``InterpreterError`` about the version or the virtual environment.
  static func settle(
    _ python: borrowing Attached, _ configuration: InterpreterConfiguration
  ) throws(InterpreterError) -> HostModule {
    guard PythonVersion.embedded == PythonVersion.compiled else {
      throw InterpreterError(
        .versionMismatch,
        "compiled for Python \(PythonVersion.compiled), but Python \(PythonVersion.embedded) runs it")
    }
    let module: HostModule
    let prefix: String
    do throws(PythonError) {
      let sys = try python.importModule("sys")
      prefix = try sys.attribute(python, "prefix").string(python)
      let arguments = try python.list()
      for argument in configuration.arguments { try arguments.append(python, try python.string(argument)) }
      try sys.setAttribute(python, "argv", to: arguments)
      try Startup.add(configuration.pathAdditions, to: sys, python)
      module = try HostModule(python)
    } catch {
      throw InterpreterError(.startFailed, "Python could not be set up: \(error.traceback)")
    }
    guard case .path(let path) = configuration.virtualEnvironment else { return module }
    guard FileSystem.realPath(path) == FileSystem.realPath(prefix) else {
      throw InterpreterError(
        .virtualEnvironmentMismatch,
        "this gale belongs to the Python of \(prefix) and cannot serve from the virtual environment \(path);"
          + " install gale there")
    }
    return module
  }
}

#endif
