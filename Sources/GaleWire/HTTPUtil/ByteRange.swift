// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore

/// Which part of a representation a `Range` field asks for: Tornado's `_parse_request_range` and what
/// `StaticFileHandler` makes of it.
public enum ByteRange: Sendable, Hashable {
  /// All of it, with status 200: there is no range, not one that counts, or it is the whole.
  case full
  /// These bytes, fewer than all, with status 206.
  case partial(Range<Int>)
  /// Nothing: status 416 with `Content-Range: bytes */size`.
  case unsatisfiable

  /// Reads a `Range` field (RFC 9110, section 14.2).
  ///
  /// Ignored, so ``full``: other units than `bytes`, several ranges, and everything malformed. Numbers may
  /// have any number of digits. An end before the start is ``unsatisfiable``, as in Tornado.
  ///
  /// - Parameters:
  ///   - field: The field's value, or `nil` without the field.
  ///   - size: Bytes of the representation.
  /// - Complexity: O(*n*).
  public init(parsing field: String?, size: Int) {
    guard let field, let specification = RangeSpecification(field.utf8.span) else {
      self = .full
      return
    }
    self = Self.selection(specification, size: max(size, 0))
  }

  private static func selection(_ specification: RangeSpecification, size: Int) -> ByteRange {
    var start = 0
    var end = size
    switch specification {
    case .everything: return .full
    case .from(let first): start = first
    case .last(let count):
      guard count > 0 else { return .unsatisfiable }
      start = count < size ? size - count : 0
    case .between(let first, let last):
      start = first
      // Not `last + 1`: last may be the largest number there is.
      end = last < size ? last + 1 : size
      guard last >= first else { return .unsatisfiable }
    }
    guard start < size else { return .unsatisfiable }
    return start == 0 && end == size ? .full : .partial(start..<end)
  }

  /// The value of the `Content-Range` field for an answer of `size` bytes in all; `nil` with ``full``.
  public func contentRange(size: Int) -> String? {
    switch self {
    case .full: nil
    case .partial(let range): "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(size)"
    case .unsatisfiable: "bytes */\(size)"
    }
  }
}

/// One `range-spec` of unit `bytes`.
private enum RangeSpecification {
  case everything
  case from(Int)
  case last(Int)
  case between(Int, Int)

  init?(_ field: Span<UInt8>) {
    guard let equals = field.firstIndex(of: ASCII.equals, in: 0..<field.count),
      field.equals("bytes", caseInsensitivelyIn: field.trimmed(0..<equals))
    else { return nil }
    let value = field.trimmed(equals &+ 1..<field.count)
    guard !value.isEmpty else {
      self = .everything
      return
    }
    guard let hyphen = field.firstIndex(of: ASCII.hyphen, in: value) else { return nil }
    self.init(
      first: Self.number(field, field.trimmed(value.lowerBound..<hyphen)),
      last: Self.number(field, field.trimmed(hyphen &+ 1..<value.upperBound)))
  }

  private init?(first: Number, last: Number) {
    switch (first, last) {
    case (.absent, .absent): self = .everything
    case (.value(let first), .absent): self = .from(first)
    case (.absent, .value(let count)): self = .last(count)
    case (.value(let first), .value(let last)): self = .between(first, last)
    default: return nil
    }
  }

  private enum Number {
    case absent
    case value(Int)
    case malformed
  }

  /// Digits only; what is larger than any size becomes `Int.max`.
  private static func number(_ field: Span<UInt8>, _ range: Range<Int>) -> Number {
    guard !range.isEmpty else { return .absent }
    var number = 0
    for index in range {
      guard field[index].isASCIIDigit else { return .malformed }
      let (tenfold, overflow) = number.multipliedReportingOverflow(by: 10)
      let (sum, carry) = tenfold.addingReportingOverflow(Int(field[index] &- ASCII.zero))
      number = overflow || carry || number == .max ? .max : sum
    }
    return .value(number)
  }
}
