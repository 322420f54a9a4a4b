// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore

/// A valid `Host` field: `uri-host [ ":" port ]` (RFC 9110, section 7.2; RFC 3986, section 3.2.2).
public struct HostHeader: Sendable, Hashable {
  /// The host in lower case, an IPv6 address in its brackets; empty for an empty field.
  public let host: String

  /// The port, if the field has one.
  public let port: Int?

  /// Reads a `Host` field.
  ///
  /// The grammar allows a comma and an empty host before a port; both are refused: the first is how two
  /// fields look that somebody joined, the second is in no `http` URI. A field that is empty altogether is
  /// valid, since clients must send it for targets without authority; whether to serve it is the caller's
  /// choice.
  ///
  /// - Returns: `nil` when the answer must be 400: another character than the grammar's, a bad address in
  ///   brackets or none closing them, a port that is no number up to 65535.
  /// - Complexity: O(*n*).
  public init?(parsing field: String) {
    self.init(parsing: field.utf8.span)
  }

  /// Reads a `Host` field, like ``init(parsing:)`` of text.
  public init?(parsing field: Span<UInt8>) {
    guard !field.isEmpty else {
      host = ""
      port = nil
      return
    }
    guard let hostEnd = Self.endOfHost(field) else { return nil }
    switch Self.port(field, hostEnd..<field.count) {
    case .none: port = nil
    case .some(.some(let number)): port = number
    case .some(.none): return nil
    }
    host = field.lowercasedText(in: 0..<hostEnd)
  }

  /// Where the host ends, or `nil` when it is none.
  private static func endOfHost(_ field: Span<UInt8>) -> Int? {
    if field[0] == 0x5B {
      guard let bracket = field.firstIndex(of: 0x5D, in: 1..<field.count),
        IPLiteral.isValid(field, 1..<bracket)
      else { return nil }
      return bracket &+ 1
    }
    let end = field.firstIndex(of: ASCII.colon, in: 0..<field.count) ?? field.count
    return end > 0 && isRegisteredName(field, 0..<end) ? end : nil
  }

  /// Whether this is `*( unreserved / pct-encoded / sub-delims )` without the comma, as IPv4 addresses are, too.
  private static func isRegisteredName(_ field: Span<UInt8>, _ range: Range<Int>) -> Bool {
    let characters = nameCharacters
    var index = range.lowerBound
    while index < range.upperBound {
      if field[index] == ASCII.percent {
        guard index &+ 2 < range.upperBound, field[index &+ 1].hexDigitValue != nil,
          field[index &+ 2].hexDigitValue != nil
        else { return false }
        index &+= 3
      } else {
        guard characters.contains(field[index]) else { return false }
        index &+= 1
      }
    }
    return true
  }

  /// What stands behind the host: `.none` for nothing or a colon alone, `.some(nil)` for a mistake.
  private static func port(_ field: Span<UInt8>, _ range: Range<Int>) -> Int?? {
    guard !range.isEmpty else { return .none }
    guard field[range.lowerBound] == ASCII.colon else { return .some(nil) }
    guard range.count > 1 else { return .none }
    return .some(portNumber(field, range.lowerBound &+ 1..<range.upperBound))
  }

  private static let nameCharacters = ByteSet.unreserved.union(ByteSet(characters: "!$&'()*+;="))
}

/// The number up to 65535 that the digits in `range` are, or `nil`.
func portNumber(_ field: Span<UInt8>, _ range: Range<Int>) -> Int? {
  guard !range.isEmpty else { return nil }
  var number = 0
  for index in range {
    guard field[index].isASCIIDigit else { return nil }
    number = number * 10 + Int(field[index] &- ASCII.zero)
    guard number <= 65_535 else { return nil }
  }
  return number
}

/// What may stand in brackets: `IPv6address / IPvFuture` (RFC 3986, section 3.2.2).
enum IPLiteral {
  static func isValid(_ field: Span<UInt8>, _ range: Range<Int>) -> Bool {
    guard !range.isEmpty else { return false }
    return field[range.lowerBound].asciiLowercased == 0x76
      ? isFutureAddress(field, range) : isIPv6Address(field, range)
  }

  /// `"v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" )`, the comma left out.
  private static func isFutureAddress(_ field: Span<UInt8>, _ range: Range<Int>) -> Bool {
    guard let dot = field.firstIndex(of: 0x2E, in: range), dot > range.lowerBound &+ 1,
      dot &+ 1 < range.upperBound
    else { return false }
    for index in range.lowerBound &+ 1..<dot where field[index].hexDigitValue == nil { return false }
    return field.isMade(of: futureCharacters, range: dot &+ 1..<range.upperBound)
  }

  /// Eight groups of up to four digits, once `::` for one group or more, an IPv4 address for the last two.
  private static func isIPv6Address(_ field: Span<UInt8>, _ range: Range<Int>) -> Bool {
    var groups = 0
    var isCompressed = false
    var index = range.lowerBound
    if hasTwoColons(field, at: index, end: range.upperBound) {
      isCompressed = true
      index &+= 2
    }
    while index < range.upperBound {
      let start = index
      while index < range.upperBound, field[index].hexDigitValue != nil { index &+= 1 }
      if index < range.upperBound, field[index] == 0x2E {
        guard isIPv4Address(field, start..<range.upperBound) else { return false }
        groups &+= 2
        break
      }
      guard (1...4).contains(index &- start) else { return false }
      groups &+= 1
      guard index < range.upperBound else { break }
      if hasTwoColons(field, at: index, end: range.upperBound) {
        guard !isCompressed else { return false }
        isCompressed = true
        index &+= 2
      } else {
        guard field[index] == ASCII.colon, index &+ 1 < range.upperBound else { return false }
        index &+= 1
      }
    }
    return isCompressed ? groups <= 7 : groups == 8
  }

  private static func hasTwoColons(_ field: Span<UInt8>, at index: Int, end: Int) -> Bool {
    index &+ 1 < end && field[index] == ASCII.colon && field[index &+ 1] == ASCII.colon
  }

  /// Four numbers up to 255 without leading zeros.
  private static func isIPv4Address(_ field: Span<UInt8>, _ range: Range<Int>) -> Bool {
    var count = 0
    var start = range.lowerBound
    while start <= range.upperBound {
      let end = field.firstIndex(of: 0x2E, in: start..<range.upperBound) ?? range.upperBound
      guard let octet = portNumber(field, start..<end), octet <= 255,
        end &- start == 1 || field[start] != ASCII.zero
      else { return false }
      count &+= 1
      start = end &+ 1
    }
    return count == 4
  }

  private static let futureCharacters = ByteSet.unreserved.union(ByteSet(characters: "!$&'()*+;=:"))
}
