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
  let source = text.utf8.span
  guard xhtmlEscapeGrowth(source) > 0 else { return output.append(contentsOf: text.utf8) }
  for index in source.indices {
    var reference = xhtmlReference(source[index])
    repeat {
      output.append(UInt8(truncatingIfNeeded: reference))
      reference &>>= 8
    } while reference != 0
  }
}

/// Whether one of the eight bytes is one of the five: `&` and `'` differ in one bit, and so do `<` and `>`.
@inlinable
package func xhtmlMayNeedReference(_ word: UInt64) -> Bool {
  let ones: UInt64 = 0x0101_0101_0101_0101
  // A byte that is zero borrows from its highest bit.
  func zeros(_ word: UInt64) -> UInt64 { (word &- ones) & ~word }
  let quotes = zeros(word ^ (ones &* 0x22))
  let ampersands = zeros((word & (ones &* 0xFE)) ^ (ones &* 0x26))
  let angles = zeros((word & (ones &* 0xFD)) ^ (ones &* 0x3C))
  return (quotes | ampersands | angles) & (ones &* 0x80) != 0
}

/// How many bytes longer `text` gets.
private func xhtmlEscapeGrowth(_ text: Span<UInt8>) -> Int {
  var growth = 0
  for index in text.indices where xhtmlNeedsReference(text[index]) {
    switch text[index] {
    case ASCII.ampersand: growth &+= 4
    case 0x3C, 0x3E: growth &+= 3
    default: growth &+= 5
    }
  }
  return growth
}

private func appendXHTMLEscaped(_ byte: UInt8, to output: inout OutputSpan<UInt8>) {
  guard xhtmlNeedsReference(byte) else { return output.append(byte) }
  var reference = xhtmlReference(byte)
  while reference != 0 {
    output.append(UInt8(truncatingIfNeeded: reference))
    reference &>>= 8
  }
}

/// Whether this is one of the five, all of them below 64: one bit each.
@inlinable
package func xhtmlNeedsReference(_ byte: UInt8) -> Bool {
  let five: UInt64 = 1 << 0x22 | 1 << 0x26 | 1 << 0x27 | 1 << 0x3C | 1 << 0x3E
  return byte < 64 && five &>> UInt64(byte) & 1 == 1
}

/// What the byte becomes, first byte lowest: a string would cost a call for each of its bytes.
@inlinable
package func xhtmlReference(_ byte: UInt8) -> UInt64 {
  switch byte {
  case ASCII.ampersand: 0x3B_70_6D_61_26  // &amp;
  case 0x3C: 0x3B_74_6C_26  // &lt;
  case 0x3E: 0x3B_74_67_26  // &gt;
  case ASCII.quote: 0x3B_74_6F_75_71_26  // &quot;
  case 0x27: 0x3B_37_32_78_23_26  // &#x27;
  default: UInt64(byte)
  }
}
