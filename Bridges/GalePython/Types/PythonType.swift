// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
public import CPython

/// A Python type whose methods are C-callable Swift functions and whose instances each own one Swift object.
///
/// Nothing stands between CPython and those functions: no argument tuple, no closure context, no look-up. Types live
/// as long as the process. They cannot be instantiated or subclassed from Python, and their instances take no part in
/// garbage collection: the Swift object must not own a Python object that may lead back to the instance, except for
/// as long as it takes care to let go of it.
///
/// - Note: Source: CPython `PyType_FromSpec`; PEP 590 for ``PythonVectorcall``.
@safe
@usableFromInline
package struct PythonType<Payload: AnyObject> {
  @usableFromInline let type: UnsafeMutablePointer<PyTypeObject>
  @usableFromInline let call: PythonVectorcall?

  /// Defines a type.
  ///
  /// - Parameters:
  ///   - name: With its module in front: `gale.StartResponse`.
  ///   - call: What calling an instance runs.
  ///   - iterator: `__iter__`; ``Callback/receiver`` is one that returns the instance itself.
  ///   - next: `__next__`: a new reference, or null without an exception at the end.
  ///   - awaiter: `__await__`: returns an iterator.
  /// - Throws: `MemoryError`, or `SystemError` for a bad definition.
  package init(
    _ python: borrowing Attached, name: StaticString, doc: StaticString = "", methods: [PythonMethod] = [],
    properties: [PythonProperty] = [], call: PythonVectorcall? = nil, iterator: PythonReceiverFunction? = nil,
    next: PythonReceiverFunction? = nil, awaiter: PythonReceiverFunction? = nil
  ) throws(PythonError) {
    var slots = unsafe TypeSlots()
    unsafe slots.add(Py_tp_dealloc, PythonTypeSupport.dealloc)
    unsafe slots.add(Py_tp_doc, UnsafeMutableRawPointer(mutating: doc.cString))
    unsafe slots.add(
      Py_tp_methods, TypeSlots.immortal(methods.map { unsafe $0.definition }, end: PyMethodDef()))
    unsafe slots.add(
      Py_tp_getset, TypeSlots.immortal(properties.map { unsafe $0.definition }, end: PyGetSetDef()))
    if let call = unsafe call {
      unsafe slots.add(Py_tp_call, PythonTypeSupport.callByVector)
      unsafe slots.add(Py_tp_members, TypeSlots.immortal([cgale_vectorcall_member()], end: PyMemberDef()))
      _ = unsafe call
    }
    if let iterator = unsafe iterator { unsafe slots.add(Py_tp_iter, iterator) }
    if let next = unsafe next { unsafe slots.add(Py_tp_iternext, next) }
    if let awaiter = unsafe awaiter { unsafe slots.add(Py_am_await, awaiter) }
    let object = try unsafe slots.makeType(python, name: name, callable: call != nil)
    // SAFETY: a type object begins with a PyObject; the reference is kept for ever.
    unsafe type = UnsafeMutableRawPointer(object.take()).assumingMemoryBound(to: PyTypeObject.self)
    unsafe self.call = call
    // Python before 3.10 has no flag that forbids instances without a payload.
    unsafe type.pointee.tp_new = nil
  }

  /// The type itself.
  package borrowing func object(_ python: borrowing Attached) -> PythonObject {
    // SAFETY: types live as long as the process.
    unsafe PythonObject(borrowing: cgale_type_object(type))
  }

  /// An instance that owns `payload`.
  ///
  /// - Throws: `MemoryError`.
  @inlinable
  package borrowing func instance(
    _ python: borrowing Attached, _ payload: Payload
  ) throws(PythonError) -> PythonObject {
    let object = try unsafe PythonObject(result: cgale_instance_new(type, call), python)
    // SAFETY: instances of this type are `cgale_instance`s, and nobody else has seen this one.
    unsafe PythonTypeSupport.body(of: object.raw).pointee.payload = Unmanaged.passRetained(payload).toOpaque()
    return object
  }

  /// The Swift object of `instance`, or `nil` when that is of another type.
  @inlinable
  package borrowing func payload(of instance: borrowing PythonObject) -> Payload? {
    // SAFETY: the exact type is compared first; types defined here cannot be subclassed.
    guard unsafe cgale_type(instance.raw) == type else { return nil }
    return unsafe Self.withPayload(of: instance.raw) { $0 }
  }

  /// Runs `body` on the Swift object of `instance`, without counting references.
  ///
  /// For the functions that the type was made of: CPython has checked that the receiver is an instance, and holds it
  /// until they return.
  ///
  /// - Parameter instance: The receiver; must be an instance of a type defined with this `Payload`.
  @inlinable
  package static func withPayload<Result: ~Copyable, Failure: Error>(
    of instance: PythonPointer?, _ body: (Payload) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    guard let instance = unsafe instance,
      let payload = unsafe PythonTypeSupport.body(of: instance).pointee.payload
    else { preconditionFailure("a method of a Swift type was called without its instance") }
    // SAFETY: the instance owns the payload, whose class the caller vouches for; the instance outlives the call, so
    // no reference needs to be counted.
    var result: Result?
    var failure: Failure?
    unsafe Unmanaged<Payload>.fromOpaque(payload)._withUnsafeGuaranteedRef { payload in
      do throws(Failure) {
        result = try body(payload)
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    guard let result = result.take() else { preconditionFailure("the body neither returned nor threw") }
    return result
  }
}

/// `@unchecked`: the pointer is to a type that never goes away and is only used with the lock held.
extension PythonType: @unchecked Sendable {}

/// What all types have in common; outside of ``PythonType`` since C functions cannot be made in generic code.
@usableFromInline
enum PythonTypeSupport {
  /// The fields of an instance.
  @inlinable
  static func body(of instance: PythonPointer) -> UnsafeMutablePointer<cgale_instance> {
    unsafe UnsafeMutableRawPointer(instance).assumingMemoryBound(to: cgale_instance.self)
  }

  /// `tp_call` for types with a vectorcall: for callers that come with a tuple and a dictionary.
  static let callByVector: @convention(c) (PythonPointer?, PythonPointer?, PythonPointer?) -> PythonPointer? =
    { callable, tuple, names in
      unsafe PyVectorcall_Call(callable, tuple, names)
    }

  /// `tp_dealloc`: gives up the Swift object, the memory and the instance's reference to its type.
  static let dealloc: @convention(c) (PythonPointer?) -> Void = { instance in
    guard let instance = unsafe instance else { return }
    // SAFETY: CPython calls this once, when the last reference is gone. The payload's deinit may drop
    // further Python objects, as the lock is held.
    let payload = unsafe body(of: instance).pointee.payload
    let type = unsafe cgale_type(instance)
    if let payload = unsafe payload { unsafe Unmanaged<AnyObject>.fromOpaque(payload).release() }
    unsafe PyObject_Free(instance)
    unsafe cgale_decref(cgale_type_object(type))
  }
}

#endif
