// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleWire
import TestSupport
import Testing

/// A frame as it travels.
func frame(
  _ opcode: WebSocketOpcode, _ payload: [UInt8] = [], isFinal: Bool = true, isCompressed: Bool = false,
  key: UInt32? = 0x3D21_FA37
) -> [UInt8] {
  let output = ByteBuffer()
  WebSocketFrameHeader(
    opcode, isFinal: isFinal, isCompressed: isCompressed, payloadCount: payload.count, key: key
  ).write(payload.span, to: output)
  return output.take(output.count)
}

func hex(_ text: String) -> [UInt8] {
  var bytes: [UInt8] = []
  var digits = text.filter { !$0.isWhitespace }[...]
  while let byte = UInt8(digits.prefix(2), radix: 16) {
    bytes.append(byte)
    digits = digits.dropFirst(2)
  }
  return bytes
}

/// What a reader makes of bytes.
struct ReadOutcome: Equatable {
  var events: [WebSocketEvent] = []
  var violation: WebSocketViolation?
  var used = 0

  init(
    _ bytes: [UInt8], step: Int = .max, expectsMask: Bool = true, limits: WebSocketLimits = WebSocketLimits(),
    compression: PerMessageDeflate.Direction? = nil
  ) {
    let tools = WebSocketTools()
    var reader = WebSocketReader(expectsMask: expectsMask, limits: limits, compression: compression)
    defer { reader.end(tools) }
    var end = 0
    do throws(WebSocketViolation) {
      while end < bytes.count {
        end = step < bytes.count - end ? end + step : bytes.count
        while used < end {
          let shown = bytes.span.extracting(used..<end)
          var taken = 0
          let event = try reader.next(shown, &taken, tools)
          used += taken
          if case .needMore = event { break }
          events.append(event)
        }
      }
    } catch {
      violation = error
    }
  }
}

@Suite("websocket: frames")
struct WebSocketReaderTests {
  @Test func `the vectors of RFC 6455 and Tornado`() {
    #expect(frame(.text, Array("Hello".utf8), key: nil) == hex("810548656c6c6f"))
    #expect(frame(.text, Array("Hello".utf8)) == hex("818537fa213d7f9f4d5158"))
    #expect(ReadOutcome(hex("818537fa213d7f9f4d5158")).events == [.message(.text("Hello"))])
    #expect(ReadOutcome(hex("810548656c6c6f"), expectsMask: false).events == [.message(.text("Hello"))])
    #expect(
      ReadOutcome(hex("010348656c 80026c6f"), expectsMask: false).events == [.message(.text("Hello"))])
    #expect(ReadOutcome(hex("890548656c6c6f"), expectsMask: false).events == [.ping(Array("Hello".utf8))])
    #expect(
      ReadOutcome(hex("8a8537fa213d7f9f4d5158")).events == [.pong(Array("Hello".utf8))])
  }

  @Test(arguments: [0, 1, 125, 126, 127, 65535, 65536, 100_000])
  func `messages of every kind of length come through both ways`(_ count: Int) {
    let bytes = pattern(count)
    let text = String(repeating: "é", count: count / 2)
    for key in [nil, 0x0102_0304] as [UInt32?] {
      let expectsMask = key != nil
      let binary = ReadOutcome(frame(.binary, bytes, key: key), expectsMask: expectsMask)
      #expect(binary.events == [.message(.binary(bytes))])
      let words = ReadOutcome(frame(.text, Array(text.utf8), key: key), expectsMask: expectsMask)
      #expect(words.events == [.message(.text(text))])
      let header = frame(.binary, bytes, key: key).count - count
      #expect(header == (count < 126 ? 2 : count < 65536 ? 4 : 10) + (expectsMask ? 4 : 0))
    }
  }

  /// A conversation with everything in it.
  static let conversation: [UInt8] =
    frame(.text, Array("one €".utf8)) + frame(.ping, [1, 2]) + frame(.binary, pattern(300))
    + frame(.text, [0xE2], isFinal: false) + frame(.pong)
    + frame(.continuation, [0x82, 0xAC], isFinal: false)
    + frame(.ping) + frame(.continuation) + frame(.binary, isFinal: false) + frame(.continuation, [9])
    + frame(.close, [0x03, 0xE9] + Array("bye".utf8))

  @Test(arguments: [1, 2, 3, 7, 64, 1000])
  func `control frames between fragments, in pieces of any size`(_ step: Int) {
    let outcome = ReadOutcome(Self.conversation, step: step)
    #expect(outcome.violation == nil)
    #expect(outcome.used == Self.conversation.count)
    #expect(
      outcome.events == [
        .message(.text("one €")), .ping([1, 2]), .message(.binary(pattern(300))), .pong([]), .ping([]),
        .message(.text("€")), .message(.binary([9])), .close(1001, "bye"),
      ])
  }

  /// What breaks the protocol (WS-019, WS-020), and the code for it.
  static let violations: [(String, [UInt8], WebSocketCloseCode)] = [
    ("RSV1 without compression", hex("c1 80 01020304"), 1002),
    ("RSV2", hex("a1 80 01020304"), 1002), ("RSV3", hex("91 80 01020304"), 1002),
    ("opcode 3", hex("83 80 01020304"), 1002), ("opcode 7", hex("87 80"), 1002),
    ("opcode 11", hex("8b 80"), 1002), ("opcode 15", hex("8f 80"), 1002),
    ("not masked", hex("81 02 6869"), 1002), ("an unmasked ping", hex("89 00"), 1002),
    ("a fragmented ping", hex("09 80"), 1002), ("a long ping", hex("89 fe"), 1002),
    ("a long close", hex("88 ff"), 1002), ("a continuation without a beginning", hex("80 80"), 1002),
    ("a message inside another", frame(.text, [0x61], isFinal: false) + frame(.text, [0x61]), 1002),
    ("length 125 in 2 bytes", hex("82 fe 007d"), 1002),
    ("length 65535 in 8 bytes", hex("82 ff 000000000000ffff"), 1002),
    ("the highest bit of a length", hex("82 ff 8000000000000001"), 1002),
    ("2 GB announced", hex("82 ff 0000000077359400"), 1009),
    ("a close code of one byte", frame(.close, [3]), 1002),
    ("close code 0", frame(.close, [0, 0]), 1002), ("close code 999", frame(.close, [3, 0xE7]), 1002),
    ("close code 1004", frame(.close, [3, 0xEC]), 1002), ("close code 1005", frame(.close, [3, 0xED]), 1002),
    ("close code 1006", frame(.close, [3, 0xEE]), 1002), ("close code 1015", frame(.close, [3, 0xF7]), 1002),
    ("close code 1016", frame(.close, [3, 0xF8]), 1002),
    ("close code 2999", frame(.close, [0x0B, 0xB7]), 1002),
    ("close code 5000", frame(.close, [0x13, 0x88]), 1002),
    ("a reason that is not UTF-8", frame(.close, [3, 0xE8, 0xFF]), 1007),
    ("invalid text", frame(.text, [0xC3, 0x28]), 1007),
    ("text that ends inside a character", frame(.text, [0x61, 0xE2, 0x82]), 1007),
    (
      "invalid text over two fragments", frame(.text, [0xF4], isFinal: false) + frame(.continuation, [0x90]),
      1007
    ),
    (
      "invalid text in the first half of a frame", frame(.text, [0xFF] + pattern(500)).dropLast(400) + [],
      1007
    ),
  ]

  @Test(arguments: violations.indices, [Int.max, 1])
  func `what breaks the protocol is refused with its code`(_ index: Int, _ step: Int) {
    let (name, bytes, code) = Self.violations[index]
    let outcome = ReadOutcome(frame(.binary, [7]) + bytes, step: step)
    #expect(outcome.events == [.message(.binary([7]))], "\(name)")
    #expect(outcome.violation?.code == code, "\(name)")
    #expect(outcome.violation?.description.isEmpty == false)
  }

  @Test func `a client refuses masked frames`() {
    #expect(ReadOutcome(frame(.text, [0x61]), expectsMask: false).violation?.code == 1002)
  }

  @Test(arguments: [1000, 1003, 1007, 1011, 1014, 3000, 4999] as [UInt16])
  func `a close code that may be sent is taken`(_ number: UInt16) {
    let code = WebSocketCloseCode(rawValue: number)
    #expect(code.isSendable)
    let bytes = [UInt8(number >> 8), UInt8(truncatingIfNeeded: number)]
    #expect(ReadOutcome(frame(.close, bytes + Array("ü".utf8))).events == [.close(code, "ü")])
  }

  @Test func `a close frame's reason is cut between characters`() {
    let output = ByteBuffer()
    WebSocketFrameHeader.writeClose(1000, String(repeating: "€", count: 60), key: nil, to: output)
    let outcome = ReadOutcome(output.take(output.count), expectsMask: false)
    #expect(outcome.events == [.close(1000, String(repeating: "€", count: 41))])
    #expect(ReadOutcome(frame(.close)).events == [.close(nil, "")])
  }

  // MARK: - Limits (WS-018)

  private var small: WebSocketLimits {
    var limits = WebSocketLimits()
    limits.message = 100
    limits.fragments = 10
    return limits
  }

  @Test func `a message may be as long as the limit and not longer, however it comes`() {
    #expect(ReadOutcome(frame(.binary, pattern(100)), limits: small).events.count == 1)
    let one = ReadOutcome(frame(.binary, pattern(101)), limits: small)
    #expect(one.violation?.code == .messageTooBig)
    let first = frame(.binary, pattern(60), isFinal: false)
    #expect(ReadOutcome(first + frame(.continuation, pattern(40)), limits: small).events.count == 1)
    let two = ReadOutcome(first + frame(.continuation, pattern(41)), limits: small)
    #expect(two.violation == WebSocketViolation(.messageTooBig, "message too big"))
    // What was there before does not count for the next message.
    let next = ReadOutcome(
      first + frame(.continuation) + first + frame(.continuation, pattern(40)), limits: small)
    #expect(next.events.count == 2)
  }

  @Test func `fragments of next to nothing are too many at some point`() {
    let nothing =
      frame(.binary, isFinal: false) + (0..<20).flatMap { _ in frame(.continuation, isFinal: false) }
    #expect(ReadOutcome(nothing, limits: small).violation?.description == "too many fragments")
    let larger =
      frame(.binary, isFinal: false)
      + (0..<20).flatMap { _ in frame(.continuation, pattern(64), isFinal: false) }
    var limits = small
    limits.message = 10_000
    #expect(ReadOutcome(larger, limits: limits).violation == nil)
  }
}
