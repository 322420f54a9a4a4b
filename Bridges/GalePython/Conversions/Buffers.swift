// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
public import CPython

/// Other objects' memory (PEP 3118).
extension PythonObject {
  /// Whether this is a `bytes`, a `bytearray` or a `memoryview`: what asyncio's transports take.
  @inlinable package var isBytesLike: Bool {
    // SAFETY: this value keeps the object alive.
    unsafe cgale_is_bytes_like(raw) != 0
  }

  /// Runs `body` on the memory of anything with a contiguous buffer, without a copy.
  ///
  /// The object cannot change its size meanwhile.
  /// - Throws: `TypeError` or `BufferError` when there is no such buffer, and what `body` throws.
  @inlinable
  package borrowing func withBuffer<Result: ~Copyable>(
    _ python: borrowing Attached, _ body: (UnsafeRawBufferPointer) throws(PythonError) -> Result
  ) throws(PythonError) -> Result {
    if isBytes {
      return try unsafe withUnsafeBytes { (bytes) throws(PythonError) in try unsafe body(bytes) }
    }
    var view = unsafe Py_buffer()
    // SAFETY: the view is filled by CPython, read while it is held, and released once.
    try python.check(unsafe PyObject_GetBuffer(raw, &view, PyBUF_SIMPLE))
    defer { unsafe PyBuffer_Release(&view) }
    return try unsafe body(UnsafeRawBufferPointer(start: view.buf, count: view.len))
  }

  /// As ``withBuffer(_:_:)``, for writing.
  ///
  /// - Throws: `BufferError` for what is read-only.
  @inlinable
  package borrowing func withMutableBuffer<Result: ~Copyable>(
    _ python: borrowing Attached, _ body: (UnsafeMutableRawBufferPointer) throws(PythonError) -> Result
  ) throws(PythonError) -> Result {
    var view = unsafe Py_buffer()
    // SAFETY: as above.
    try python.check(unsafe PyObject_GetBuffer(raw, &view, PyBUF_WRITABLE))
    defer { unsafe PyBuffer_Release(&view) }
    return try unsafe body(UnsafeMutableRawBufferPointer(start: view.buf, count: view.len))
  }
}

#endif
