// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import Testing

@Suite("bytes: sets and scanning")
struct ByteSetTests {
  @Test func `a set has its members and nothing else`() {
    let set = ByteSet(0x00...0x02, 0x3F...0x40, 0x7F...0x80, 0xFF...0xFF, characters: "az")
    let members = (UInt8.min...UInt8.max).filter { set.contains($0) }
    #expect(members == [0x00, 0x01, 0x02, 0x3F, 0x40, 0x61, 0x7A, 0x7F, 0x80, 0xFF])
  }

  @Test func `the token set is RFC 9110's tchar`() {
    let members = (UInt8.min...UInt8.max).filter { ByteSet.token.contains($0) }
    let expected = Array("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
    #expect(Set(members) == Set(expected))
  }

  @Test(arguments: [("", ""), (" \t ", ""), (" a b\t", "a b"), ("a", "a")])
  func `trimming takes spaces and tabs from both ends only`(_ text: String, _ expected: String) {
    let bytes = Array(text.utf8)
    #expect(bytes.span.text(in: bytes.span.trimmed(0..<bytes.count)) == expected)
  }

  @Test func `finding stays inside its range`() {
    let bytes = Array("a;b;c".utf8)
    #expect(bytes.span.firstIndex(of: 0x3B, in: 0..<5) == 1)
    #expect(bytes.span.firstIndex(of: 0x3B, in: 2..<5) == 3)
    #expect(bytes.span.firstIndex(of: 0x3B, in: 4..<5) == nil)
    #expect(bytes.span.firstIndex(in: ByteSet(characters: "bc"), range: 0..<5) == 2)
    #expect(bytes.span.firstIndex(in: ByteSet(characters: "z"), range: 0..<5) == nil)
  }

  @Test(arguments: [("Form-Data", true), ("form-dat", false), ("form_data", false)])
  func `comparing without case`(_ text: String, _ expected: Bool) {
    let bytes = Array(text.utf8)
    #expect(bytes.span.equals("form-data", caseInsensitivelyIn: 0..<bytes.count) == expected)
  }
}
