// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
public import CPython

extension PythonObject {
  /// Python's `iter()`.
  ///
  /// - Throws: `TypeError` when this object cannot be iterated over.
  @inlinable
  public borrowing func iterator(_ python: borrowing Attached) throws(PythonError) -> PythonObject {
    // SAFETY: this value keeps the object alive, and the token shows the lock; so it is below.
    try unsafe PythonObject(result: PyObject_GetIter(raw), python)
  }

  /// The next item of this iterator, or `nil` at its end.
  ///
  /// - Precondition: ``isIterator``: CPython calls the slot without looking.
  /// - Throws: What the iterator raised, other than `StopIteration`.
  @inlinable
  public borrowing func next(_ python: borrowing Attached) throws(PythonError) -> PythonObject? {
    precondition(isIterator, "next() of something that is no iterator")
    // SAFETY: see above.
    if let item = unsafe PyIter_Next(raw) { return unsafe PythonObject(owning: item) }
    try python.checkNoError()
    return nil
  }

  /// Whether ``next(_:)`` may be called.
  @inlinable public var isIterator: Bool {
    // SAFETY: see above.
    unsafe cgale_is_iterator(raw) != 0
  }

  /// Runs `body` for each item.
  ///
  /// - Throws: What iterating raised, or what `body` throws.
  public borrowing func forEach(
    _ python: borrowing Attached, _ body: (borrowing PythonObject) throws(PythonError) -> Void
  ) throws(PythonError) {
    let iterator = try iterator(python)
    while let item = try iterator.next(python) { try body(item) }
  }

  /// Python's `len()`.
  @inlinable
  public borrowing func count(_ python: borrowing Attached) throws(PythonError) -> Int {
    // SAFETY: see above.
    let count = unsafe PyObject_Size(raw)
    if count < 0 { throw PythonError.fetch(python) }
    return count
  }
}

#endif
