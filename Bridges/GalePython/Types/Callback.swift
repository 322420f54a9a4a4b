// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
public import CPython

/// The bodies of functions that Python calls.
///
/// CPython holds the lock when it calls such a function, and wants a new reference back, or null with an exception
/// set. These run `body` with the token and translate both ways out; a Swift error becomes a Python exception as
/// ``Attached/raise(_:)`` says.
@usableFromInline
package enum Callback {
  /// Runs `body` and returns the object that it made.
  @inlinable
  package static func object<Failure: Error>(
    _ body: (borrowing Attached) throws(Failure) -> PythonObject
  ) -> PythonPointer? {
    // SAFETY: CPython calls with the lock held, here and below.
    let python = unsafe Attached(assumingLockHeld: ())
    do throws(Failure) {
      return unsafe try body(python).take()
    } catch {
      python.raise(error)
      return nil
    }
  }

  /// Runs `body` and returns `None`.
  @inlinable
  package static func none<Failure: Error>(
    _ body: (borrowing Attached) throws(Failure) -> Void
  ) -> PythonPointer? {
    unsafe object { (python) throws(Failure) in
      try body(python)
      return python.none
    }
  }

  /// Runs `body` and returns the object that it made; `nil` means the end of the iteration.
  @inlinable
  package static func next<Failure: Error>(
    _ body: (borrowing Attached) throws(Failure) -> PythonObject?
  ) -> PythonPointer? {
    // SAFETY: see above.
    let python = unsafe Attached(assumingLockHeld: ())
    do throws(Failure) {
      guard let item = try body(python) else { return nil }
      return unsafe item.take()
    } catch {
      python.raise(error)
      return nil
    }
  }

  /// Ends an iterator's `__next__` with a result: what `await` gets.
  ///
  /// - Parameter value: No tuple and no exception, which `StopIteration` would take apart.
  package static func stop(_ value: borrowing PythonObject) -> PythonPointer? {
    // SAFETY: CPython calls with the lock held, and the value is alive.
    if !value.isNone { unsafe PyErr_SetObject(cgale_exc_StopIteration(), value.raw) }
    return nil
  }

  /// An `__iter__` that returns the instance itself.
  package static let receiver: PythonReceiverFunction = { instance in
    guard let instance = unsafe instance else { return nil }
    unsafe cgale_incref(instance)
    return unsafe instance
  }

  /// The number of positional arguments in what a ``PythonVectorcall`` gets.
  @inlinable
  package static func argumentCount(_ flagged: Int) -> Int { cgale_argument_count(flagged) }
}

#endif
