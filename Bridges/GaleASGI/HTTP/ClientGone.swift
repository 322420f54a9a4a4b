// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleAsyncio
import GalePython

/// That there is nobody to answer to any more.
enum ClientGone {
  /// What `send` raises: an `OSError`.
  static let exception = PythonException(.brokenPipeError, "the client is gone")

  /// Whether an application's exception is the one above: itself, as the cause of another, or in groups by itself.
  static func isCause(of error: PythonError, _ asyncio: AsyncIOLoop) -> Bool {
    guard let exception = error.exception else { return false }
    return asyncio.withPython { python in
      do throws(PythonError) {
        let pipe = try python.importModule("builtins").attribute(python, "BrokenPipeError")
        return try isCause(python, of: exception.object(python), pipe, depth: 0)
      } catch {
        ASGILog.error("An exception has no causes: \(error.traceback)")
        return false
      }
    }
  }

  private static func isCause(
    _ python: borrowing Attached, of exception: consuming PythonObject, _ pipe: borrowing PythonObject,
    depth: Int
  ) throws(PythonError) -> Bool {
    guard depth < 16 else { return false }  // Chains may be circles.
    if try exception.isInstance(python, of: pipe) { return true }
    if let group = try exception.attributeIfPresent(python, try python.interned("exceptions")), group.isTuple,
      try group.count(python) > 0
    {
      for index in 0..<(try group.count(python)) {
        let part = try group.tupleItem(python, at: index)
        guard try isCause(python, of: part, pipe, depth: depth + 1) else { return false }
      }
      return true
    }
    var cause = try exception.attribute(python, "__cause__")
    if cause.isNone { cause = try exception.attribute(python, "__context__") }
    return cause.isNone ? false : try isCause(python, of: cause, pipe, depth: depth + 1)
  }
}

#endif
