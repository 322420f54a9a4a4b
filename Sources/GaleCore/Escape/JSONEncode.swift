// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// Writes `value` as JSON that is safe inside a `<script>` element: Tornado's `json_encode`.
///
/// The form is that of Python's `json.dumps`: `", "` and `": "` between things, everything outside ASCII
/// as `\uXXXX`, numbers as Python's `repr`, `NaN` and `Infinity` for what JSON has no number for. `</` is
/// written `<\/`.
///
/// - Complexity: O(*n*).
public func jsonEncode(_ value: JSONValue) -> String {
  var output: [UInt8] = []
  value.encode(into: &output)
  return String(decoding: output, as: UTF8.self)
}

/// Writes `text` as a JSON string with its quotes, in ASCII and safe inside a `<script>` element.
///
/// - Complexity: O(*n*).
public func jsonEscape(_ text: String) -> String {
  var output: [UInt8] = []
  appendJSONString(text, to: &output)
  return String(decoding: output, as: UTF8.self)
}

extension JSONValue {
  /// Appends this value to `output` as ``jsonEncode(_:)`` would return it.
  package func encode(into output: inout [UInt8]) {
    switch self {
    case .null: output.append(contentsOf: "null".utf8)
    case .bool(let value): output.append(contentsOf: (value ? "true" : "false").utf8)
    case .int(let number): output.append(contentsOf: String(number).utf8)
    case .double(let number): appendJSONNumber(number, to: &output)
    case .string(let text): appendJSONString(text, to: &output)
    case .array(let elements): encodeArray(elements, into: &output)
    case .object(let members): encodeObject(members, into: &output)
    }
  }

  private func encodeArray(_ elements: [JSONValue], into output: inout [UInt8]) {
    output.append(0x5B)
    var isFirst = true
    for element in elements {
      if !isFirst { output.append(contentsOf: ", ".utf8) }
      isFirst = false
      element.encode(into: &output)
    }
    output.append(0x5D)
  }

  private func encodeObject(_ members: [JSONMember], into output: inout [UInt8]) {
    output.append(0x7B)
    var isFirst = true
    for member in members {
      if !isFirst { output.append(contentsOf: ", ".utf8) }
      isFirst = false
      appendJSONString(member.key, to: &output)
      output.append(contentsOf: ": ".utf8)
      member.value.encode(into: &output)
    }
    output.append(0x7D)
  }
}

/// Swift's shortest form that reads back the same is Python's, save for the names of what is no number.
private func appendJSONNumber(_ number: Double, to output: inout [UInt8]) {
  if number.isNaN {
    output.append(contentsOf: "NaN".utf8)
  } else if number.isInfinite {
    output.append(contentsOf: (number < 0 ? "-Infinity" : "Infinity").utf8)
  } else {
    output.append(contentsOf: number.description.utf8)
  }
}

/// Appends `text` with its quotes.
package func appendJSONString(_ text: String, to output: inout [UInt8]) {
  let source = text.utf8.span
  output.append(ASCII.quote)
  guard !isPlainJSON(source) else {
    output.append(contentsOf: text.utf8)
    return output.append(ASCII.quote)
  }
  var index = 0
  while index < source.count {
    let byte = source[index]
    if byte < 0x80 {
      appendJSONCharacter(byte, previous: index > 0 ? source[index &- 1] : 0, to: &output)
      index &+= 1
    } else {
      index &+= appendJSONScalar(source, at: index, to: &output)
    }
  }
  output.append(ASCII.quote)
}

/// Whether the text stands for itself, as most text does.
private func isPlainJSON(_ text: Span<UInt8>) -> Bool {
  for index in text.indices {
    let byte = text[index]
    guard byte >= 0x20, byte < 0x7F, byte != ASCII.quote, byte != ASCII.backslash, byte != ASCII.slash
    else { return false }
  }
  return true
}

private func appendJSONCharacter(_ byte: UInt8, previous: UInt8, to output: inout [UInt8]) {
  switch byte {
  case ASCII.quote, ASCII.backslash: appendEscape(byte, to: &output)
  case ASCII.slash where previous == 0x3C: appendEscape(byte, to: &output)
  case 0x08: appendEscape(0x62, to: &output)
  case 0x09: appendEscape(0x74, to: &output)
  case 0x0A: appendEscape(0x6E, to: &output)
  case 0x0C: appendEscape(0x66, to: &output)
  case 0x0D: appendEscape(0x72, to: &output)
  case 0x00..<0x20, 0x7F: appendUnicodeEscape(UInt32(byte), to: &output)
  default: output.append(byte)
  }
}

private func appendEscape(_ letter: UInt8, to output: inout [UInt8]) {
  output.append(ASCII.backslash)
  output.append(letter)
}

/// Appends the escape of the non-ASCII scalar at `start`; a String's bytes are always valid UTF-8.
///
/// - Returns: How many bytes the scalar has.
private func appendJSONScalar(_ source: Span<UInt8>, at start: Int, to output: inout [UInt8]) -> Int {
  let lead = source[start]
  let count = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
  var scalar = UInt32(lead) & (0xFF &>> UInt32(count &+ 1))
  for index in start &+ 1..<min(start &+ count, source.count) {
    scalar = scalar &<< 6 | UInt32(source[index] & 0x3F)
  }
  if scalar < 0x10000 {
    appendUnicodeEscape(scalar, to: &output)
  } else {
    // RFC 8259, section 7: beyond the Basic Multilingual Plane a surrogate pair.
    let offset = scalar &- 0x10000
    appendUnicodeEscape(0xD800 | offset &>> 10, to: &output)
    appendUnicodeEscape(0xDC00 | offset & 0x3FF, to: &output)
  }
  return count
}

private func appendUnicodeEscape(_ unit: UInt32, to output: inout [UInt8]) {
  appendEscape(0x75, to: &output)
  var shift: UInt32 = 16
  while shift > 0 {
    shift &-= 4
    let digit = UInt8(truncatingIfNeeded: unit &>> shift & 0xF)
    output.append(digit < 10 ? 0x30 &+ digit : 0x57 &+ digit)
  }
}
