// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// Undoes ``urlEscape(_:plus:)``: Tornado's `url_unescape`.
///
/// A `%` that is not followed by two hexadecimal digits stays as it is. Bytes that are not UTF-8 become
/// U+FFFD; ``urlUnescapeBytes(_:plus:)-(String,_)`` keeps them.
///
/// - Parameters:
///   - text: The escaped text.
///   - plus: Whether `+` means a space, as in query strings; not so in paths.
/// - Complexity: O(*n*) however many escapes there are.
public func urlUnescape(_ text: String, plus: Bool = true) -> String {
  let source = text.utf8.span
  guard needsUnescaping(source, plus: plus) else { return text }
  return String(decoding: urlUnescapeBytes(source, plus: plus), as: UTF8.self)
}

/// Undoes ``urlEscape(_:plus:)`` without taking the result for text: Tornado's
/// `url_unescape(value, encoding=None)`.
///
/// - Parameters:
///   - text: The escaped text.
///   - plus: Whether `+` means a space, as in query strings; not so in paths.
/// - Complexity: O(*n*) and one allocation, however many escapes there are.
public func urlUnescapeBytes(_ text: String, plus: Bool = true) -> [UInt8] {
  urlUnescapeBytes(text.utf8.span, plus: plus)
}

/// Undoes percent-encoding of bytes, like ``urlUnescapeBytes(_:plus:)-(String,_)``.
public func urlUnescapeBytes(_ source: Span<UInt8>, plus: Bool = true) -> [UInt8] {
  [UInt8](capacity: source.count) { output in
    var index = 0
    while index < source.count {
      let byte = source[index]
      if byte == ASCII.percent, let value = escapedByte(source, at: index) {
        output.append(value)
        index &+= 3
      } else {
        output.append(plus && byte == ASCII.plus ? ASCII.space : byte)
        index &+= 1
      }
    }
  }
}

private func needsUnescaping(_ source: Span<UInt8>, plus: Bool) -> Bool {
  for index in source.indices {
    let byte = source[index]
    if byte == ASCII.percent || (plus && byte == ASCII.plus) { return true }
  }
  return false
}

/// The byte that the two digits behind `index` stand for, or `nil` when they are none.
private func escapedByte(_ source: Span<UInt8>, at index: Int) -> UInt8? {
  guard index &+ 2 < source.count, let high = source[index &+ 1].hexDigitValue,
    let low = source[index &+ 2].hexDigitValue
  else { return nil }
  return high &<< 4 | low
}
