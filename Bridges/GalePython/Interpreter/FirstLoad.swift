// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import CPython

/// Has extension modules loaded into the first interpreter before sub-interpreters may try.
///
/// CPython finds out that a module of the old kind (single-phase initialisation) does not support a sub-interpreter when
/// its init function has run there, and what that has left in the module's own variables belongs to the wrong
/// interpreter: `datetime` alone is enough to break the memory of all. Of a module that the first interpreter has
/// loaded it knows beforehand. CPython 3.13 does by itself what is done here for 3.12.
final class FirstLoad {
  /// What `_imp` has in this place.
  private let original: PythonObject
  /// Its name there.
  private let name: String

  private init(_ original: consuming PythonObject, _ name: String) {
    self.original = original
    self.name = name
  }

  /// Takes the place of the two functions that load extension modules, in a sub-interpreter.
  static func install(_ python: borrowing Attached) throws(PythonError) {
    guard cgale_loads_extensions_first() == 0 else { return }
    let imp = try python.importModule("_imp")
    // SAFETY: the function takes the payload that the type is declared with.
    let type = try unsafe PythonType<FirstLoad>(python, name: "gale.FirstLoad", call: call)
    for name in ["create_dynamic", "create_builtin"] {
      let original = try imp.attribute(python, name)
      try imp.setAttribute(python, name, to: try type.instance(python, FirstLoad(original, name)))
    }
  }

  /// A function of Python's would stand in every traceback of an import that fails.
  private static let call: PythonVectorcall = { instance, arguments, flagged, names in
    unsafe Callback.object { (python) throws in
      let load = unsafe PythonType<FirstLoad>.withPayload(of: instance) { $0 }
      let count = Callback.argumentCount(flagged)
      if count > 0, let spec = unsafe arguments?[0] {
        try load.loadFirst(python, unsafe PythonObject(borrowing: spec))
      }
      return try unsafe load.original.call(python, arguments, count: count, names: names)
    }
  }

  /// What says that it supports sub-interpreters, and cannot do without the C code of `datetime`, which does not.
  ///
  /// With an `ImportError` there is Python code in its place, as there is for `datetime`; what is raised otherwise is none.
  private static let dependent: Set = ["_zoneinfo"]

  private func loadFirst(_ python: borrowing Attached, _ spec: borrowing PythonObject) throws {
    let module = try spec.attribute(python, "name").string(python)
    guard !Self.dependent.contains(module) else {
      throw PythonException(.importError, "module \(module) does not support loading in subinterpreters")
    }
    let origin = try spec.attribute(python, "origin").description(python)
    let function = name
    let failure = Self.inFirst { (python) -> String? in
      do throws(PythonError) {
        let globals = try python.dictionary()
        let exec = try python.importModule("builtins").attribute(python, "exec")
        _ = try exec.call(python, try python.string(Self.source), globals)
        guard let load = try globals.value(python, for: try python.interned("load")) else { return nil }
        _ = try load.call(
          python, try python.string(function), try python.string(module), try python.string(origin))
        return nil
      } catch {
        return error.message
      }
    }
    if let failure { throw PythonException(.importError, failure) }
  }

  /// Once it is in the first interpreter, or was, CPython knows what kind of module it is.
  private static let source = #"""
    import _imp, sys
    from importlib.machinery import ModuleSpec

    def load(function, name, origin):
        if name not in sys.modules:
            getattr(_imp, function)(ModuleSpec(name, None, origin=origin))
            sys.modules.pop(name, None)
    """#

  /// Runs `body` in the first interpreter, on a thread that is attached to another.
  private static func inFirst(_ body: (borrowing Attached) -> String?) -> String? {
    // SAFETY: this thread is attached, and the same state comes back at the end; the first interpreter runs for as long
    // as there are others, and the state made for it is this thread's and ends before.
    let own = unsafe PyEval_SaveThread()
    defer { unsafe PyEval_RestoreThread(own) }
    guard let state = unsafe PyThreadState_New(PyInterpreterState_Main()) else { return "no memory" }
    unsafe PyEval_RestoreThread(state)
    defer {
      unsafe PyThreadState_Clear(state)
      PyThreadState_DeleteCurrent()
    }
    return unsafe body(Attached(assumingLockHeld: ()))
  }
}

#endif
