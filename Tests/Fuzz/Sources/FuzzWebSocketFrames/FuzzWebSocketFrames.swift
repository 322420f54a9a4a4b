// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import FuzzSupport
import GaleCore
import GaleWire

/// What holds for every input: it has the same outcome whole, in pieces and byte by byte; nothing but a
/// `WebSocketViolation` is thrown, whose code can be sent; nothing traps; messages keep to the limits; text that is
/// let through is UTF-8; and what is read is read again the same when it is written by our writer, compressed or not.
///
/// The flags choose the peer's role (1), compression (2) with kept contexts (4), and tight limits (8); the rest is
/// what arrives.
@c(LLVMFuzzerTestOneInput)
public func fuzzWebSocketFrames(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  guard let input = unsafe FuzzInput(start, count) else { return 0 }
  let reading = Reading(flags: input.flags)
  let whole = reading.read(input.bytes, step: .max)
  let step = 1 + Int(input.flags >> 4)
  check(reading.read(input.bytes, step: step) == whole, "pieces of \(step)")
  if input.bytes.count <= 1024 { check(reading.read(input.bytes, step: 1) == whole, "single bytes") }
  if let code = whole.violation?.code { check(code.isSendable, "a code that cannot be sent") }
  for event in whole.events { reading.checkEvent(event) }
  reading.checkRoundTrip(whole.events)
  return 0
}

private struct Outcome: Equatable {
  var events: [WebSocketEvent] = []
  var violation: WebSocketViolation?
}

private struct Reading {
  let expectsMask: Bool
  let compression: PerMessageDeflate.Direction?
  let limits: WebSocketLimits

  init(flags: UInt8) {
    expectsMask = flags & 1 == 0
    compression =
      flags & 2 == 0 ? nil : PerMessageDeflate.Direction(windowBits: 9, keepsContext: flags & 4 != 0)
    var limits = WebSocketLimits()
    limits.message = flags & 8 == 0 ? 1 << 20 : 64
    if flags & 8 != 0 { limits.fragments = 3 }
    self.limits = limits
  }

  func read(_ bytes: [UInt8], step: Int) -> Outcome {
    let tools = WebSocketTools()
    var reader = WebSocketReader(expectsMask: expectsMask, limits: limits, compression: compression)
    defer { reader.end(tools) }
    var outcome = Outcome()
    var end = 0
    var used = 0
    do throws(WebSocketViolation) {
      while end < bytes.count {
        end = step < bytes.count - end ? end + step : bytes.count
        while used < end {
          var taken = 0
          let event = try reader.next(bytes.span.extracting(used..<end), &taken, tools)
          used += taken
          if case .needMore = event { break }
          outcome.events.append(event)
        }
      }
    } catch {
      outcome.violation = error
    }
    return outcome
  }

  func checkEvent(_ event: WebSocketEvent) {
    switch event {
    case .needMore: check(false, "needMore as an event")
    case .message(let message):
      check(message.byteCount <= limits.message, "a message over the limit")
      if let text = message.text {
        check(String(validating: Array(text.utf8), as: UTF8.self) == text, "text that is not UTF-8")
      }
    case .ping(let data), .pong(let data): check(data.count <= 125, "a long control frame")
    case .close(let code, let reason):
      check(code?.isSendable ?? reason.isEmpty, "a code that cannot be sent")
      check(reason.utf8.count <= 123, "a long reason")
    }
  }

  /// Writes the events and reads them.
  func checkRoundTrip(_ events: [WebSocketEvent]) {
    let tools = WebSocketTools()
    let options = compression.map {
      ($0, WebSocketCompression(threshold: 0, contextTakeover: $0.keepsContext))
    }
    var writer = WebSocketWriter(masks: expectsMask, compression: options)
    defer { writer.end(tools) }
    let output = ByteBuffer()
    for event in events {
      switch event {
      case .needMore: break
      case .message(.text(let text)): writer.write(text.utf8.span, isText: true, to: output, tools)
      case .message(.binary(let bytes)): writer.write(bytes.span, isText: false, to: output, tools)
      case .ping(let data): writer.writeControl(.ping, data, to: output, tools)
      case .pong(let data): writer.writeControl(.pong, data, to: output, tools)
      case .close(let code, let reason): writer.writeClose(code, reason, to: output, tools)
      }
    }
    // Small messages may become larger when they are compressed.
    guard limits.message > 64 else { return }
    let again = read(output.take(output.count), step: .max)
    check(again.violation == nil && again.events == events, "what was written is read otherwise")
  }
}
