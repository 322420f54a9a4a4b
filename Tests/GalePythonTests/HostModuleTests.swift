// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import Foundation
import Synchronization
import Testing

@testable import GalePython

extension GalePythonTests {
  @Suite("the module gale, and interrupting threads")
  struct HostModuleTests {
    let interpreter: Interpreter

    init() throws { interpreter = try TestInterpreter.get() }

    @Test func `there is a module gale with an exception that is no Exception`() throws {
      try interpreter.attach { python in
        let module = try python.importModule("gale")
        let timeout = try module.attribute(python, "RequestTimeout")
        let isSame = timeout.isIdentical(to: interpreter.module.requestTimeout.object(python))
        #expect(isSame)
        let bases = try timeout.attribute(python, "__bases__").description(python)
        #expect(bases == "(<class 'BaseException'>,)")
      }
    }

    @Test func `a thread that computes is seen and interrupted`() async throws {
      let ident = Atomic<UInt>(0)
      async let outcome = onThread { [interpreter] in
        try interpreter.attach { python in
          ident.store(PythonThread.current(python).ident, ordering: .sequentiallyConsistent)
          do throws(PythonError) {
            _ = try python.evaluate("all(iter(lambda: 1, 2))")
            return "came to an end"
          } catch {
            return error.typeName
          }
        }
      }
      var stack = ""
      while !stack.contains("<lambda>") {
        stack = try interpreter.attach { python in
          let number = ident.load(ordering: .sequentiallyConsistent)
          return number == 0 ? "" : try PythonThread(ident: number).stack(python)
        }
      }
      try interpreter.attach { python in
        let thread = PythonThread(ident: ident.load(ordering: .sequentiallyConsistent))
        let isThere = thread.raise(python, interpreter.module.requestTimeout.object(python))
        #expect(isThere)
      }
      #expect(try await outcome == "RequestTimeout")
    }

    @Test func `an exception that was forgotten is not raised`() throws {
      try interpreter.attach { python in
        let thread = PythonThread.current(python)
        let isThere = thread.raise(python, interpreter.module.requestTimeout.object(python))
        thread.forgetRaised(python)
        let sum = try python.evaluate("sum(1 for n in range(1000))").int(python)
        #expect(isThere && sum == 1000)
        let nobody = PythonThread(ident: 1)
        let isNobodyThere = nobody.raise(python, interpreter.module.requestTimeout.object(python))
        let stack = try nobody.stack(python)
        #expect(!isNobodyThere && stack.isEmpty)
      }
    }
  }
}

#endif
