// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// Makes `text` safe inside HTML and XML, element content and quoted attributes alike: Tornado's
/// `xhtml_escape`.
///
/// `&`, `<`, `>`, `"` and `'` become `&amp;`, `&lt;`, `&gt;`, `&quot;` and `&#x27;`. Text without any of
/// them is returned as it is, without a copy.
///
/// - Complexity: O(*n*), at most two allocations.
public func xhtmlEscape(_ text: String) -> String {
  let growth = xhtmlEscapeGrowth(text.utf8.span)
  guard growth > 0 else { return text }
  let source = text.utf8.span
  let escaped = [UInt8](capacity: source.count + growth) { output in
    for index in source.indices { appendXHTMLEscaped(source[index], to: &output) }
  }
  return String(decoding: escaped, as: UTF8.self)
}

/// Appends `text` to `output` as ``xhtmlEscape(_:)`` would return it.
package func appendXHTMLEscaped(_ text: String, to output: inout [UInt8]) {
  let growth = xhtmlEscapeGrowth(text.utf8.span)
  guard growth > 0 else { return output.append(contentsOf: text.utf8) }
  for byte in text.utf8 {
    switch byte {
    case ASCII.ampersand: output.append(contentsOf: "&amp;".utf8)
    case 0x3C: output.append(contentsOf: "&lt;".utf8)
    case 0x3E: output.append(contentsOf: "&gt;".utf8)
    case ASCII.quote: output.append(contentsOf: "&quot;".utf8)
    case 0x27: output.append(contentsOf: "&#x27;".utf8)
    default: output.append(byte)
    }
  }
}

/// How many bytes longer `text` gets.
private func xhtmlEscapeGrowth(_ text: Span<UInt8>) -> Int {
  var growth = 0
  for index in text.indices {
    switch text[index] {
    case ASCII.ampersand: growth &+= 4
    case 0x3C, 0x3E: growth &+= 3
    case ASCII.quote, 0x27: growth &+= 5
    default: break
    }
  }
  return growth
}

private func appendXHTMLEscaped(_ byte: UInt8, to output: inout OutputSpan<UInt8>) {
  switch byte {
  case ASCII.ampersand: append("&amp;", to: &output)
  case 0x3C: append("&lt;", to: &output)
  case 0x3E: append("&gt;", to: &output)
  case ASCII.quote: append("&quot;", to: &output)
  case 0x27: append("&#x27;", to: &output)
  default: output.append(byte)
  }
}
