// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
public import GalePython

extension ASGIContainer {
  /// Whether a callable is an ASGI application rather than a WSGI one: whether calling it makes a coroutine.
  ///
  /// That is so for asynchronous functions, for objects whose `__call__` is one, and for `functools.partial` and
  /// decorators around them that say so by `__wrapped__` or `func`.
  public static func isASGI(
    _ python: borrowing Attached, _ application: borrowing PythonObject
  ) throws(PythonError) -> Bool {
    let inspect = try python.importModule("inspect")
    let isCoroutine = try inspect.attribute(python, "iscoroutinefunction")
    var candidate = application.copy(python)
    for _ in 0..<16 {
      if try isCoroutine.call(python, candidate).isTrue(python) { return true }
      if let inner = try wrapped(python, candidate) {
        candidate = inner
        continue
      }
      let isFunction = try inspect.attribute(python, "isroutine").call(python, candidate).isTrue(python)
      let isClass = try inspect.attribute(python, "isclass").call(python, candidate).isTrue(python)
      guard !isFunction, !isClass,
        let call = try candidate.attributeIfPresent(python, try python.interned("__call__"))
      else { return false }
      return try isCoroutine.call(python, call).isTrue(python)
    }
    return false
  }

  private static func wrapped(
    _ python: borrowing Attached, _ candidate: borrowing PythonObject
  ) throws(PythonError) -> PythonObject? {
    let partial = try python.importModule("functools").attribute(python, "partial")
    if try candidate.isInstance(python, of: partial) { return try candidate.attribute(python, "func") }
    return try candidate.attributeIfPresent(python, try python.interned("__wrapped__"))
  }
}

#endif
