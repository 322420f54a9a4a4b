// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// A set of bytes that answers in a few instructions: grammar rules as tables.
@usableFromInline
package struct ByteSet: Sendable, Hashable {
  @usableFromInline var word0: UInt64 = 0
  @usableFromInline var word1: UInt64 = 0
  @usableFromInline var word2: UInt64 = 0
  @usableFromInline var word3: UInt64 = 0

  /// Makes the set of these ranges and of the bytes of `characters`.
  package init(_ ranges: ClosedRange<UInt8>..., characters: String = "") {
    for range in ranges { for byte in range { insert(byte) } }
    for byte in characters.utf8 { insert(byte) }
  }

  /// Whether `byte` is a member.
  @inlinable @inline(__always)
  package func contains(_ byte: UInt8) -> Bool {
    let word =
      switch byte &>> 6 {
      case 0: word0
      case 1: word1
      case 2: word2
      default: word3
      }
    return word &>> UInt64(byte & 63) & 1 == 1
  }

  /// Adds `byte`.
  package mutating func insert(_ byte: UInt8) {
    let bit: UInt64 = 1 &<< UInt64(byte & 63)
    switch byte &>> 6 {
    case 0: word0 |= bit
    case 1: word1 |= bit
    case 2: word2 |= bit
    default: word3 |= bit
    }
  }

  /// The members of either set.
  package func union(_ other: ByteSet) -> ByteSet {
    var result = self
    result.word0 |= other.word0
    result.word1 |= other.word1
    result.word2 |= other.word2
    result.word3 |= other.word3
    return result
  }
}

extension ByteSet {
  /// ALPHA and DIGIT (RFC 5234, appendix B.1).
  package static let alphanumerics = ByteSet(0x30...0x39, 0x41...0x5A, 0x61...0x7A)

  /// `tchar` (RFC 9110, section 5.6.2): what names of fields, methods and parameters are made of.
  package static let token = alphanumerics.union(ByteSet(characters: "!#$%&'*+-.^_`|~"))

  /// `unreserved` (RFC 3986, section 2.3).
  package static let unreserved = alphanumerics.union(ByteSet(characters: "-._~"))

  /// 00–1F and 7F (RFC 5234, CTL).
  package static let controls = ByteSet(0x00...0x1F, 0x7F...0x7F)
}
