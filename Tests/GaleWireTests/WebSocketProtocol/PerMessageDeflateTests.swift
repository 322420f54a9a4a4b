// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleWire
import TestSupport
import Testing

@Suite("websocket: permessage-deflate (WS-013, WS-014, WS-033)")
struct PerMessageDeflateTests {
  // MARK: - Negotiation

  struct Offer: Sendable, CustomTestStringConvertible {
    let field: String
    /// `nil`: the offer is declined.
    let answer: String?
    var server = PerMessageDeflate.Direction()
    var client = PerMessageDeflate.Direction()
    var testDescription: String { field }

    init(
      _ field: String, _ answer: String?, server: (Int, Bool) = (15, true), client: (Int, Bool) = (15, true)
    ) {
      self.field = field
      self.answer = answer.map { "permessage-deflate" + $0 }
      self.server = PerMessageDeflate.Direction(windowBits: server.0, keepsContext: server.1)
      self.client = PerMessageDeflate.Direction(windowBits: client.0, keepsContext: client.1)
    }
  }

  static let offers: [Offer] = [
    Offer("permessage-deflate", ""),
    Offer("permessage-deflate; client_max_window_bits", ""),
    Offer("PerMessage-Deflate ;client_max_window_bits", ""),
    Offer("permessage-deflate; client_max_window_bits=10", "; client_max_window_bits=10", client: (10, true)),
    Offer(
      #"permessage-deflate; client_max_window_bits="10""#, "; client_max_window_bits=10", client: (10, true)),
    Offer("permessage-deflate; server_max_window_bits=9", "; server_max_window_bits=9", server: (9, true)),
    Offer("permessage-deflate; server_max_window_bits=8", "; server_max_window_bits=8", server: (8, true)),
    Offer(
      "permessage-deflate; server_no_context_takeover", "; server_no_context_takeover", server: (15, false)),
    Offer(
      "permessage-deflate; client_no_context_takeover", "; client_no_context_takeover", client: (15, false)),
    Offer(
      "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=12; client_max_window_bits=15",
      "; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=12; client_max_window_bits=15",
      server: (12, false), client: (15, false)),
    // Declined, or a later offer instead.
    Offer("", nil), Offer("x-webkit-deflate-frame", nil), Offer("permessage-deflate; unknown", nil),
    Offer("permessage-deflate; server_max_window_bits", nil),
    Offer("permessage-deflate; server_max_window_bits=7", nil),
    Offer("permessage-deflate; server_max_window_bits=16", nil),
    Offer("permessage-deflate; server_max_window_bits=99", nil),
    Offer("permessage-deflate; server_max_window_bits=010", nil),
    Offer("permessage-deflate; server_max_window_bits=+9", nil),
    Offer("permessage-deflate; client_max_window_bits=7", nil),
    Offer("permessage-deflate; client_max_window_bits=x", nil),
    Offer("permessage-deflate; server_no_context_takeover=1", nil),
    Offer("permessage-deflate; server_no_context_takeover; server_no_context_takeover", nil),
    Offer("permessage-deflate; server_max_window_bits=9; server_max_window_bits=10", nil),
    Offer("permessage-deflate; unknown, permessage-deflate", ""),
    Offer(
      "foo, permessage-deflate; server_max_window_bits=20, permessage-deflate; server_max_window_bits=10",
      "; server_max_window_bits=10", server: (10, true)),
    Offer(
      #"foo; a="x, permessage-deflate", permessage-deflate; client_max_window_bits=9"#,
      "; client_max_window_bits=9", client: (9, true)),
  ]

  @Test(arguments: offers)
  func `a server takes the first offer that it can have`(_ offer: Offer) {
    let accepted = PerMessageDeflate.accept(offer.field, WebSocketCompression(contextTakeover: true))
    #expect(accepted?.answer == offer.answer)
    guard let accepted else { return }
    #expect(accepted.agreed.server == offer.server)
    #expect(accepted.agreed.client == offer.client)
  }

  @Test func `a server's own limits are in the answer`() {
    let options = WebSocketCompression(maxWindowBits: 11, peerMaxWindowBits: 10)
    let plain = PerMessageDeflate.accept("permessage-deflate", options)
    #expect(
      plain?.answer
        == "permessage-deflate; server_no_context_takeover; client_no_context_takeover; server_max_window_bits=11"
    )
    // Only a client that knows the parameter may be told of it.
    #expect(plain?.agreed.client.windowBits == 15)
    let knowing = PerMessageDeflate.accept("permessage-deflate; client_max_window_bits", options)
    #expect(knowing?.answer.hasSuffix("; client_max_window_bits=10") == true)
    #expect(knowing?.agreed.client.windowBits == 10)
  }

  @Test func `a client's offer says what it wants`() {
    #expect(
      PerMessageDeflate.offer(WebSocketCompression(contextTakeover: true))
        == "permessage-deflate; client_max_window_bits")
    #expect(
      PerMessageDeflate.offer(WebSocketCompression(maxWindowBits: 9, peerMaxWindowBits: 10))
        == "permessage-deflate; client_max_window_bits=9; server_max_window_bits=10; server_no_context_takeover; client_no_context_takeover"
    )
  }

  @Test(
    arguments: [
      ("permessage-deflate", true), ("permessage-deflate; client_max_window_bits=8", true),
      ("permessage-deflate; server_no_context_takeover; client_no_context_takeover", true),
      ("permessage-deflate; server_max_window_bits=15", true),
      ("permessage-deflate; client_max_window_bits", false), ("permessage-deflate; foo", false),
      ("permessage-deflate; server_max_window_bits=7", false),
      ("permessage-deflate, permessage-deflate", false),
      ("permessage-bzip2", false), ("foo", false),
    ])
  func `a client takes an answer to its offer only`(_ answer: String, _ isGood: Bool) {
    let options = WebSocketCompression(contextTakeover: true)
    if isGood {
      #expect(throws: Never.self) { try PerMessageDeflate.confirm(answer, options) }
    } else {
      #expect(throws: PerMessageDeflate.Refusal.self) { try PerMessageDeflate.confirm(answer, options) }
    }
    // Nothing was offered: any extension is too much.
    #expect(throws: PerMessageDeflate.Refusal.self) { try PerMessageDeflate.confirm(answer, nil) }
  }

  @Test(
    arguments: [
      "permessage-deflate", "permessage-deflate; server_no_context_takeover",
      "permessage-deflate; server_no_context_takeover; server_max_window_bits=11",
    ])
  func `a client that asked for less does not take more`(_ answer: String) {
    let options = WebSocketCompression(peerMaxWindowBits: 10)
    #expect(throws: PerMessageDeflate.Refusal.self) { try PerMessageDeflate.confirm(answer, options) }
    let good = "permessage-deflate; server_no_context_takeover; server_max_window_bits=10"
    #expect(throws: Never.self) { try PerMessageDeflate.confirm(good, options) }
    #expect(throws: Never.self) { try PerMessageDeflate.confirm("", options) }
  }

  // MARK: - Messages

  private static let plain = PerMessageDeflate.Direction()

  @Test(arguments: [Int.max, 1])
  func `the vectors of RFC 7692`(_ step: Int) {
    func read(_ payload: String) -> [WebSocketEvent] {
      ReadOutcome(
        frame(.text, hex(payload), isCompressed: true), step: step, compression: Self.plain
      ).events
    }
    let hello = [WebSocketEvent.message(.text("Hello"))]
    #expect(read("f248cdc9c90700") == hello)
    #expect(read("000500faff48656c6c6f00") == hello)  // not compressed
    #expect(read("f348cdc9c9070000") == hello)  // BFINAL
    #expect(read("f248050000 00ffff cac9c90700".replacing(" ", with: "")) == hello)  // two blocks
    let twice =
      frame(.text, hex("f248cdc9c90700"), isCompressed: true)
      + frame(.text, hex("f200110000"), isCompressed: true)
    #expect(ReadOutcome(twice, step: step, compression: Self.plain).events == hello + hello)
    let fragments =
      frame(.text, hex("f248cd"), isFinal: false, isCompressed: true)
      + frame(.continuation, hex("c9c90700"))
    #expect(ReadOutcome(fragments, step: step, compression: Self.plain).events == hello)
  }

  @Test(arguments: 8...15, [true, false])
  func `what is sent is read with the window that was agreed on`(_ bits: Int, _ keepsContext: Bool) {
    let direction = PerMessageDeflate.Direction(windowBits: bits, keepsContext: keepsContext)
    let tools = WebSocketTools()
    var writer = WebSocketWriter(
      masks: true, compression: (direction, WebSocketCompression(threshold: 0, contextTakeover: keepsContext))
    )
    let output = ByteBuffer()
    // Longer than the window, and alike at every distance.
    let long = String(repeating: "window \(bits) ", count: 3000)
    let messages = ["", "Hello", "Hello", "", long, long, "é"]
    for message in messages { writer.write(message.utf8.span, isText: true, to: output, tools) }
    writer.write(pattern(70_000).span, isText: false, to: output, tools)
    writer.end(tools)
    let bytes = output.take(output.count)
    for step in [Int.max, 1000] {
      let outcome = ReadOutcome(bytes, step: step, compression: direction)
      #expect(outcome.violation == nil)
      #expect(
        outcome.events == messages.map { .message(.text($0)) } + [.message(.binary(pattern(70_000)))])
    }
  }

  @Test func `a kept context makes a repeated message smaller, and a threshold leaves small ones alone`() {
    let tools = WebSocketTools()
    let text = (0..<200).map { "\($0 * $0)" }.joined()
    func sizes(_ keepsContext: Bool, threshold: Int = 0) -> [Int] {
      let direction = PerMessageDeflate.Direction(keepsContext: keepsContext)
      var writer = WebSocketWriter(
        masks: false, compression: (direction, WebSocketCompression(threshold: threshold)))
      return (0..<2).map { _ in
        let output = ByteBuffer()
        writer.write(text.utf8.span, isText: true, to: output, tools)
        return output.count
      }
    }
    let (kept, lost) = (sizes(true), sizes(false))
    #expect(kept[1] < kept[0] / 5)
    #expect(lost[0] == lost[1])
    #expect(sizes(false, threshold: text.utf8.count) == lost)
    #expect(sizes(false, threshold: text.utf8.count + 1)[0] == text.utf8.count + 4)
  }

  @Test func `a message in fragments is one compressed message`() {
    let tools = WebSocketTools()
    var writer = WebSocketWriter(masks: true, compression: (Self.plain, WebSocketCompression()))
    let output = ByteBuffer()
    for piece in ["Hel", "", "lo"] {
      writer.writeFragment(piece.utf8.span, isText: true, isLast: false, to: output, tools)
      #expect(writer.isInMessage)
      writer.writeControl(.ping, [], to: output, tools)
    }
    writer.writeFragment("".utf8.span, isText: true, isLast: true, to: output, tools)
    #expect(!writer.isInMessage)
    let outcome = ReadOutcome(output.take(output.count), compression: Self.plain)
    #expect(outcome.events == [.ping([]), .ping([]), .ping([]), .message(.text("Hello"))])
  }

  @Test(arguments: [Int.max, 1])
  func `a bomb is found while it goes off`(_ step: Int) {
    let tools = WebSocketTools()
    var writer = WebSocketWriter(masks: true, compression: (Self.plain, WebSocketCompression()))
    let output = ByteBuffer()
    writer.write([UInt8](repeating: 0, count: 1 << 20).span, isText: false, to: output, tools)
    #expect(output.count < 2000)
    var limits = WebSocketLimits()
    limits.message = (1 << 20) - 1
    let bytes = output.take(output.count)
    let outcome = ReadOutcome(bytes, step: step, limits: limits, compression: Self.plain)
    #expect(
      outcome.violation == WebSocketViolation(.messageTooBig, "message too big after decompression"))
    limits.message += 1
    #expect(ReadOutcome(bytes, step: step, limits: limits, compression: Self.plain).events.count == 1)
  }

  @Test func `what is no deflate is refused, and so is text that is none after inflation`() {
    let junk = frame(.binary, [0xFF, 0xFF, 0xFF], isCompressed: true)
    #expect(ReadOutcome(junk, compression: Self.plain).violation?.code == .invalidPayload)
    let tools = WebSocketTools()
    var writer = WebSocketWriter(
      masks: true, compression: (Self.plain, WebSocketCompression(threshold: 0)))
    let output = ByteBuffer()
    writer.write([0xC3, 0x28].span, isText: true, to: output, tools)
    #expect(
      ReadOutcome(output.take(output.count), compression: Self.plain).violation?.code == .invalidPayload)
    // Only a message's first frame says that it is compressed.
    let late = frame(.text, [0x61], isFinal: false) + frame(.continuation, [0x61], isCompressed: true)
    #expect(ReadOutcome(late, compression: Self.plain).violation?.code == .protocolError)
  }

  @Test func `text that comes out before a failure is judged first, in pieces of any size`() {
    // Found by the fuzzer: neither UTF-8 nor deflate.
    let bytes = hex("c107 f23fb061886207")
    let direction = PerMessageDeflate.Direction(windowBits: 9)
    let outcomes = [Int.max, 3, 1].map {
      ReadOutcome(bytes, step: $0, expectsMask: false, compression: direction)
    }
    #expect(outcomes[0].violation?.description == "text that is not UTF-8")
    for outcome in outcomes { #expect(outcome.violation == outcomes[0].violation) }
  }

  // MARK: - The handshake's values

  @Test func `the accept value of the vector`() {
    var hashed = ""
    let value = WebSocketHandshake.acceptValue(for: "dGhlIHNhbXBsZSBub25jZQ==") { bytes in
      hashed = String(decoding: bytes, as: UTF8.self)
      return hex("b37a4f2cc0624f1690f64606cf385945b2bec4ea")
    }
    #expect(hashed == "dGhlIHNhbXBsZSBub25jZQ==258EAFA5-E914-47DA-95CA-C5AB0DC85B11")
    #expect(value == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
  }

  @Test func `keys are 16 random bytes in Base64`() {
    let keys = (0..<50).map { _ in WebSocketHandshake.makeKey() }
    #expect(Set(keys).count == 50)
    for key in keys { #expect(WebSocketHandshake.isKey(key)) }
    for bad in [
      "", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZR==", "dGhlIHNhbXBsZSBub25j*Q==", "short==",
    ] {
      #expect(!WebSocketHandshake.isKey(bad), "\(bad)")
    }
  }
}
