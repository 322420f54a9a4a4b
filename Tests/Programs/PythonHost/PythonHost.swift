// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

// A `python` whose module `gale` has the event loop for asyncio: what runs other projects' test suites on it.
//   python-host [-c CODE | -m MODULE | FILE] [ARGUMENT...]
// Python's other options are taken and ignored.

import GaleAsyncio
import GaleCore
import GalePython
import Glibc

@main
struct PythonHost {
  static func main() { exit(start(Array(CommandLine.arguments.dropFirst()))) }

  /// Runs what the arguments say; the process's status.
  ///
  /// Not `main` itself, whose closures would belong to the main actor.
  private nonisolated static func start(_ arguments: [String]) -> Int32 {
    guard let program = Program(arguments) else {
      printToStandardError("usage: python-host [-c CODE | -m MODULE | FILE] [ARGUMENT...]\n")
      return 2
    }
    do {
      var configuration = InterpreterConfiguration()
      configuration.arguments = program.arguments
      configuration.pathAdditions = [program.directory]
      let interpreter = try Interpreter.start(configuration)
      let status = try interpreter.attach { python in
        do {
          try AsyncIOLoop.install(python)
          try program.run(python)
          return Int32(0)
        } catch let error as PythonError {
          return report(error, python)
        }
      }
      try interpreter.stop()
      return status
    } catch {
      printToStandardError("python-host: \(error)\n")
      return 1
    }
  }

  private nonisolated static func report(_ error: PythonError, _ python: borrowing Attached) -> Int32 {
    if let status = error.exitStatus { return status }
    printToStandardError(error.traceback)
    return error.typeName == "KeyboardInterrupt" ? 130 : 1
  }
}

/// What is to be run.
private struct Program {
  enum Kind {
    case code, module, file
  }

  let kind: Kind
  let text: String
  /// `sys.argv`.
  let arguments: [String]

  init?(_ given: [String]) {
    var rest = given[...]
    while let first = rest.popFirst() {
      switch first {
      case "-c", "-m":
        guard let text = rest.popFirst() else { return nil }
        kind = first == "-c" ? .code : .module
        self.text = text
        arguments = [first] + rest
        return
      case "-W", "-X": _ = rest.popFirst()
      case _ where first.hasPrefix("-"): break
      default:
        kind = .file
        text = first
        arguments = [first] + rest
        return
      }
    }
    return nil
  }

  /// What stands first in `sys.path`.
  var directory: String {
    guard kind == .file, let slash = text.lastIndex(of: "/") else { return "" }
    return String(text[..<slash])
  }

  func run(_ python: borrowing Attached) throws(PythonError) {
    let signal = try python.importModule("signal")
    _ = try signal.attribute(python, "signal").call(
      python, try signal.attribute(python, "SIGINT"), try signal.attribute(python, "default_int_handler"))
    switch kind {
    case .code:
      let main = try python.importModule("__main__").attribute(python, "__dict__")
      let exec = try python.importModule("builtins").attribute(python, "exec")
      _ = try exec.call(python, try python.string(text), main)
    case .module, .file:
      let name = kind == .file ? "run_path" : "run_module"
      let run = try python.importModule("runpy").attribute(python, name)
      _ = try run.call(python, try python.string(text), python.none, try python.string("__main__"))
    }
  }
}
