// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
public import CPython

/// Where the instances of a class with `__slots__` keep one of them, so that it is read without a look-up.
///
/// Valid for instances of the class and of its subclasses, whose layouts begin as its own.
@usableFromInline
package struct PythonSlot: Sendable {
  @usableFromInline let offset: Int

  /// The slot `name` of `type`.
  ///
  /// - Throws: `AttributeError` when it has none of that name, `TypeError` when that is something else.
  package init(
    _ python: borrowing Attached, of type: borrowing PythonObject, _ name: String
  ) throws(PythonError) {
    let descriptor = try type.attribute(python, name)
    // SAFETY: this value keeps the descriptor alive.
    offset = unsafe cgale_slot_offset(descriptor.raw)
    guard offset > 0 else {
      throw PythonError(exception: try python.exception(.typeError, "\(name) is not a slot"), python)
    }
  }
}

extension PythonObject {
  /// What a slot holds, if anything.
  ///
  /// - Precondition: This is an instance of the slot's class.
  @inlinable
  @unsafe
  package borrowing func slot(_ slot: PythonSlot) -> PythonObject? {
    guard let value = unsafe cgale_slot(raw, slot.offset) else { return nil }
    return unsafe PythonObject(borrowing: value)
  }

  /// Puts `value` into an empty slot of an object that nobody else has seen yet.
  ///
  /// - Precondition: As above.
  @inlinable
  @unsafe
  package borrowing func fill(_ slot: PythonSlot, _ value: consuming PythonObject) {
    unsafe cgale_slot_fill(raw, slot.offset, value.take())
  }

  /// The class of this object.
  package borrowing func type(_ python: borrowing Attached) -> PythonObject {
    // SAFETY: the object keeps its class alive.
    unsafe PythonObject(borrowing: cgale_type_object(cgale_type(raw)))
  }

  /// Whether this is an instance of `type`, and not of a subclass.
  @inlinable
  package borrowing func isExactly(_ type: borrowing PythonObject) -> Bool {
    // SAFETY: only addresses are compared.
    unsafe cgale_type_object(cgale_type(raw)) == type.raw
  }

  /// What this weak reference refers to, unless that is gone.
  ///
  /// - Precondition: This is a weak reference.
  @inlinable
  package borrowing func weakObject(_ python: borrowing Attached) -> PythonObject? {
    // SAFETY: the type is looked at first; the reference that comes back is a new one.
    precondition(unsafe cgale_is_weak_reference(raw) != 0, "not a weak reference")
    return unsafe cgale_weak_object(raw).map { unsafe PythonObject(owning: $0) }
  }

  /// Calls this object with the items of a `tuple`.
  @inlinable
  package borrowing func call(
    _ python: borrowing Attached, tuple: borrowing PythonObject
  ) throws(PythonError) -> PythonObject {
    // SAFETY: both objects are alive, and the token shows the lock; so it is below.
    try unsafe PythonObject(result: PyObject_Call(raw, tuple.raw, nil), python)
  }
}

extension Attached {
  /// A new instance of `type`, a class without `__new__`, whose `__init__` does not run: every slot is empty.
  ///
  /// - Throws: `MemoryError`.
  @inlinable
  package borrowing func allocate(_ type: borrowing PythonObject) throws(PythonError) -> PythonObject {
    try unsafe PythonObject(result: cgale_allocate(type.raw), self)
  }

  /// A copy of the present context (PEP 567).
  @inlinable
  package borrowing func copyContext() throws(PythonError) -> PythonObject {
    try unsafe PythonObject(result: PyContext_CopyCurrent(), self)
  }
}

#endif
