// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import Foundation
import Testing

@testable import GalePython

/// Everything in this target: one interpreter serves all, so the tests run one after another.
@Suite("CPython", .serialized)
struct GalePythonTests {}

/// The interpreter of the test process.
enum TestInterpreter {
  private static let started = Result { () throws(InterpreterError) in
    var configuration = InterpreterConfiguration()
    configuration.virtualEnvironment = .none
    configuration.arguments = ["gale-tests", "argument"]
    configuration.pathAdditions = [modules.path]
    return try Interpreter.start(configuration)
  }

  /// A directory of modules that tests may add to; first on `sys.path`.
  static let modules = temporaryDirectory()

  static func get() throws -> Interpreter { try started.get() }
}

/// Where this process makes its directories; removed when it ends.
private let temporaryRoot: URL = {
  let root = FileManager.default.temporaryDirectory.appendingPathComponent("gale-python-tests-\(getpid())")
  try? FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
  atexit { try? FileManager.default.removeItem(at: temporaryRoot) }
  return root.resolvingSymlinksInPath()
}()

/// Makes a directory.
func temporaryDirectory() -> URL {
  let url = temporaryRoot.appendingPathComponent(UUID().uuidString)
  try? FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  return url
}

/// Runs `body` on a thread of its own and waits for that thread's end.
func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
  try await withCheckedThrowingContinuation { continuation in
    Thread.detachNewThread { continuation.resume(with: Result(catching: body)) }
  }
}

extension Attached {
  /// The value of an expression.
  borrowing func evaluate(_ source: String) throws(PythonError) -> PythonObject {
    let globals = try dictionary()
    let builtins = try importModule("builtins")
    return try builtins.attribute(self, "eval").call(self, try string(source), globals)
  }

  /// The variable `name` after running statements.
  borrowing func run(_ source: String, result name: String) throws(PythonError) -> PythonObject {
    let globals = try dictionary()
    let builtins = try importModule("builtins")
    _ = try builtins.attribute(self, "exec").call(self, try string(source), globals)
    guard let value = try globals.value(self, for: try string(name)) else { return none }
    return value
  }
}

#endif
