// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import Testing

@Suite("escape: text of bytes")
struct UTF8DecodingTests {
  @Test(
    arguments: [
      ([], ""),
      (Array("plain".utf8), "plain"),
      ([0x63, 0xC3, 0xA9], "cé"),
      ([0x63, 0xE9, 0x7F, 0xFF], "cé\u{7F}ÿ"),
      ([0xED, 0xA0, 0x80], "í\u{A0}\u{80}"),
      ([0xC0, 0x80], "À\u{80}"),
    ] as [([UInt8], String)])
  func `bytes that are not UTF-8 are Latin-1`(_ bytes: [UInt8], _ expected: String) {
    #expect(String(validatingOrLatin1: bytes) == expected)
    #expect(String(validatingOrLatin1: bytes[...]) == expected)
    #expect(String(validatingOrLatin1: bytes.span) == expected)
  }

  @Test func `strict decoding refuses what is not UTF-8`() {
    #expect(String(validatingUTF8: ([0xC3, 0xA9] as [UInt8]).span) == "é")
    #expect(String(validatingUTF8: ([0xC3] as [UInt8]).span) == nil)
  }
}
