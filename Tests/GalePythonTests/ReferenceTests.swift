// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import Testing

@testable import GalePython

extension GalePythonTests {
  @Suite("references across threads")
  struct ReferenceTests {
    let interpreter: Interpreter

    init() throws { interpreter = try TestInterpreter.get() }

    @Test func `one dropped without the lock is given up by the next thread to attach`() throws {
      let kept = try interpreter.attach { python in PythonReference(try python.list()) }
      func count() throws -> Int { try interpreter.attach { python in kept.object(python).referenceCount } }
      #expect(try count() == 2)
      var dropped: PythonReference? = try interpreter.attach { python in PythonReference(kept.object(python))
      }
      #expect(dropped != nil)
      #expect(try count() == 3)
      dropped = nil
      #expect(Runtime.hasDropped)
      #expect(try count() == 2)
      #expect(!Runtime.hasDropped)
    }

    @Test func `one dropped with the lock is given up at once`() throws {
      try interpreter.attach { python in
        let list = try python.list()
        var reference: PythonReference? = PythonReference(list.copy(python))
        let before = list.referenceCount
        #expect(reference != nil)
        reference = nil
        let after = list.referenceCount
        #expect(before == 2 && after == 1)
      }
    }

    @Test func `a pinned thread gives up what others dropped when it attaches`() async throws {
      try await onThread {
        let pinned = try PinnedThreadState.ofThread(interpreter)
        var dropped: PythonReference? = try pinned.withAttached { (python) throws(PythonError) in
          PythonReference(try python.list())
        }
        pinned.detach()
        #expect(dropped != nil)
        dropped = nil
        #expect(Runtime.hasDropped)
        pinned.attach()
        #expect(!Runtime.hasDropped)
      }
    }

    @Test func `thousands dropped by many threads leave the count as it was`() async throws {
      let kept = try interpreter.attach { python in PythonReference(try python.list()) }
      try await withThrowingTaskGroup { group in
        for _ in 0..<8 {
          group.addTask {
            try await onThread {
              for _ in 0..<500 {
                let copies = try interpreter.attach { python in
                  [PythonReference(kept.object(python)), PythonReference(kept.object(python))]
                }
                #expect(copies.count == 2)
              }
            }
          }
        }
        try await group.waitForAll()
      }
      let count = try interpreter.attach { python in kept.object(python).referenceCount }
      #expect(count == 2)
    }
  }
}

#endif
