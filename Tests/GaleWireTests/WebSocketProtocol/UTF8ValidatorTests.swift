// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleWire
import TestSupport
import Testing

@Suite("websocket: UTF-8 in pieces")
struct UTF8ValidatorTests {
  private func isValid(_ bytes: [UInt8], splitAt split: Int) -> Bool {
    var validator = UTF8Validator()
    guard validator.accepts(bytes.span.extracting(..<split)) else { return false }
    return validator.accepts(bytes.span.extracting(split...)) && validator.isComplete
  }

  @Test func `random bytes are judged as the standard library does, wherever they are split`() {
    var generator = SeededGenerator(7)
    let leads: [UInt8] = [
      0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC1, 0xC2, 0xE0, 0xED, 0xEF, 0xF0, 0xF4, 0xF5,
    ]
    var validCount = 0
    for round in 0..<4000 {
      let filler = [UInt8](repeating: 0x61, count: round % 40)
      let bytes =
        filler
        + (0..<Int.random(in: 0...5, using: &generator)).map { _ in
          leads.randomElement(using: &generator) ?? 0
        }
      let expected = String(validating: bytes, as: UTF8.self) != nil
      if expected { validCount += 1 }
      for split in 0...bytes.count {
        #expect(isValid(bytes, splitAt: split) == expected, "\(bytes) at \(split)")
      }
    }
    #expect(validCount > 100)
  }

  @Test(
    arguments: [
      ([0xC0], 0), ([0xF5], 0), ([0x61, 0x80], 1), ([0xE0, 0x9F], 1), ([0xED, 0xA0], 1), ([0xF0, 0x8F], 1),
      ([0xF4, 0x90], 1), ([0xE2, 0x82, 0x41], 2), ([0xF0, 0x9F, 0x98, 0xC0], 3), ([0xC3, 0xA9, 0xFF], 2),
    ] as [([UInt8], Int)])
  func `the first byte that cannot be is refused, and none before`(_ bytes: [UInt8], _ place: Int) {
    var validator = UTF8Validator()
    for (index, byte) in bytes.enumerated() {
      let accepted = validator.accepts([byte].span)
      #expect(accepted == (index < place), "byte \(index)")
      if !accepted { return }
    }
    Issue.record("all was accepted")
  }

  @Test func `a character that is not whole is no end`() {
    var validator = UTF8Validator()
    let isBeginning = validator.accepts([0xE2, 0x82].span)
    #expect(isBeginning && !validator.isComplete)
    let isRest = validator.accepts([0xAC].span)
    #expect(isRest && validator.isComplete)
  }
}
