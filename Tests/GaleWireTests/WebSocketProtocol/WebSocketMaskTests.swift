// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleWire
import TestSupport
import Testing

@Suite("websocket: masks (UTL-008, WS-020)")
struct WebSocketMaskTests {
  @Test(arguments: 0..<4)
  func `every length and offset is masked as byte by byte`(_ offset: Int) {
    var generator = SeededGenerator(UInt64(offset) + 1)
    for count in 0..<200 {
      let bytes = (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
      let key = UInt32.random(in: .min ... .max, using: &generator)
      let keyBytes = (0..<4).map { UInt8(truncatingIfNeeded: key >> UInt32(8 * $0)) }
      let expected = bytes.indices.map { bytes[$0] ^ keyBytes[($0 + offset) % 4] }
      var masked = bytes
      WebSocketMask.apply(key, offset: offset, to: &masked)
      #expect(masked == expected)
      WebSocketMask.apply(key, offset: offset, to: &masked)
      #expect(masked == bytes)
    }
  }

  @Test(arguments: 0..<100)
  func `a copy says whether all of it is ASCII`(_ place: Int) {
    var text = [UInt8](repeating: 0x61, count: 100)
    for (byte, isASCII) in [(UInt8(0x7F), true), (0x80, false)] {
      text[place] = byte
      var masked = text
      WebSocketMask.apply(0x1234_5678, to: &masked)
      var copy = [UInt8](repeating: 0, count: 100)
      let found = unsafe masked.withUnsafeBytes { source in
        unsafe copy.withUnsafeMutableBytes { target in
          guard let base = target.baseAddress else { return false }
          return unsafe WebSocketMask.copy(source, to: base, key: 0x1234_5678)
        }
      }
      #expect(found == isASCII)
      #expect(copy == text)
    }
  }
}
