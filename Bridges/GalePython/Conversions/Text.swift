// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
public import CPython

extension Attached {
  /// A `str` of `bytes` taken as Latin-1: WSGI's native strings.
  ///
  /// - Note: Source: PEP 3333, "A Note on String Types".
  @inlinable
  package borrowing func string(latin1 bytes: UnsafeRawBufferPointer) throws(PythonError) -> PythonObject {
    // SAFETY: the buffer is readable for its count, and CPython copies it before it returns.
    let start = unsafe bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
    return try unsafe PythonObject(result: PyUnicode_DecodeLatin1(start, bytes.count, nil), self)
  }

  /// A `str` of `bytes` taken as Latin-1.
  @inlinable
  public borrowing func string(latin1 bytes: Span<UInt8>) throws(PythonError) -> PythonObject {
    // SAFETY: the pointer is used inside the closure only.
    try unsafe bytes.withUnsafeBytes { (buffer) throws(PythonError) in try unsafe string(latin1: buffer) }
  }

  /// A `str` of `bytes` that are known to be ASCII, which saves the search for the highest one.
  ///
  /// - Parameter bytes: None above 0x7F: a `str` that says so wrongly breaks CPython. Debug builds check it.
  @inlinable
  @unsafe
  package borrowing func string(ascii bytes: UnsafeRawBufferPointer) throws(PythonError) -> PythonObject {
    assert(unsafe bytes.allSatisfy { $0 < 0x80 }, "not ASCII")
    let string = try unsafe PythonObject(result: PyUnicode_New(bytes.count, 0x7F), self)
    if let start = bytes.baseAddress, bytes.count > 0 {
      // SAFETY: the new string has room for `count` one-byte characters, and nobody else has seen it.
      unsafe cgale_str_storage(string.raw).update(
        from: start.assumingMemoryBound(to: UInt8.self), count: bytes.count)
    }
    return string
  }

  /// A `str` with the same characters.
  public borrowing func string(_ text: String) throws(PythonError) -> PythonObject {
    var text = text
    // `withUTF8` rethrows untyped, so the result is carried out and checked afterwards.
    // SAFETY: the buffer is used inside the closure only, and CPython copies it.
    let raw = text.withUTF8 { utf8 in
      unsafe utf8.withMemoryRebound(to: CChar.self) {
        unsafe PyUnicode_FromStringAndSize($0.baseAddress, $0.count)
      }
    }
    return try unsafe PythonObject(result: raw, self)
  }

  /// The one `str` with these characters that dictionaries and attribute look-ups compare by address.
  ///
  /// Make it once and keep it: for dictionary keys and attribute names.
  public borrowing func interned(_ text: String) throws(PythonError) -> PythonObject {
    let string = try string(text)
    var raw: PythonPointer? = unsafe string.take()
    // SAFETY: interning takes the reference over and leaves one to the interned string, which is never null.
    unsafe PyUnicode_InternInPlace(&raw)
    return try unsafe PythonObject(result: raw, self)
  }
}

extension PythonObject {
  /// Whether this is a `str` or one of a subclass.
  @inlinable public var isString: Bool {
    // SAFETY: this value keeps the object alive.
    unsafe cgale_is_str(raw) != 0
  }

  /// Whether this is a `str`, and not one of a subclass.
  @inlinable package var isExactString: Bool {
    // SAFETY: see above.
    unsafe cgale_is_exact_str(raw) != 0
  }

  /// Runs `body` on the characters of this `str` as Latin-1 bytes, without a copy.
  ///
  /// - Returns: What `body` returns, or `nil` without running it when this is no `str` or holds a character above
  ///   U+00FF.
  /// - Throws: What `body` throws.
  @inlinable
  package borrowing func withUnsafeLatin1<Result: ~Copyable, Failure: Error>(
    _ python: borrowing Attached, _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result? {
    guard isString else { return nil }
    var count = 0
    // SAFETY: a `str` never changes, and this value keeps it alive until `body` is over.
    guard let start = unsafe cgale_str_latin1(raw, &count) else {
      python.reportUnraisableError(in: self)
      return nil
    }
    return try unsafe body(UnsafeRawBufferPointer(start: start, count: count))
  }

  /// The characters of this `str`.
  ///
  /// - Throws: `TypeError` when it is no `str`, `UnicodeEncodeError` when it holds half a surrogate pair.
  public borrowing func string(_ python: borrowing Attached) throws(PythonError) -> String {
    var count = 0
    // SAFETY: the UTF-8 form belongs to the object, which this value keeps alive.
    guard let start = unsafe PyUnicode_AsUTF8AndSize(raw, &count) else { throw PythonError.fetch(python) }
    let bytes = unsafe UnsafeRawBufferPointer(start: start, count: count)
    return unsafe String(decoding: bytes, as: UTF8.self)
  }

  /// Python's `str()`, for messages: what has no UTF-8 form is escaped.
  ///
  /// - Throws: What the object's `__str__` raised.
  public borrowing func description(_ python: borrowing Attached) throws(PythonError) -> String {
    // SAFETY: all objects are alive until the calls are over.
    let text = try unsafe PythonObject(result: PyObject_Str(raw), python)
    let bytes = unsafe PyUnicode_AsEncodedString(text.raw, "utf-8", "backslashreplace")
    let encoded = try unsafe PythonObject(result: bytes, python)
    return unsafe encoded.withUnsafeBytes { unsafe String(decoding: $0, as: UTF8.self) }
  }
}

#endif
