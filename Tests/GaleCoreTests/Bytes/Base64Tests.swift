// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import GaleCore

@Suite("bytes: base64 and hexadecimal digits")
struct Base64Tests {
  // RFC 4648, section 10.
  static let samples: [(bytes: String, standard: String, url: String)] = [
    ("", "", ""), ("f", "Zg==", "Zg"), ("fo", "Zm8=", "Zm8"), ("foo", "Zm9v", "Zm9v"),
    ("foob", "Zm9vYg==", "Zm9vYg"), ("fooba", "Zm9vYmE=", "Zm9vYmE"), ("foobar", "Zm9vYmFy", "Zm9vYmFy"),
  ]

  @Test(arguments: samples)
  func `both forms are written and read`(_ sample: (bytes: String, standard: String, url: String)) {
    let bytes = Array(sample.bytes.utf8)
    let (standard, url) = (Array(sample.standard.utf8), Array(sample.url.utf8))
    #expect(Base64.encode(bytes.span) == standard)
    #expect(Base64.encode(bytes.span, .url) == url)
    #expect(Base64.decode(standard.span) == bytes)
    #expect(Base64.decode(url.span, .url) == bytes)
  }

  @Test func `the forms differ in two digits`() {
    let bytes: [UInt8] = [0xFB, 0xFF]
    #expect(Base64.encode(bytes.span) == Array("+/8=".utf8))
    #expect(Base64.encode(bytes.span, .url) == Array("-_8".utf8))
  }

  @Test(arguments: [
    "Zg", "Zg=", "Zg===", "=", "====", "Zh==", "Zm9=", "Zm9v Zg==", "Zm9vZg==\n", "Z-==", "é===",
  ])
  func `other texts are not in the standard form`(_ text: String) {
    let bytes = Array(text.utf8)
    #expect(Base64.decode(bytes.span) == nil)
  }

  @Test(arguments: ["Zg==", "Z", "Zh", "Zm9", "+/8", "Zm9v\n"])
  func `other texts are not in the form for URLs`(_ text: String) {
    let bytes = Array(text.utf8)
    #expect(Base64.decode(bytes.span, .url) == nil)
  }

  @Test func `digits are pairs`() {
    #expect(Hexadecimal.encode([0x00, 0x9A, 0xFF] as [UInt8]) == Array("009aff".utf8))
    for (text, acceptsUpperCase, bytes) in [
      ("009aff", false, [0x00, 0x9A, 0xFF]), ("009AFF", true, [0x00, 0x9A, 0xFF]), ("009AFF", false, nil),
      ("0", false, nil), ("0g", true, nil), ("", false, []),
    ] as [(String, Bool, [UInt8]?)] {
      let digits = Array(text.utf8)
      #expect(Hexadecimal.decode(digits.span, acceptsUpperCase: acceptsUpperCase) == bytes)
    }
  }
}
