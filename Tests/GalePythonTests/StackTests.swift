// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import Testing

@testable import GalePython

extension GalePythonTests {
  @Suite("stacks of threads")
  struct StackTests {
    @Test func `each thread is there with its name and where it is, but for the caller`() throws {
      let text = try TestInterpreter.get().attach { python in
        let stop = try python.run(
          """
          import threading
          started, stop = threading.Event(), threading.Event()
          def waits_here():
              started.set()
              stop.wait()
          thread = threading.Thread(target=waits_here, name="the one that waits")
          thread.start()
          started.wait()
          def end():
              stop.set()
              thread.join()
          """, result: "end")
        let text = try PythonStacks.describe(python)
        _ = try stop.call(python)
        return text
      }
      #expect(text.contains("(the one that waits), most recent call last:\n"))
      #expect(text.contains("in waits_here\n"))
      #expect(!text.contains("MainThread"))
    }
  }
}
#endif
