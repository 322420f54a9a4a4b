// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import CPython

/// Where Python's threads are.
package enum PythonStacks {
  /// The stacks of all threads of this interpreter, each under a line with the thread's name, as tracebacks show them; the
  /// calling thread is left out.
  ///
  /// - Throws: What looking for them raised.
  package static func describe(_ python: borrowing Attached) throws(PythonError) -> String {
    let threading = try python.importModule("threading")
    let own = UInt(PyThread_get_thread_ident())
    let names = try python.dictionary()
    try threading.attribute(python, "enumerate").call(python).forEach(python) {
      (thread) throws(PythonError) in
      try names.set(python, try thread.attribute(python, "ident"), to: try thread.attribute(python, "name"))
    }
    var text = ""
    for ident in idents(python) where ident != own {
      let stack = try stack(of: ident, python)
      guard !stack.isEmpty else { continue }
      var name = "without a name"
      if let known = try names.value(python, for: try python.int(Int(bitPattern: ident))) {
        name = try known.description(python)
      }
      text += "Thread \(ident) (\(name)), most recent call last:\n" + stack
    }
    return text.isEmpty ? "No thread is in Python code.\n" : text
  }

  /// Where a thread of this interpreter is in Python code, the innermost call last; empty when it is not.
  static func stack(of ident: UInt, _ python: borrowing Attached) throws(PythonError) -> String {
    guard let frame = frame(of: ident, python) else { return "" }
    let lines = try python.importModule("traceback").attribute(python, "format_stack").call(python, frame)
    let empty = try python.string("")
    return try empty.callMethod(python, try python.interned("join"), lines).string(python)
  }

  // `sys._current_frames` looks at all interpreters' threads, even at those that run meanwhile with locks of their own.

  /// The threads of this interpreter, the newest first.
  private static func idents(_ python: borrowing Attached) -> [UInt] {
    var idents: [UInt] = []
    // SAFETY: the token shows the lock, without which no thread of the interpreter ends; so it is below.
    var next = unsafe PyInterpreterState_ThreadHead(PyInterpreterState_Get())
    while let state = unsafe next {
      idents.append(unsafe state.pointee.thread_id)
      unsafe next = PyThreadState_Next(state)
    }
    return idents
  }

  private static func frame(of ident: UInt, _ python: borrowing Attached) -> PythonObject? {
    var next = unsafe PyInterpreterState_ThreadHead(PyInterpreterState_Get())
    while let state = unsafe next {
      if unsafe state.pointee.thread_id == ident, let frame = unsafe cgale_thread_frame(state) {
        return unsafe PythonObject(owning: frame)
      }
      unsafe next = PyThreadState_Next(state)
    }
    return nil
  }
}

#endif
