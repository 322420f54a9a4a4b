// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore

/// A field value with parameters, such as `form-data; name="a"`: Tornado's `_parse_header`.
public struct HeaderParameters: Sendable, Hashable {
  /// One parameter.
  public struct Parameter: Sendable, Hashable {
    /// The name in lower case.
    public let name: String

    /// The value, unquoted and decoded; `nil` without `=`.
    public let value: String?
  }

  /// What stands before the first `;`, white space around it removed.
  public let value: String

  /// The parameters in their order, repeated names included.
  ///
  /// Those that came in RFC 2231's form (`name*`, `name*0`…) stand last, under their plain name.
  public let parameters: [Parameter]

  /// Reads a field value (RFC 9110, section 5.6.6).
  ///
  /// Nothing is refused. In quotes `\"` and `\\` are escapes and every other backslash stands for itself: some
  /// browsers send Windows paths. A quote that is not closed makes the rest of the field the value.
  ///
  /// - Complexity: O(*n*).
  public init(parsing field: String) {
    self.init(parsing: field.utf8.span)
  }

  /// Reads a field value; its bytes are taken for UTF-8, or Latin-1 where they are not.
  ///
  /// - Complexity: O(*n*).
  public init(parsing field: Span<UInt8>) {
    let end = field.firstIndex(of: ASCII.semicolon, in: 0..<field.count) ?? field.count
    value = field.text(in: field.trimmed(0..<end))
    var parameters: [Parameter] = []
    var extended = ExtendedParameters()
    var start = end &+ 1
    while start < field.count {
      let end = Self.endOfParameter(field, from: start)
      Self.read(field, start..<end, into: &parameters, extended: &extended)
      start = end &+ 1
    }
    extended.append(to: &parameters)
    self.parameters = parameters
  }

  /// The value of the last parameter called `name` (in lower case), if it has one.
  ///
  /// - Complexity: O(*n*) in the number of parameters.
  public subscript(name: String) -> String? {
    parameters.last { $0.name == name }?.value
  }

  /// Where the parameter ends: at the next `;` outside of quotes.
  private static func endOfParameter(_ field: Span<UInt8>, from start: Int) -> Int {
    var isQuoted = false
    var index = start
    while index < field.count {
      switch field[index] {
      case ASCII.quote: isQuoted.toggle()
      case ASCII.backslash where isQuoted: index &+= 1
      case ASCII.semicolon where !isQuoted: return index
      default: break
      }
      index &+= 1
    }
    return field.count
  }

  private static func read(
    _ field: Span<UInt8>, _ range: Range<Int>, into parameters: inout [Parameter],
    extended: inout ExtendedParameters
  ) {
    let equals = field.firstIndex(of: ASCII.equals, in: range)
    let nameRange = field.trimmed(range.lowerBound..<(equals ?? range.upperBound))
    let name = field.lowercasedText(in: nameRange)
    guard let equals else {
      if !name.isEmpty { parameters.append(Parameter(name: name, value: nil)) }
      return
    }
    let value = unquoted(field, field.trimmed(equals &+ 1..<range.upperBound))
    if !extended.take(name: name, value: value) {
      parameters.append(Parameter(name: name, value: String(validatingOrLatin1: value)))
    }
  }

  private static func unquoted(_ field: Span<UInt8>, _ range: Range<Int>) -> [UInt8] {
    guard range.count >= 2, field[range.lowerBound] == ASCII.quote,
      field[range.upperBound &- 1] == ASCII.quote
    else { return field.bytes(in: range) }
    let end = range.upperBound &- 1
    var index = range.lowerBound &+ 1
    return [UInt8](capacity: range.count) { output in
      while index < end {
        let isEscape =
          field[index] == ASCII.backslash && index &+ 1 < end
          && (field[index &+ 1] == ASCII.quote || field[index &+ 1] == ASCII.backslash)
        if isEscape { index &+= 1 }
        output.append(field[index])
        index &+= 1
      }
    }
  }
}

extension HeaderParameters {
  /// Writes a value and its parameters, like Tornado's `_encode_header`: `value; name=value; flag`.
  ///
  /// Values are quoted when they are no token (RFC 9110, section 5.6.6); control characters are the caller's
  /// business.
  package static func encode(_ value: String, _ parameters: [(name: String, value: String?)]) -> String {
    var field = value
    for parameter in parameters {
      field += "; " + parameter.name
      guard let value = parameter.value else { continue }
      field += "="
      let bytes = value.utf8.span
      if !value.isEmpty, bytes.isMade(of: ByteSet.token, range: 0..<bytes.count) {
        field += value
      } else {
        field += "\""
        for character in value.unicodeScalars {
          if character == "\"" || character == "\\" { field += "\\" }
          field.unicodeScalars.append(character)
        }
        field += "\""
      }
    }
    return field
  }
}
