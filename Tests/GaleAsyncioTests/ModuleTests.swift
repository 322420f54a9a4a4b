// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleLoop
import GalePython
import Testing

@testable import GaleAsyncio

extension GaleAsyncioTests {
  /// What Python's module `gale` gets from this target.
  @Suite("asyncio: the module")
  struct ModuleTests {
    @Test(.timeLimit(.minutes(5))) func `two threads that use asyncio first get the same additions`() async {
      await #expect(processExitsWith: .success) {
        let interpreter = try TestPython.interpreter()
        let modules = Monitor<[Result<AsyncioModule, any Error>]>([])
        for _ in 0..<2 {
          startThread {
            let module = Result { try interpreter.attach { python in try AsyncioModule.get(python) } }
            modules.withLock { $0.append(module) }
            modules.broadcast()
          }
        }
        let both = try modules.waitUntil { $0.count == 2 ? $0 : nil }.map { try $0.get() }
        let isOne = try interpreter.attach { python in
          let known = try python.importModule("gale").attribute(python, "EventLoop")
          return known.isIdentical(to: both[0].eventLoop.object(python))
        }
        guard both[0] === both[1], isOne else { fatalError("made twice") }
      }
    }
  }
}

#endif
