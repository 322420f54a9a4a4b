// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import CPython

/// What makes an awaitable a coroutine (PEP 492) besides `__await__`: `send`, `throw` and `close`.
extension Callback {
  /// A coroutine's `send()`: what `next` did, with the end said by `StopIteration` also where there is no result.
  package static func send(_ next: PythonReceiverFunction, _ instance: PythonPointer?) -> PythonPointer? {
    if let item = unsafe next(instance) { return unsafe item }
    // SAFETY: CPython calls with the lock held, here and below.
    if unsafe PyErr_Occurred() == nil { unsafe PyErr_SetNone(cgale_exc_StopIteration()) }
    return nil
  }

  /// Raises what a coroutine's `throw()` gets: an exception, or as before Python 3.12 its class, the exception or its
  /// argument, and a traceback.
  package static func raise(_ arguments: UnsafePointer<PythonPointer?>?, _ count: Int) -> PythonPointer? {
    let base = unsafe cgale_exc_BaseException()
    // True of classes and of instances.
    guard count > 0, let first = unsafe arguments?[0], unsafe PyErr_GivenExceptionMatches(first, base) != 0
    else {
      let python = unsafe Attached(assumingLockHeld: ())
      python.raise(PythonException(.typeError, "throw() takes an exception"))
      return nil
    }
    // SAFETY: the arguments are the caller's until this returns.
    if unsafe PyObject_IsInstance(first, base) == 1 {
      unsafe cgale_incref(first)
      unsafe cgale_error_restore(first)
    } else {
      unsafe PyErr_SetObject(first, count > 1 ? arguments?[1] : nil)
    }
    return nil
  }
}

#endif
