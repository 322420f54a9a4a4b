// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// What a field is to the server that sends an application's answer.
@usableFromInline
package enum FieldKind: UInt8, Sendable {
  case plain
  case contentLength
  case date
  case server
  /// About this connection and how the message is framed, which are the server's (RFC 9110, section 7.6.1).
  case connection
  /// What else RFC 2616, section 13.5.1, calls hop-by-hop.
  case hopByHop

  /// Whether PEP 3333 forbids applications to give it.
  package var isHopByHop: Bool { self == .connection || self == .hopByHop }

  /// The kind of a name, which is a token, whatever the case of its letters.
  @inlinable
  package init(_ name: UnsafeRawBufferPointer) {
    self = .plain
    switch name.count {
    case 2: if unsafe Self.equal(name, "te") { self = .connection }
    case 4: if unsafe Self.equal(name, "date") { self = .date }
    case 6: if unsafe Self.equal(name, "server") { self = .server }
    case 7:
      if unsafe Self.equal(name, "upgrade") { self = .connection }
      if unsafe Self.equal(name, "trailer") { self = .hopByHop }
    case 8: if unsafe Self.equal(name, "trailers") { self = .hopByHop }
    case 10:
      if unsafe Self.equal(name, "connection") || Self.equal(name, "keep-alive") { self = .connection }
    case 14: if unsafe Self.equal(name, "content-length") { self = .contentLength }
    case 16: if unsafe Self.equal(name, "proxy-connection") { self = .connection }
    case 17: if unsafe Self.equal(name, "transfer-encoding") { self = .connection }
    case 18: if unsafe Self.equal(name, "proxy-authenticate") { self = .hopByHop }
    case 19: if unsafe Self.equal(name, "proxy-authorization") { self = .hopByHop }
    default: break
    }
  }

  /// Whether `name`, which is as long as `lower`, is that in any case.
  @inlinable
  static func equal(_ name: UnsafeRawBufferPointer, _ lower: StaticString) -> Bool {
    for index in 0..<name.count {
      // SAFETY: both hold `count` bytes. No other character of a token becomes one of these by the bit for lower case.
      guard unsafe name[index] | 0x20 == lower.utf8Start[index] else { return false }
    }
    return true
  }
}

/// Values as applications give them, which need not be what goes out.
extension HTTPGrammar {
  /// Whether none of the bytes is a control character other than a tab; eight bytes at a time.
  @inlinable
  @inline(__always)
  package static func isFieldText(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var at = 0
    while at + 8 <= bytes.count {
      let word = unsafe bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self)
      // Nothing to look at more closely: all bytes are from 0x20 to 0x7E. A borrow from a neighbour can only
      // make this look harder than needed.
      let low = word &- 0x2020_2020_2020_2020
      let delete = (word ^ 0x7F7F_7F7F_7F7F_7F7F) &- 0x0101_0101_0101_0101
      if (low | delete | word) & 0x8080_8080_8080_8080 != 0, unsafe !isFieldText(bytes, at, at + 8) {
        return false
      }
      at += 8
    }
    return unsafe isFieldText(bytes, at, bytes.count)
  }

  @inlinable
  @inline(__always)
  static func isFieldText(_ bytes: UnsafeRawBufferPointer, _ start: Int, _ end: Int) -> Bool {
    var at = start
    while at < end {
      guard isFieldCharacter(unsafe bytes[at]) else { return false }
      at += 1
    }
    return true
  }

  /// Without the white space around it, which is no part of a value (RFC 9110, section 5.5).
  @inlinable
  @inline(__always)
  package static func trimmed(_ value: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    var start = 0
    var end = value.count
    while start < end, isBlank(unsafe value[start]) { start += 1 }
    while end > start, isBlank(unsafe value[end - 1]) { end -= 1 }
    return unsafe UnsafeRawBufferPointer(rebasing: value[start..<end])
  }
}
