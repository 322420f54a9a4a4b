// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import CPython

/// Where Python's threads are.
package enum PythonStacks {
  /// The stacks of all threads, each under a line with the thread's name, as tracebacks show them; the calling thread is
  /// left out.
  ///
  /// - Throws: What looking for them raised.
  /// - Note: Source: CPython `sys._current_frames`.
  package static func describe(_ python: borrowing Attached) throws(PythonError) -> String {
    let threading = try python.importModule("threading")
    let own = try threading.attribute(python, "get_ident").call(python).int(python)
    let names = try python.dictionary()
    try threading.attribute(python, "enumerate").call(python).forEach(python) {
      (thread) throws(PythonError) in
      try names.set(python, try thread.attribute(python, "ident"), to: try thread.attribute(python, "name"))
    }
    let formatStack = try python.importModule("traceback").attribute(python, "format_stack")
    let empty = try python.string("")
    let join = try python.interned("join")
    let frames = try python.importModule("sys").attribute(python, "_current_frames").call(python)
    var text = ""
    try frames.forEach(python) { (ident) throws(PythonError) in
      let number = try ident.int(python)
      guard number != own, let frame = try frames.value(python, for: ident) else { return }
      var name = "without a name"
      if let known = try names.value(python, for: ident) { name = try known.description(python) }
      text += "Thread \(number) (\(name)), most recent call last:\n"
      text += try empty.callMethod(python, join, try formatStack.call(python, frame)).string(python)
    }
    return text.isEmpty ? "No thread is in Python code.\n" : text
  }
}

#endif
