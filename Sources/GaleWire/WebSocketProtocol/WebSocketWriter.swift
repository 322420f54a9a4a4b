// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

package import GaleCore

/// Makes frames of messages: the sending direction of a connection.
package struct WebSocketWriter {
  private let masks: Bool
  /// How we compress, and with what, when that is agreed on.
  private let compression: Compression?
  private var deflater: Deflater?
  /// Apart from it, because most connections have none.
  private final class Compression {
    let direction: PerMessageDeflate.Direction
    let options: WebSocketCompression

    init(_ direction: PerMessageDeflate.Direction, _ options: WebSocketCompression) {
      self.direction = direction
      self.options = options
    }
  }

  /// Whether the fragmented message that is being sent is compressed.
  private var isFragmentCompressed = false
  /// Whether a message is being sent in fragments.
  package private(set) var isInMessage = false

  /// - Parameters:
  ///   - masks: Whether we are the client.
  ///   - compression: How we compress, when that is agreed on.
  package init(
    masks: Bool, compression: (direction: PerMessageDeflate.Direction, options: WebSocketCompression)? = nil
  ) {
    self.masks = masks
    self.compression = compression.map { Compression($0.direction, $0.options) }
  }

  private func key(_ tools: WebSocketTools) -> UInt32? { masks ? tools.makeKey() : nil }

  /// Appends a message as one frame.
  package mutating func write(
    _ payload: Span<UInt8>, isText: Bool, to output: ByteBuffer, _ tools: WebSocketTools
  ) {
    precondition(!isInMessage, "another message is being sent in fragments")
    let opcode = isText ? WebSocketOpcode.text : .binary
    guard let compression, payload.count >= compression.options.threshold else {
      let header = WebSocketFrameHeader(opcode, payloadCount: payload.count, key: key(tools))
      return header.write(payload, to: output)
    }
    deflate(payload, isFinal: true, tools)
    let header = WebSocketFrameHeader(
      opcode, isCompressed: true, payloadCount: tools.scratch.count, key: key(tools))
    tools.scratch.withSpan { header.write($0, to: output) }
    tools.shrinkScratch()
  }

  /// Appends a fragment of a message.
  ///
  /// Control frames may go between two fragments, other messages may not (RFC 6455, section 5.4).
  /// - Parameter isLast: Whether the message ends with it.
  package mutating func writeFragment(
    _ payload: Span<UInt8>, isText: Bool, isLast: Bool, to output: ByteBuffer, _ tools: WebSocketTools
  ) {
    let isFirst = !isInMessage
    let opcode = isFirst ? (isText ? WebSocketOpcode.text : .binary) : .continuation
    if isFirst { isFragmentCompressed = compression != nil }
    isInMessage = !isLast
    guard isFragmentCompressed else {
      let header = WebSocketFrameHeader(
        opcode, isFinal: isLast, payloadCount: payload.count, key: key(tools))
      return header.write(payload, to: output)
    }
    deflate(payload, isFinal: isLast, tools)
    let header = WebSocketFrameHeader(
      opcode, isFinal: isLast, isCompressed: isFirst, payloadCount: tools.scratch.count, key: key(tools))
    tools.scratch.withSpan { header.write($0, to: output) }
    tools.shrinkScratch()
  }

  /// Appends a ping, or a pong.
  package func writeControl(
    _ opcode: WebSocketOpcode, _ payload: [UInt8], to output: ByteBuffer, _ tools: WebSocketTools
  ) {
    precondition(payload.count <= 125, "a control frame carries at most 125 bytes")
    WebSocketFrameHeader(opcode, payloadCount: payload.count, key: key(tools)).write(payload.span, to: output)
  }

  /// Appends a Close frame.
  package func writeClose(
    _ code: WebSocketCloseCode?, _ reason: String, to output: ByteBuffer, _ tools: WebSocketTools
  ) {
    WebSocketFrameHeader.writeClose(code, reason, key: key(tools), to: output)
  }

  /// Compresses into the scratch; a message's end is left off (RFC 7692, section 7.2.1).
  private mutating func deflate(_ payload: Span<UInt8>, isFinal: Bool, _ tools: WebSocketTools) {
    guard let compression else { return }
    let deflater = deflater ?? tools.takeDeflater(compression.direction, compression.options)
    let scratch = tools.scratch
    scratch.removeAll()
    deflater.deflate(payload, into: scratch, flush: .sync)
    self.deflater = deflater
    guard isFinal else { return }
    // Nothing new to flush leaves no trace: an empty message, or an empty last fragment.
    if scratch.count >= 4 { scratch.removeLast(4) } else { scratch.append(0x00) }
    if !compression.direction.keepsContext { giveBackDeflater(tools) }
  }

  private mutating func giveBackDeflater(_ tools: WebSocketTools) {
    guard let deflater, let compression else { return }
    tools.giveBack(deflater, compression.direction, compression.options)
    self.deflater = nil
  }

  /// Gives back what is borrowed; the writer is not to be used any more.
  package mutating func end(_ tools: WebSocketTools) { giveBackDeflater(tools) }
}
