// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
public import CPython

extension Attached {
  /// A `bytes` object with a copy of `bytes`.
  @inlinable
  package borrowing func bytes(_ bytes: UnsafeRawBufferPointer) throws(PythonError) -> PythonObject {
    // SAFETY: the buffer is readable for its count, and CPython copies it before it returns.
    let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
    return try unsafe PythonObject(result: PyBytes_FromStringAndSize(start, bytes.count), self)
  }

  /// A `bytes` object with a copy of `bytes`.
  @inlinable
  public borrowing func bytes(_ bytes: Span<UInt8>) throws(PythonError) -> PythonObject {
    // SAFETY: the pointer is used inside the closure only.
    try unsafe bytes.withUnsafeBytes { (buffer) throws(PythonError) in try unsafe self.bytes(buffer) }
  }

  /// A `bytes` object with a copy of `bytes`.
  @inlinable
  public borrowing func bytes(_ bytes: [UInt8]) throws(PythonError) -> PythonObject {
    try self.bytes(bytes.span)
  }

  /// A `bytes` object of up to `capacity` bytes that `fill` writes in place.
  ///
  /// - Parameters:
  ///   - capacity: The most bytes there may be.
  ///   - fill: Writes from the buffer's start and returns how many bytes it wrote. The lock is held.
  /// - Throws: `MemoryError`, or what `fill` throws.
  @inlinable
  package borrowing func bytes(
    capacity: Int, _ fill: (UnsafeMutableRawBufferPointer) throws(PythonError) -> Int
  ) throws(PythonError) -> PythonObject {
    var object = try unsafe PythonObject(result: PyBytes_FromStringAndSize(nil, capacity), self)
    // SAFETY: nobody else has seen the object, so its storage may still be written.
    let storage = unsafe UnsafeMutableRawBufferPointer(start: PyBytes_AsString(object.raw), count: capacity)
    let count = try unsafe fill(storage)
    precondition(count >= 0 && count <= capacity, "more bytes filled than there was room for")
    if count == capacity { return object }
    // SAFETY: as above; `_PyBytes_Resize` takes the reference over and leaves the new one, or null on failure.
    var raw: PythonPointer? = unsafe object.take()
    unsafe _PyBytes_Resize(&raw, count)
    object = try unsafe PythonObject(result: raw, self)
    return object
  }
}

extension PythonObject {
  /// Whether this is a `bytes` object or one of a subclass.
  @inlinable public var isBytes: Bool {
    // SAFETY: this value keeps the object alive.
    unsafe cgale_is_bytes(raw) != 0
  }

  /// Runs `body` on the bytes of this `bytes` object, without a copy.
  ///
  /// - Precondition: ``isBytes``.
  /// - Throws: What `body` throws.
  @inlinable
  package borrowing func withUnsafeBytes<Result: ~Copyable, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    precondition(isBytes, "not a bytes object")
    // SAFETY: the type was checked; bytes objects never change, and this value keeps it alive until `body` is over.
    return try unsafe body(
      UnsafeRawBufferPointer(start: cgale_bytes_data(raw), count: cgale_bytes_count(raw)))
  }

  /// A copy of the content of anything with a contiguous buffer: `bytes`, `bytearray`, `memoryview`.
  ///
  /// - Throws: `TypeError` or `BufferError` when there is no such buffer.
  public borrowing func bytes(_ python: borrowing Attached) throws(PythonError) -> [UInt8] {
    var view = unsafe Py_buffer()
    // SAFETY: the view is filled by CPython, read while it is held, and released once.
    try python.check(unsafe PyObject_GetBuffer(raw, &view, PyBUF_SIMPLE))
    defer { unsafe PyBuffer_Release(&view) }
    return unsafe [UInt8](UnsafeRawBufferPointer(start: view.buf, count: view.len))
  }
}

#endif
