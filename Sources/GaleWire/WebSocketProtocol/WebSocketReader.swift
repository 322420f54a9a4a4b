// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore

/// What comes out of a connection's bytes.
package enum WebSocketEvent: Hashable, Sendable {
  /// Nothing more, before there are more bytes.
  case needMore
  case message(WebSocketMessage)
  case ping([UInt8])
  case pong([UInt8])
  /// The peer closes; without a code its frame was empty.
  case close(WebSocketCloseCode?, String)
}

/// What a reader takes at the most.
package struct WebSocketLimits: Hashable, Sendable {
  /// Bytes of a message, on the wire and after decompression.
  package var message = 10 * 1024 * 1024
  /// Frames of a message; it may have one more for each 32 bytes.
  package var fragments = 1024

  package init() {}
}

/// Takes the frames of one direction apart (RFC 6455, section 5) and makes messages of them: a value that is
/// shown bytes.
///
/// It takes the payload of a frame as it comes, so that invalid text is seen at its first wrong byte. Between
/// messages it holds no memory, except for the window of a compressed connection that keeps its context.
package struct WebSocketReader {
  private let expectsMask: Bool
  private let limits: WebSocketLimits
  /// How the peer compresses; `nil` when it must not.
  private let compression: PerMessageDeflate.Direction?

  /// Bytes of the present frame that are still to come, and how they are masked.
  private var remaining = 0
  private var position = 0
  private var key: UInt32?
  private var isFinalFrame = false
  /// The kind of the message that has begun; `nil` between messages.
  private var kind: WebSocketOpcode?
  private var isCompressed = false
  private var fragmentCount: Int32 = 0
  /// Bytes of the message on the wire.
  private var wireCount = 0
  private var utf8 = UTF8Validator()
  /// The message so far, borrowed.
  private var payload: ByteBuffer?
  private var inflater: Inflater?

  /// - Parameters:
  ///   - expectsMask: Whether the peer is a client: its frames must be masked, and a server's must not.
  ///   - compression: How the peer compresses, when that is agreed on.
  package init(
    expectsMask: Bool, limits: WebSocketLimits = WebSocketLimits(),
    compression: PerMessageDeflate.Direction? = nil
  ) {
    self.expectsMask = expectsMask
    self.limits = limits
    self.compression = compression
  }

  /// Takes bytes from `used` on, which moves past them, until there is an event.
  /// - Throws: What the peer did wrong; the reader is not to be used any more then.
  package mutating func next(
    _ bytes: Span<UInt8>, _ used: inout Int, _ tools: WebSocketTools
  ) throws(WebSocketViolation) -> WebSocketEvent {
    while true {
      if remaining > 0 {
        let count = min(remaining, bytes.count &- used)
        guard count > 0 else { return .needMore }
        try take(bytes.extracting(used..<used &+ count), tools)
        used &+= count
        remaining &-= count
        guard remaining == 0 else { return .needMore }
        if isFinalFrame { return .message(try finishMessage(tools)) }
      }
      var start = used
      guard let header = try readHeader(bytes, &start) else { return .needMore }
      if header.opcode.isControl {
        guard bytes.count &- start >= header.payloadCount else { return .needMore }
        used = start &+ header.payloadCount
        return try controlEvent(header, bytes.extracting(start..<used))
      }
      let isWhole = header.isFinal && header.opcode != .continuation && !header.isCompressed
      if isWhole, bytes.count &- start >= header.payloadCount {
        used = start &+ header.payloadCount
        return .message(try wholeMessage(header, bytes.extracting(start..<used), tools))
      }
      used = start
      try begin(header, tools)
      if remaining == 0, isFinalFrame { return .message(try finishMessage(tools)) }
    }
  }

  // MARK: - Headers

  /// Reads a header from `start` on, which moves past it; `nil` when it is not all there.
  @inline(__always)
  private func readHeader(
    _ bytes: Span<UInt8>, _ start: inout Int
  ) throws(WebSocketViolation) -> WebSocketFrameHeader? {
    guard bytes.count &- start >= 2 else { return nil }
    let (first, second) = (bytes[start], bytes[start &+ 1])
    guard let opcode = WebSocketOpcode(rawValue: first & 0x0F) else {
      throw .protocol("unknown opcode \(first & 0x0F)")
    }
    let isCompressed = first & 0x40 != 0
    if first & 0x70 != 0 {
      guard first & 0x30 == 0, compression != nil, opcode == .text || opcode == .binary else {
        throw .protocol("reserved bits are set")
      }
    }
    guard (second & 0x80 != 0) == expectsMask else {
      throw .protocol(expectsMask ? "a client's frame is not masked" : "a server's frame is masked")
    }
    let short = Int(second & 0x7F)
    let isFinal = first & 0x80 != 0
    if opcode.isControl {
      guard isFinal else { throw .protocol("a control frame is fragmented") }
      guard short <= 125 else { throw .protocol("a control frame is longer than 125 bytes") }
    } else if opcode == .continuation {
      guard kind != nil else { throw .protocol("a continuation without a beginning") }
    } else {
      guard kind == nil else { throw .protocol("a message begins inside another") }
    }
    var at = start &+ 2
    var count = short
    if short >= 126 {
      guard let length = try readLength(bytes, &at, width: short == 126 ? 2 : 8) else { return nil }
      count = length
    }
    if !opcode.isControl {
      guard count <= limits.message, wireCount <= limits.message &- count else {
        throw WebSocketViolation(.messageTooBig, "message too big")
      }
    }
    var key: UInt32?
    if expectsMask {
      guard bytes.count &- at >= 4 else { return nil }
      key =
        UInt32(bytes[at]) | UInt32(bytes[at &+ 1]) &<< 8 | UInt32(bytes[at &+ 2]) &<< 16
        | UInt32(bytes[at &+ 3]) &<< 24
      at &+= 4
    }
    start = at
    return WebSocketFrameHeader(
      opcode, isFinal: isFinal, isCompressed: isCompressed, payloadCount: count, key: key)
  }

  /// Reads a length of 2 or 8 bytes.
  private func readLength(
    _ bytes: Span<UInt8>, _ at: inout Int, width: Int
  ) throws(WebSocketViolation) -> Int? {
    guard bytes.count &- at >= width else { return nil }
    var length: UInt64 = 0
    for index in at..<at &+ width { length = length &<< 8 | UInt64(bytes[index]) }
    at &+= width
    guard length <= UInt64(Int.max) else { throw .protocol("a length with the highest bit set") }
    guard length > (width == 2 ? 125 : 0xFFFF) else {
      throw .protocol("a length in more bytes than it needs")
    }
    return Int(length)
  }

  // MARK: - Control frames

  private func controlEvent(
    _ header: WebSocketFrameHeader, _ bytes: Span<UInt8>
  ) throws(WebSocketViolation) -> WebSocketEvent {
    var payload = bytes.bytes(in: 0..<bytes.count)
    if let key = header.key { WebSocketMask.apply(key, to: &payload) }
    switch header.opcode {
    case .ping: return .ping(payload)
    case .pong: return .pong(payload)
    default: return try closeEvent(payload)
    }
  }

  private func closeEvent(_ payload: [UInt8]) throws(WebSocketViolation) -> WebSocketEvent {
    guard !payload.isEmpty else { return .close(nil, "") }
    guard payload.count >= 2 else { throw .protocol("a close code of one byte") }
    let code = WebSocketCloseCode(rawValue: UInt16(payload[0]) << 8 | UInt16(payload[1]))
    guard code.isSendable else { throw .protocol("invalid close code \(code)") }
    guard let reason = String(validatingUTF8: payload.span.extracting(2...)) else {
      throw WebSocketViolation(.invalidPayload, "a close reason that is not UTF-8")
    }
    return .close(code, reason)
  }

  // MARK: - Messages

  /// The message of one frame that is there as a whole and not compressed: nearly all are.
  @inline(__always)
  private func wholeMessage(
    _ header: WebSocketFrameHeader, _ bytes: Span<UInt8>, _ tools: WebSocketTools
  ) throws(WebSocketViolation) -> WebSocketMessage {
    if header.opcode == .binary { return .binary(WebSocketReader.unmasked(bytes, header.key)) }
    guard let key = header.key else {
      var utf8 = UTF8Validator()
      guard utf8.accepts(bytes), utf8.isComplete else { throw WebSocketReader.invalidText }
      return .text(WebSocketReader.text(bytes, isASCII: false))
    }
    let scratch = tools.scratch
    scratch.removeAll()
    let isASCII = WebSocketReader.unmask(bytes, key, offset: 0, into: scratch)
    return .text(
      try scratch.withSpan { (text) throws(WebSocketViolation) -> String in
        if !isASCII {
          var utf8 = UTF8Validator()
          guard utf8.accepts(text), utf8.isComplete else { throw WebSocketReader.invalidText }
        }
        return WebSocketReader.text(text, isASCII: isASCII)
      })
  }

  /// A frame of a message that does not come at once.
  private mutating func begin(
    _ header: WebSocketFrameHeader, _ tools: WebSocketTools
  ) throws(WebSocketViolation) {
    if kind == nil {
      kind = header.opcode
      isCompressed = header.isCompressed
      payload = tools.takeBuffer()
      if isCompressed, inflater == nil, let compression { inflater = tools.takeInflater(compression) }
    }
    fragmentCount &+= 1
    wireCount &+= header.payloadCount
    // Fragments of nothing, without an end, cost time and no memory.
    guard Int(fragmentCount) <= limits.fragments &+ wireCount / 32 else {
      throw WebSocketViolation(.messageTooBig, "too many fragments")
    }
    remaining = header.payloadCount
    position = 0
    key = header.key
    isFinalFrame = header.isFinal
  }

  /// Takes a piece of the present frame's payload.
  private mutating func take(_ bytes: Span<UInt8>, _ tools: WebSocketTools) throws(WebSocketViolation) {
    guard let payload else { return }
    let before = payload.count
    if isCompressed {
      let scratch = tools.scratch
      scratch.removeAll()
      if let key {
        _ = WebSocketReader.unmask(bytes, key, offset: position, into: scratch)
      } else {
        scratch.append(bytes)
      }
      try inflateText(scratch, into: payload)
    } else if let key {
      _ = WebSocketReader.unmask(bytes, key, offset: position, into: payload)
    } else {
      payload.append(bytes)
    }
    position &+= bytes.count
    try check(payload, from: before)
  }

  /// Checks text as it comes.
  private mutating func check(_ payload: ByteBuffer, from start: Int) throws(WebSocketViolation) {
    guard kind == .text, payload.count > start else { return }
    let isValid = payload.withSpan { utf8.accepts($0.extracting(start...)) }
    guard isValid else { throw WebSocketReader.invalidText }
  }

  /// What came out before a failure is judged first: the outcome does not depend on how the bytes arrive.
  private mutating func inflateText(
    _ input: ByteBuffer, into payload: ByteBuffer
  ) throws(WebSocketViolation) {
    let before = payload.count
    do throws(WebSocketViolation) { try inflate(input, into: payload) } catch {
      try check(payload, from: before)
      throw error
    }
  }

  private func inflate(_ input: ByteBuffer, into payload: ByteBuffer) throws(WebSocketViolation) {
    guard let inflater else { return }
    try input.withSpan { (bytes) throws(WebSocketViolation) in
      var offset = 0
      repeat {
        // A block may say that it is the last (RFC 7692, section 7.2.3.5): what follows begins anew.
        if inflater.isAtEnd { inflater.reset() }
        do throws(CompressionError) {
          let room = limits.message &- payload.count &+ 1
          _ = try inflater.inflate(bytes, &offset, into: payload, room: room)
        } catch  where error.code == .trailingData {
          continue
        } catch {
          throw WebSocketViolation(.invalidPayload, "invalid compressed data")
        }
        guard payload.count <= limits.message else {
          throw WebSocketViolation(.messageTooBig, "message too big after decompression")
        }
      } while offset < bytes.count
    }
  }

  private mutating func finishMessage(_ tools: WebSocketTools) throws(WebSocketViolation) -> WebSocketMessage
  {
    guard let payload, let kind else { return .binary([]) }
    if isCompressed, inflater?.isAtEnd == false {
      let before = payload.count
      let tail = tools.scratch
      tail.removeAll()
      tail.append([0x00, 0x00, 0xFF, 0xFF])  // RFC 7692, section 7.2.2.
      try inflateText(tail, into: payload)
      try check(payload, from: before)
    }
    guard utf8.isComplete else { throw WebSocketReader.invalidText }
    let message: WebSocketMessage =
      kind == .text
      ? .text(payload.withSpan { WebSocketReader.text($0, isASCII: false) })
      : .binary(payload.take(payload.count))
    self.kind = nil
    self.payload = nil
    tools.giveBack(payload)
    fragmentCount = 0
    wireCount = 0
    isFinalFrame = false
    if isCompressed, compression?.keepsContext == false { giveBackInflater(tools) }
    isCompressed = false
    return message
  }

  /// Gives back what is borrowed; the reader is not to be used any more.
  package mutating func end(_ tools: WebSocketTools) {
    if let payload { tools.giveBack(payload) }
    payload = nil
    giveBackInflater(tools)
  }

  private mutating func giveBackInflater(_ tools: WebSocketTools) {
    guard let inflater, let compression else { return }
    tools.giveBack(inflater, compression)
    self.inflater = nil
  }

  // MARK: - Bytes

  private static var invalidText: WebSocketViolation {
    WebSocketViolation(.invalidPayload, "text that is not UTF-8")
  }

  /// Text of bytes that were found to be UTF-8.
  @inline(__always)
  private static func text(_ bytes: Span<UInt8>, isASCII: Bool) -> String {
    // SAFETY: a `UTF8Validator` has accepted them, or they are ASCII, which is checked when they are unmasked.
    unsafe String(copying: UTF8Span(unchecked: bytes, isKnownASCII: isASCII))
  }

  /// Appends bytes without their mask.
  /// - Returns: Whether they are ASCII.
  @inline(__always)
  private static func unmask(
    _ bytes: Span<UInt8>, _ key: UInt32, offset: Int, into output: ByteBuffer
  ) -> Bool {
    var isASCII = true
    // SAFETY: room for the bytes is lent, and filled.
    _ = unsafe output.append(minimum: bytes.count) { room in
      if let target = room.baseAddress {
        isASCII = unsafe bytes.withUnsafeBytes {
          unsafe WebSocketMask.copy($0, to: target, key: key, offset: offset)
        }
      }
      return bytes.count
    }
    return isASCII
  }

  private static func unmasked(_ bytes: Span<UInt8>, _ key: UInt32?) -> [UInt8] {
    guard bytes.count > 0 else { return [] }
    // SAFETY: the array's storage has room for the bytes, and is filled.
    return unsafe bytes.withUnsafeBytes { source in
      guard let key else { return unsafe [UInt8](source) }
      return unsafe [UInt8](unsafeUninitializedCapacity: source.count) { target, count in
        if let target = target.baseAddress {
          _ = unsafe WebSocketMask.copy(source, to: UnsafeMutableRawPointer(target), key: key)
        }
        count = source.count
      }
    }
  }
}
