// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleCore
import GalePython
import GaleWire

/// What the name of a field means to an answer.
enum FieldKind: UInt8 {
  case plain
  case contentLength
  case date
  case server
  /// Hop-by-hop: belongs to the server.
  case forbidden

  /// The kind of a name, whatever the case of its letters.
  init(_ name: UnsafeRawBufferPointer) {
    switch name.count {
    case 14 where unsafe Self.equal(name, "content-length"): self = .contentLength
    case 4 where unsafe Self.equal(name, "date"): self = .date
    case 6 where unsafe Self.equal(name, "server"): self = .server
    default: self = unsafe Self.isHopByHop(name) ? .forbidden : .plain
    }
  }

  /// RFC 9110, section 7.6.1, and RFC 2616, section 13.5.1, which PEP 3333 names.
  private static let hopByHop: [StaticString] = [
    "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te",
    "trailer", "trailers", "transfer-encoding", "upgrade",
  ]

  private static func isHopByHop(_ name: UnsafeRawBufferPointer) -> Bool {
    for known in hopByHop where unsafe equal(name, known) { return true }
    return false
  }

  private static func equal(_ name: UnsafeRawBufferPointer, _ lower: StaticString) -> Bool {
    guard name.count == lower.utf8CodeUnitCount else { return false }
    for index in 0..<name.count {
      // SAFETY: both hold `count` bytes.
      guard unsafe name[index].asciiLowercased == lower.utf8Start[index] else { return false }
    }
    return true
  }
}

/// Names of fields that were looked at already: applications give the same `str` objects again and again.
///
/// A small table by address. It owns what it holds, so an address in it cannot become another object's.
///
/// `@unchecked Sendable`: one serves the whole process, and is only touched with the interpreter's lock.
@safe
final class FieldNames: @unchecked Sendable {
  // SAFETY (this class): both tables have `count` initialized elements, and slots are below that.
  private let names: UnsafeMutablePointer<PythonObject>
  private let kinds: UnsafeMutablePointer<FieldKind>
  private static let count = 64
  /// Longer names are not kept.
  private static let limit = 64

  init(_ python: borrowing Attached) {
    unsafe names = .allocate(capacity: Self.count)
    unsafe kinds = .allocate(capacity: Self.count)
    for index in 0..<Self.count { unsafe (names + index).initialize(to: python.none) }
    unsafe kinds.initialize(repeating: .plain, count: Self.count)
  }

  deinit {
    unsafe names.deinitialize(count: Self.count)
    unsafe names.deallocate()
    unsafe kinds.deallocate()
  }

  /// The kind of a name whose characters are `bytes`; `nil` when it is no token.
  @inline(__always)
  func kind(
    _ python: borrowing Attached, _ name: borrowing PythonObject, _ bytes: UnsafeRawBufferPointer
  ) -> FieldKind? {
    let slot = name.addressHash & (Self.count - 1)
    if unsafe names[slot].isIdentical(to: name) { return unsafe kinds[slot] }
    return unsafe look(python, name, bytes, slot)
  }

  private func look(
    _ python: borrowing Attached, _ name: borrowing PythonObject, _ bytes: UnsafeRawBufferPointer, _ slot: Int
  ) -> FieldKind? {
    guard bytes.count > 0, bytes.count <= 1024, unsafe bytes.allSatisfy(HTTPGrammar.isTokenCharacter) else {
      return nil
    }
    let kind = unsafe FieldKind(bytes)
    // An instance of a subclass may run code when it goes, so it is not held.
    if bytes.count <= Self.limit, name.isExactString {
      unsafe names[slot] = name.copy(python)
      unsafe kinds[slot] = kind
    }
    return kind
  }
}

/// The check of values, eight bytes at a time.
enum FieldValue {
  /// Whether none of the bytes is a control character other than a tab.
  @inline(__always)
  static func isValid(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var at = 0
    while at + 8 <= bytes.count {
      let word = unsafe bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self)
      // Nothing to look at more closely: all bytes are from 0x20 to 0x7E. A borrow from a neighbour can only
      // make this look harder than needed.
      let low = word &- 0x2020_2020_2020_2020
      let delete = (word ^ 0x7F7F_7F7F_7F7F_7F7F) &- 0x0101_0101_0101_0101
      if (low | delete | word) & 0x8080_8080_8080_8080 != 0,
        unsafe !isValidSlowly(bytes, at, at + 8)
      {
        return false
      }
      at += 8
    }
    return unsafe isValidSlowly(bytes, at, bytes.count)
  }

  @inline(__always)
  private static func isValidSlowly(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int) -> Bool {
    var at = start
    while at < end {
      guard HTTPGrammar.isFieldCharacter(unsafe bytes[at]) else { return false }
      at += 1
    }
    return true
  }
}

#endif
