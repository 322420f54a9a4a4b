// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
public import CPython

extension Attached {
  /// An empty `dict`.
  @inlinable
  public borrowing func dictionary() throws(PythonError) -> PythonObject {
    try unsafe PythonObject(result: PyDict_New(), self)
  }
}

/// What one does with a `dict`. On anything else these throw `SystemError`, as CPython's functions do.
extension PythonObject {
  /// Whether this is a `dict` or one of a subclass.
  @inlinable public var isDictionary: Bool {
    // SAFETY: this value keeps the object alive.
    unsafe cgale_is_dict(raw) != 0
  }

  /// A shallow copy of this `dict`.
  ///
  /// One allocation and one `memcpy` for a `dict` from which nothing was ever deleted.
  @inlinable
  public borrowing func dictionaryCopy(_ python: borrowing Attached) throws(PythonError) -> PythonObject {
    // SAFETY: every object is kept alive by its owner, and the token shows the lock; so it is below.
    try unsafe PythonObject(result: PyDict_Copy(raw), python)
  }

  /// Sets the value of `key` in this `dict`, which takes references of its own.
  ///
  /// - Throws: `TypeError` when `key` is not hashable.
  @inlinable
  public borrowing func set(
    _ python: borrowing Attached, _ key: borrowing PythonObject, to value: borrowing PythonObject
  ) throws(PythonError) {
    // SAFETY: see above.
    try python.check(unsafe PyDict_SetItem(raw, key.raw, value.raw))
  }

  /// Sets everything that `other`, a `dict`, has.
  @inlinable
  public borrowing func update(
    _ python: borrowing Attached, from other: borrowing PythonObject
  ) throws(PythonError) {
    // SAFETY: see above.
    try python.check(unsafe PyDict_Update(raw, other.raw))
  }

  /// The value of `key` in this `dict`, or `nil`.
  @inlinable
  public borrowing func value(
    _ python: borrowing Attached, for key: borrowing PythonObject
  ) throws(PythonError) -> PythonObject? {
    // SAFETY: see above; the borrowed result gets a reference before anything else runs.
    if let found = unsafe PyDict_GetItemWithError(raw, key.raw) {
      return unsafe PythonObject(borrowing: found)
    }
    try python.checkNoError()
    return nil
  }

  /// Removes `key` from this `dict`.
  ///
  /// - Throws: `KeyError` when it is not there.
  @inlinable
  public borrowing func remove(
    _ python: borrowing Attached, _ key: borrowing PythonObject
  ) throws(PythonError) {
    // SAFETY: see above.
    try python.check(unsafe PyDict_DelItem(raw, key.raw))
  }
}

#endif
