// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore

/// Input that breaks the protocol: the peer's fault, with the status that tells it so.
///
/// Tornado's `HTTPInputError`.
public struct HTTPInputError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong with it.
  public struct Code: Hashable, Sendable {
    /// The status that answers it (RFC 9110, section 15).
    public let status: Int
    let name: String
    init(_ name: String, status: Int) {
      self.name = name
      self.status = status
    }
    /// A request or status line that does not follow the grammar.
    public static let invalidStartLine = Code("invalidStartLine", status: 400)
    /// A field line that does not follow the grammar.
    public static let invalidHeader = Code("invalidHeader", status: 400)
    /// Lengths that are malformed, repeated or contradict each other.
    public static let invalidFraming = Code("invalidFraming", status: 400)
    /// A chunked body that does not follow the grammar, or ends early.
    public static let invalidChunk = Code("invalidChunk", status: 400)
    /// A form that does not follow its grammar or is over a limit.
    public static let invalidBody = Code("invalidBody", status: 400)
    /// The request line is over the limit.
    public static let targetTooLong = Code("targetTooLong", status: 414)
    /// The field lines are too many or too long.
    public static let headersTooLarge = Code("headersTooLarge", status: 431)
    /// The body is over the limit.
    public static let bodyTooLarge = Code("bodyTooLarge", status: 413)
    /// A transfer coding other than `chunked`.
    public static let unsupportedTransferCoding = Code("unsupportedTransferCoding", status: 501)
    /// A protocol version that is not HTTP/1.
    public static let unsupportedVersion = Code("unsupportedVersion", status: 505)
    /// An expectation other than `100-continue`.
    public static let expectationFailed = Code("expectationFailed", status: 417)
    /// The peer was too slow.
    public static let timedOut = Code("timedOut", status: 408)
  }

  /// What is wrong.
  public let code: Code
  /// One line for the log; holds at most a short escaped excerpt of the input.
  public let message: String

  /// The text that logs and messages show.
  public var description: String { message }

  package init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }
}

/// The rules of RFC 9110 and RFC 9112, under their names there.
@usableFromInline
package enum HTTPGrammar {
  /// token's characters (RFC 9110, section 5.6.2): `!#$%&'*+-.^_`|~`, digits, letters.
  @inlinable
  package static func isTokenCharacter(_ byte: UInt8) -> Bool {
    // Bit n of the two words stands for byte n and byte 64 + n.
    let low: UInt64 = 0x03FF_6CFA_0000_0000
    let high: UInt64 = 0x57FF_FFFF_C7FF_FFFE
    return byte < 64 ? low & (1 << UInt64(byte)) != 0 : byte < 128 && high & (1 << UInt64(byte & 63)) != 0
  }

  package static func isToken(_ bytes: some Collection<UInt8>) -> Bool {
    !bytes.isEmpty && bytes.allSatisfy(isTokenCharacter)
  }

  /// field-vchar, SP and HTAB (RFC 9110, section 5.5): no other control character, no DEL.
  @inlinable
  package static func isFieldCharacter(_ byte: UInt8) -> Bool {
    byte >= 0x20 ? byte != 0x7F : byte == 0x09
  }

  /// field-value: no control characters, no white space at its ends.
  ///
  /// It may be empty.
  package static func isFieldValue(_ bytes: some BidirectionalCollection<UInt8>) -> Bool {
    guard let first = bytes.first, let last = bytes.last else { return true }
    guard !isBlank(first), !isBlank(last) else { return false }
    return bytes.allSatisfy(isFieldCharacter)
  }

  /// OWS (RFC 9110, section 5.6.3): SP or HTAB, nothing else.
  @inlinable
  package static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }

  /// What may stand in a request target (RFC 3986 plus what browsers send unescaped): visible ASCII without
  /// the delimiters that no grammar allows there.
  ///
  /// Bytes over 0x7F are refused: a client must escape them.
  @inlinable
  package static func isTargetCharacter(_ byte: UInt8) -> Bool {
    byte > 0x20 && byte < 0x7F
  }
}
