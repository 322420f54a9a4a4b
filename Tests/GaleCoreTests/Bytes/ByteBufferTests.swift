// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import TestSupport
import Testing

@Suite("bytes: ByteBuffer")
struct ByteBufferTests {
  private func text(_ buffer: ByteBuffer) -> String {
    buffer.withSpan { span in String(decoding: span.indices.map { span[$0] }, as: UTF8.self) }
  }

  @Test func `bytes leave in the order in which they came`() {
    let buffer = ByteBuffer(capacity: 64)
    buffer.append("abc" as StaticString)
    buffer.append(Array("def".utf8))
    buffer.append(Array("xghix".utf8)[1...3])
    buffer.append(UInt8(ascii: "j"))
    buffer.append("ké" as String)
    #expect(text(buffer) == "abcdefghijké")
    #expect(buffer.take(3) == Array("abc".utf8))
    buffer.removeFirst(2)
    #expect(text(buffer) == "fghijké")
    #expect(buffer.count == 8)
    buffer.removeAll()
    #expect(buffer.isEmpty)
  }

  @Test(arguments: [
    (0, "0"), (7, "7"), (10, "10"), (-1, "-1"), (Int.max, "9223372036854775807"),
    (Int.min, "-9223372036854775808"),
  ])
  func `numbers are written in decimal`(_ number: Int, _ expected: String) {
    let buffer = ByteBuffer()
    buffer.append(decimal: number)
    #expect(text(buffer) == expected)
  }

  @Test(arguments: [
    (0, "0"), (9, "9"), (10, "a"), (15, "f"), (16, "10"), (0xFF00, "ff00"), (Int.max, "7fffffffffffffff"),
  ])
  func `numbers are written in hexadecimal`(_ number: Int, _ expected: String) {
    let buffer = ByteBuffer()
    buffer.append(hexadecimal: number)
    #expect(text(buffer) == expected)
  }

  @Test func `what a call wrote is what counts`() {
    let buffer = ByteBuffer(capacity: 64)
    let written = unsafe buffer.append(minimum: 100) { room in
      let count = room.count
      #expect(count >= 100)
      for (index, byte) in "xyz".utf8.enumerated() { unsafe room[index] = byte }
      return 3
    }
    #expect(written == 3)
    let failure = unsafe buffer.appendResult(minimum: 1) { _ in -11 }
    let end = unsafe buffer.appendResult(minimum: 0) { _ in 0 }
    #expect((failure, end) == (-11, 0))
    #expect(text(buffer) == "xyz")
  }

  @Test func `room in front is used again before the buffer grows`() {
    let buffer = ByteBuffer(capacity: 64)
    for round in 0..<1000 {
      buffer.append([UInt8](repeating: UInt8(truncatingIfNeeded: round), count: 30))
      #expect(buffer.take(30).allSatisfy { $0 == UInt8(truncatingIfNeeded: round) })
    }
    #expect(buffer.capacity == 64)
  }

  @Test(arguments: 0..<8 as Range<UInt64>)
  func `any mix of appending and taking is a queue`(_ seed: UInt64) {
    var random = SeededGenerator(seed)
    let buffer = ByteBuffer(capacity: 64)
    var model: [UInt8] = []
    var next: UInt8 = 0
    for _ in 0..<2000 {
      if Bool.random(using: &random) {
        let piece = (0..<Int.random(in: 0...90, using: &random)).map { _ in
          next &+= 1
          return next
        }
        buffer.append(piece)
        model += piece
      } else {
        let count = Int.random(in: 0...model.count, using: &random)
        #expect(buffer.take(count) == Array(model[..<count]))
        model.removeFirst(count)
      }
      #expect(buffer.count == model.count)
      #expect(buffer.capacity <= 4096 * 32)
    }
    #expect(buffer.take(buffer.count) == model)
  }

  @Test func `taking more than there is stops the program`() async {
    await #expect(processExitsWith: .failure) {
      let buffer = ByteBuffer()
      buffer.append(UInt8(1))
      buffer.removeFirst(2)
    }
  }
}
