// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleCore
import GaleLoop
import GalePython
import Synchronization
import Testing

@testable import GaleAsyncio

/// Everything in this target: one interpreter serves all, so the tests run one after another.
@Suite("asyncio", .serialized, .timeLimit(.minutes(2)))
struct GaleAsyncioTests {}

/// The interpreter of the test process, and what tests need of Python.
enum TestPython {
  private static let started = Result { () throws(InterpreterError) in
    var configuration = InterpreterConfiguration()
    // The packages that some tests are about.
    configuration.virtualEnvironment = System.environment("GALE_TEST_VENV").map { .path($0) } ?? .none
    return try Interpreter.start(configuration)
  }

  /// Whether there is an environment with packages, as `make` says.
  static let hasPackages = System.environment("GALE_TEST_VENV") != nil

  static func interpreter() throws -> Interpreter { try started.get() }

  /// Whether `module` can be imported.
  static func has(_ module: String) -> Bool {
    (try? interpreter().attach { python in _ = try python.importModule(module) }) != nil
  }

  /// A namespace in which `text` was run.
  static func namespace(_ python: borrowing Attached, _ text: String) throws -> PythonObject {
    let space = try python.dictionary()
    let exec = try python.importModule("builtins").attribute(python, "exec")
    try space.set(python, try python.interned("__name__"), to: try python.string("test"))
    _ = try exec.call(python, try python.string("import asyncio, gale\n" + text), space)
    return space
  }

  /// What calling `name` returns, after `text` was run.
  static func call(_ python: borrowing Attached, _ text: String, _ name: String = "main") throws
    -> PythonObject
  {
    let space = try namespace(python, text)
    guard let function = try space.value(python, for: try python.interned(name)) else {
      throw PythonException(.attributeError, name)
    }
    return try function.call(python)
  }

  /// Runs `text`, as a program that has the loop to itself, on a thread of its own; its `main()` returns a `str`.
  static func program(_ text: String) throws -> String {
    let interpreter = try interpreter()
    let result = Monitor<Result<String, any Error>?>(nil)
    startThread {
      let outcome = Result<String, any Error> {
        try interpreter.attach { python in
          _ = try AsyncioModule.get(python)
          return try call(python, text).description(python)
        }
      }
      IOLoop.clearCurrent()
      result.withLock { $0 = outcome }
      result.broadcast()
    }
    return try result.waitUntil { $0 }.get()
  }
}

/// Runs `body` on a new loop that has asyncio as its guest.
/// - Parameter timeout: By the loop's clock.
func withAsyncio<Result: Sendable>(
  timeout: Duration? = .seconds(60), _ body: @escaping (AsyncIOLoop) async throws -> Result
) throws -> Result {
  _ = try TestPython.interpreter()
  let outcome = Monitor<Swift.Result<Result, any Error>?>(nil)
  let confined = LoopConfined(body)
  startThread {
    let result = Swift.Result<Result, any Error> {
      let loop = try IOLoop()
      defer { loop.close() }
      return try loop.runSync(timeout: timeout) {
        let asyncio = try AsyncIOLoop.of(loop)
        let result = try await confined.value(asyncio)
        await asyncio.close()
        return result
      }
    }
    outcome.withLock { $0 = result }
    outcome.broadcast()
  }
  return try outcome.waitUntil { $0 }.get()
}

#endif
