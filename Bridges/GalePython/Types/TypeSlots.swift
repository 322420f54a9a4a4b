// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import CPython

/// Collects what `PyType_FromSpec` needs, in memory that is never freed: CPython keeps pointers into it.
@unsafe
struct TypeSlots {
  private var slots: [PyType_Slot] = unsafe []

  /// Adds a pointer to data.
  mutating func add(_ slot: Int32, _ pointer: UnsafeMutableRawPointer) {
    unsafe slots.append(PyType_Slot(slot: slot, pfunc: pointer))
  }

  /// Adds a C function.
  mutating func add<Function>(_ slot: Int32, _ function: Function) {
    // SAFETY: every `Function` here is `@convention(c)`, a plain code pointer (the bit cast checks the width).
    unsafe add(slot, unsafeBitCast(function, to: UnsafeMutableRawPointer.self))
  }

  /// Makes the type.
  mutating func makeType(
    _ python: borrowing Attached, name: StaticString, callable: Bool
  ) throws(PythonError) -> PythonObject {
    let array = unsafe Self.immortal(slots, end: PyType_Slot(slot: 0, pfunc: nil))
    var spec = unsafe PyType_Spec(
      name: name.cString, basicsize: Int32(MemoryLayout<cgale_instance>.size), itemsize: 0,
      flags: cgale_type_flags(callable ? 1 : 0), slots: array.assumingMemoryBound(to: PyType_Slot.self))
    // SAFETY: CPython copies the spec; what it points to lives for ever.
    return try unsafe PythonObject(result: PyType_FromSpec(&spec), python)
  }

  /// A copy of `elements` and an end mark, never freed.
  static func immortal<Element>(_ elements: [Element], end: Element) -> UnsafeMutableRawPointer {
    let storage = UnsafeMutableBufferPointer<Element>.allocate(capacity: elements.count + 1)
    _ = unsafe storage.initialize(from: elements + [end])
    guard let start = storage.baseAddress else { preconditionFailure("no memory for a Python type") }
    return UnsafeMutableRawPointer(start)
  }
}

#endif
