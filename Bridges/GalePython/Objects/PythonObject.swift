// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
public import CPython

/// An object's address as CPython's C API takes it; says nothing about who owns the reference.
@usableFromInline
package typealias PythonPointer = UnsafeMutablePointer<PyObject>

/// One owned reference to a Python object.
///
/// The reference is given back when the value's life ends, which must be while the thread is attached; debug builds
/// check that. To keep an object beyond ``Interpreter/attach(_:)`` use ``PythonReference``.
@safe
@frozen
public struct PythonObject: ~Copyable {
  /// The object; borrowed from this value.
  @usableFromInline package let raw: PythonPointer

  /// Takes over a reference that the caller owns ("new reference" in CPython's documentation).
  @inlinable
  package init(owning raw: PythonPointer) {
    unsafe self.raw = raw
  }

  /// Adds a reference to an object that somebody else keeps alive ("borrowed reference").
  @inlinable
  package init(borrowing raw: PythonPointer) {
    // SAFETY: the caller vouches for a live object and the lock.
    unsafe cgale_incref(raw)
    unsafe self.raw = raw
  }

  /// Takes over what a C function returned.
  ///
  /// - Throws: The exception that is set, when `result` is null.
  @inlinable
  package init(result: PythonPointer?, _ python: borrowing Attached) throws(PythonError) {
    guard let result = unsafe result else { throw PythonError.fetch(python) }
    unsafe self.init(owning: result)
  }

  @inlinable
  deinit {
    assert(cgale_is_attached() != 0, "a Python reference was dropped without the interpreter's lock")
    // SAFETY: this value owns one reference, and the lock is held.
    unsafe cgale_decref(raw)
  }

  /// Gives up ownership: the reference now belongs to the caller, who usually returns it to CPython.
  @inlinable
  package consuming func take() -> PythonPointer {
    let raw = unsafe self.raw
    discard self
    return unsafe raw
  }

  /// A second reference to the same object.
  @inlinable
  public borrowing func copy(_ python: borrowing Attached) -> PythonObject {
    // SAFETY: this value keeps the object alive.
    unsafe PythonObject(borrowing: raw)
  }

  /// Whether both are the same object: Python's `is`.
  @inlinable
  public borrowing func isIdentical(to other: borrowing PythonObject) -> Bool {
    unsafe raw == other.raw
  }

  /// A number for small tables by identity, of which the low bits are well mixed.
  @inlinable package var addressHash: Int {
    let address = unsafe Int(bitPattern: raw)
    return (address >> 4) ^ (address >> 10)
  }

  /// Whether this is `None`.
  @inlinable public var isNone: Bool {
    // SAFETY: only addresses are compared.
    unsafe raw == cgale_none()
  }

  /// How many references the object has.
  ///
  /// One means that nobody else can see it, so that it may be reused.
  @inlinable package var referenceCount: Int {
    // SAFETY: this value keeps the object alive.
    unsafe cgale_reference_count(raw)
  }
}

@available(*, unavailable, message: "use PythonReference to keep an object across threads")
extension PythonObject: Sendable {}

extension Attached {
  /// `None`.
  @inlinable public var none: PythonObject {
    // SAFETY: singletons live as long as the interpreter.
    unsafe PythonObject(borrowing: cgale_none())
  }

  /// `True` or `False`.
  @inlinable
  public borrowing func bool(_ value: Bool) -> PythonObject {
    // SAFETY: singletons live as long as the interpreter.
    unsafe PythonObject(borrowing: value ? cgale_true() : cgale_false())
  }

  /// Turns a C function's status into a Swift error.
  ///
  /// - Throws: The exception that is set, when `status` is negative.
  @inlinable
  package borrowing func check(_ status: Int32) throws(PythonError) {
    if status < 0 { throw PythonError.fetch(self) }
  }
}

#endif
