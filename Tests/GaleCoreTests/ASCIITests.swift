// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import Testing

@Suite("bytes: ASCII")
struct ASCIITests {
  @Test func `hexadecimal digits of either case have their value and nothing else has`() {
    let digits = (UInt8.min...UInt8.max).filter { $0.hexDigitValue != nil }
    #expect(String(decoding: digits, as: UTF8.self) == "0123456789ABCDEFabcdef")
    let values: [UInt8?] = Array(0...9) + Array(10...15) + Array(10...15)
    #expect(digits.map(\.hexDigitValue) == values)
  }

  @Test func `only letters change case`() {
    for byte in UInt8.min...UInt8.max {
      let expected = (0x41...0x5A).contains(byte) ? byte + 0x20 : byte
      #expect(byte.asciiLowercased == expected)
    }
  }
}
