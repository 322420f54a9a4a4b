// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
public import CPython

extension Attached {
  /// An empty `list`.
  @inlinable
  public borrowing func list() throws(PythonError) -> PythonObject {
    try unsafe PythonObject(result: PyList_New(0), self)
  }

  /// A `tuple` of `count` items that `item` makes in order.
  @inlinable
  public borrowing func tuple(
    count: Int, _ item: (Int) throws(PythonError) -> PythonObject
  ) throws(PythonError) -> PythonObject {
    let tuple = try unsafe PythonObject(result: PyTuple_New(count), self)
    for index in 0..<count {
      let value = try item(index)
      // SAFETY: the index is within the tuple, which nobody else can change before it is returned.
      unsafe cgale_tuple_fill(tuple.raw, index, value.take())
    }
    return tuple
  }

  /// A `tuple` of two.
  @inlinable
  public borrowing func tuple(
    _ first: consuming PythonObject, _ second: consuming PythonObject
  ) throws(PythonError) -> PythonObject {
    let tuple = try unsafe PythonObject(result: PyTuple_New(2), self)
    // SAFETY: as above.
    unsafe cgale_tuple_fill(tuple.raw, 0, first.take())
    unsafe cgale_tuple_fill(tuple.raw, 1, second.take())
    return tuple
  }
}

/// What one does with a `list` or a `tuple`. On anything else these throw `SystemError`, as CPython's functions do.
extension PythonObject {
  /// Whether this is a `list` or one of a subclass.
  @inlinable public var isList: Bool {
    // SAFETY: this value keeps the object alive; so it does below.
    unsafe cgale_is_list(raw) != 0
  }

  /// Whether this is a `tuple` or one of a subclass.
  @inlinable public var isTuple: Bool {
    // SAFETY: see above.
    unsafe cgale_is_tuple(raw) != 0
  }

  /// Appends to this `list`, which takes a reference of its own.
  @inlinable
  public borrowing func append(
    _ python: borrowing Attached, _ item: borrowing PythonObject
  ) throws(PythonError) {
    // SAFETY: both objects are alive, and the token shows the lock.
    try python.check(unsafe PyList_Append(raw, item.raw))
  }

  /// The item at `index` of this `list`.
  ///
  /// - Throws: `IndexError`.
  @inlinable
  public borrowing func listItem(
    _ python: borrowing Attached, at index: Int
  ) throws(PythonError) -> PythonObject {
    // SAFETY: the borrowed result gets a reference before anything else runs.
    guard let item = unsafe PyList_GetItem(raw, index) else { throw PythonError.fetch(python) }
    return unsafe PythonObject(borrowing: item)
  }

  /// The item at `index` of this `tuple`.
  ///
  /// - Throws: `IndexError`.
  @inlinable
  public borrowing func tupleItem(
    _ python: borrowing Attached, at index: Int
  ) throws(PythonError) -> PythonObject {
    // SAFETY: see above.
    guard let item = unsafe PyTuple_GetItem(raw, index) else { throw PythonError.fetch(python) }
    return unsafe PythonObject(borrowing: item)
  }
}

extension PythonObject {
  /// Whether this is a `list`, and not one of a subclass.
  @inlinable package var isExactList: Bool {
    // SAFETY: this value keeps the object alive; so it does below.
    unsafe cgale_is_exact_list(raw) != 0
  }

  /// Whether this is a `tuple`, and not one of a subclass.
  @inlinable package var isExactTuple: Bool { unsafe cgale_is_exact_tuple(raw) != 0 }

  /// Whether this is an instance of `BaseException`.
  @inlinable package var isException: Bool { unsafe cgale_is_exception(raw) != 0 }
}

/// Unchecked access for loops that looked at the type and the count themselves. All results are borrowed.
extension PythonObject {
  /// The length of what ``isList`` is true for.
  @inlinable
  @unsafe
  package var uncheckedListCount: Int { unsafe cgale_list_count(raw) }

  /// The length of what ``isTuple`` is true for.
  @inlinable
  @unsafe
  package var uncheckedTupleCount: Int { unsafe cgale_tuple_count(raw) }

  /// An item of what ``isList`` is true for; `index` must be below ``uncheckedListCount``.
  ///
  /// Borrowed from the list, so any Python code that runs may free it.
  @inlinable
  package func uncheckedListItem(_ index: Int) -> PythonPointer { unsafe cgale_list_item(raw, index) }

  /// An item of what ``isTuple`` is true for; `index` must be below ``uncheckedTupleCount``.
  @inlinable
  package func uncheckedTupleItem(_ index: Int) -> PythonPointer { unsafe cgale_tuple_item(raw, index) }
}

#endif
