// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore

/// The cookies of a request: Tornado's `parse_cookie`, which does what browsers do.
///
/// The field is split at `;` and nowhere else, so no cookie can hide or make another. White space around
/// names and values is removed, a part without `=` is a value without a name, a value in double quotes loses
/// them and its backslash escapes. Nothing is refused: names that Python's store would not take are here, too.
public struct Cookies: Sendable, Hashable {
  /// One cookie.
  public struct Entry: Sendable, Hashable {
    /// The name; may be empty.
    public let name: String

    /// The value, unquoted.
    public let value: String
  }

  /// All cookies in the order of the field, repeated names included.
  public let entries: [Entry]

  /// Reads a `Cookie` field.
  ///
  /// - Complexity: O(*n*).
  public init(parsing field: String) {
    self.init(parsing: field.utf8.span)
  }

  /// Reads a `Cookie` field; names and values are taken for UTF-8, or Latin-1 where they are not.
  ///
  /// - Complexity: O(*n*).
  public init(parsing field: Span<UInt8>) {
    var entries: [Entry] = []
    var start = 0
    while start < field.count {
      let end = field.firstIndex(of: ASCII.semicolon, in: start..<field.count) ?? field.count
      if let entry = Self.entry(field, start..<end) { entries.append(entry) }
      start = end &+ 1
    }
    self.entries = entries
  }

  /// The value of the last cookie called `name`.
  ///
  /// - Complexity: O(*n*) in the number of cookies.
  public subscript(name: String) -> String? {
    entries.last { $0.name == name }?.value
  }

  /// The cookies by name; of a repeated name the last one.
  public var dictionary: [String: String] {
    Dictionary(entries.map { ($0.name, $0.value) }) { _, last in last }
  }

  private static func entry(_ field: Span<UInt8>, _ range: Range<Int>) -> Entry? {
    var name = range.lowerBound..<range.lowerBound
    var value = range
    if let equals = field.firstIndex(of: ASCII.equals, in: range) {
      name = field.trimmed(range.lowerBound..<equals)
      value = equals &+ 1..<range.upperBound
    }
    value = field.trimmed(value)
    guard !name.isEmpty || !value.isEmpty else { return nil }
    return Entry(name: field.text(in: name), value: unquoted(field, value))
  }

  /// Python's `http.cookies._unquote`, in one pass.
  private static func unquoted(_ field: Span<UInt8>, _ range: Range<Int>) -> String {
    guard range.count >= 2, field[range.lowerBound] == ASCII.quote,
      field[range.upperBound &- 1] == ASCII.quote
    else { return field.text(in: range) }
    let inner = range.lowerBound &+ 1..<range.upperBound &- 1
    guard field.firstIndex(of: ASCII.backslash, in: inner) != nil else { return field.text(in: inner) }
    var output: [UInt8] = []
    output.reserveCapacity(inner.count)
    var index = inner.lowerBound
    while index < inner.upperBound {
      index &+= appendCharacter(field, index..<inner.upperBound, to: &output)
    }
    return String(validatingOrLatin1: output)
  }

  /// Appends the byte or the escape at the start of `range`.
  ///
  /// - Returns: How many bytes it took.
  private static func appendCharacter(
    _ field: Span<UInt8>, _ range: Range<Int>, to output: inout [UInt8]
  ) -> Int {
    let start = range.lowerBound
    guard field[start] == ASCII.backslash, range.count > 1 else {
      output.append(field[start])
      return 1
    }
    if range.count > 3, let high = octalDigit(field[start &+ 1]), high < 4,
      let middle = octalDigit(field[start &+ 2]), let low = octalDigit(field[start &+ 3])
    {
      // Python escapes characters, not bytes: \351 is U+00E9.
      output.append(utf8Of: Unicode.Scalar(high &<< 6 | middle &<< 3 | low))
      return 4
    }
    output.append(field[start &+ 1])
    return 2
  }

  private static func octalDigit(_ byte: UInt8) -> UInt8? {
    let digit = byte &- ASCII.zero
    return digit < 8 ? digit : nil
  }
}
