// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

package import GaleCore

/// What a frame is (RFC 6455, section 5.2).
package enum WebSocketOpcode: UInt8, Sendable {
  case continuation = 0
  case text = 1
  case binary = 2
  case close = 8
  case ping = 9
  case pong = 10

  package var isControl: Bool { rawValue >= 8 }
}

/// What stands before a frame's payload.
package struct WebSocketFrameHeader: Hashable, Sendable {
  package var opcode: WebSocketOpcode
  package var isFinal = true
  /// RSV1: the first frame of a message that is compressed (RFC 7692, section 6).
  package var isCompressed = false
  package var payloadCount: Int
  /// The mask's key as ``WebSocketMask`` has it; `nil` for a frame that is not masked.
  package var key: UInt32?

  package init(
    _ opcode: WebSocketOpcode, isFinal: Bool = true, isCompressed: Bool = false, payloadCount: Int,
    key: UInt32? = nil
  ) {
    self.opcode = opcode
    self.isFinal = isFinal
    self.isCompressed = isCompressed
    self.payloadCount = payloadCount
    self.key = key
  }

  /// Appends the header, 2 to 14 bytes.
  package func write(to output: ByteBuffer) {
    var bytes = (UInt64.zero, UInt64.zero)
    // SAFETY: at most 14 of 16 bytes are written.
    unsafe withUnsafeMutableBytes(of: &bytes) { bytes in
      unsafe bytes[0] = opcode.rawValue | (isFinal ? 0x80 : 0) | (isCompressed ? 0x40 : 0)
      var count = 2
      let mask: UInt8 = key == nil ? 0 : 0x80
      if payloadCount < 126 {
        unsafe bytes[1] = mask | UInt8(truncatingIfNeeded: payloadCount)
      } else if payloadCount <= 0xFFFF {
        unsafe bytes[1] = mask | 126
        unsafe bytes.storeBytes(
          of: UInt16(truncatingIfNeeded: payloadCount).bigEndian, toByteOffset: 2, as: UInt16.self)
        count = 4
      } else {
        unsafe bytes[1] = mask | 127
        unsafe bytes.storeBytes(of: UInt64(payloadCount).bigEndian, toByteOffset: 2, as: UInt64.self)
        count = 10
      }
      if let key {
        unsafe bytes.storeBytes(of: key.littleEndian, toByteOffset: count, as: UInt32.self)
        count += 4
      }
      unsafe output.append(UnsafeRawBufferPointer(rebasing: bytes[..<count]))
    }
  }

  /// Appends a frame: the header and the payload, masked when there is a key.
  package func write(_ payload: UnsafeRawBufferPointer, to output: ByteBuffer) {
    precondition(payload.count == payloadCount, "a frame's header says how long its payload is")
    // One growth for both.
    output.reserve(payloadCount &+ 14)
    write(to: output)
    guard let key else { return unsafe output.append(payload) }
    // SAFETY: room for the payload is lent, and filled.
    _ = unsafe output.append(minimum: payload.count) { room in
      if let target = room.baseAddress { _ = unsafe WebSocketMask.copy(payload, to: target, key: key) }
      return payload.count
    }
  }

  /// Appends a frame.
  package func write(_ payload: Span<UInt8>, to output: ByteBuffer) {
    // SAFETY: lent for the call.
    unsafe payload.withUnsafeBytes { unsafe write($0, to: output) }
  }

  /// Appends a Close frame: empty without a code; of the reason as much as fits, cut between characters.
  package static func writeClose(
    _ code: WebSocketCloseCode?, _ reason: String, key: UInt32?, to output: ByteBuffer
  ) {
    var payload: [UInt8] = []
    if let code {
      payload = [UInt8(code.rawValue >> 8), UInt8(truncatingIfNeeded: code.rawValue)]
      for character in reason.unicodeScalars {
        guard let encoded = UTF8.encode(character), payload.count + encoded.count <= 125 else { break }
        payload.append(contentsOf: encoded)
      }
    }
    WebSocketFrameHeader(.close, payloadCount: payload.count, key: key).write(payload.span, to: output)
  }
}
