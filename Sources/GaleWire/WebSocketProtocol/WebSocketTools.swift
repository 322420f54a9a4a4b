// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

package import GaleCore

/// What the connections of a loop share: memory for a moment, and compressors that are between two uses.
package final class WebSocketTools {
  /// For use within one call.
  package let scratch = ByteBuffer(capacity: 4096)
  private var buffers: [ByteBuffer] = []
  private var inflaters: [PerMessageDeflate.Direction: [Inflater]] = [:]
  private var deflaters: [DeflaterKind: [Deflater]] = [:]
  private var keys: [UInt32] = []
  private static let spareCount = 8
  private static let largest = 128 * 1024

  private struct DeflaterKind: Hashable {
    let direction: PerMessageDeflate.Direction
    let compression: WebSocketCompression
  }

  package init() {}

  /// A mask's key, from the system's random numbers (RFC 6455, section 10.3).
  package func makeKey() -> UInt32 {
    if keys.isEmpty {
      var generator = SystemRandomNumberGenerator()
      for _ in 0..<32 {
        let number = generator.next()
        keys.append(UInt32(truncatingIfNeeded: number))
        keys.append(UInt32(truncatingIfNeeded: number >> 32))
      }
    }
    return keys.removeLast()
  }

  /// An empty buffer for a message.
  func takeBuffer() -> ByteBuffer { buffers.popLast() ?? ByteBuffer(capacity: 4096) }

  func giveBack(_ buffer: ByteBuffer) {
    buffer.removeAll()
    guard buffers.count < WebSocketTools.spareCount, buffer.capacity <= WebSocketTools.largest else { return }
    buffers.append(buffer)
  }

  /// Lets go of scratch that a large message has made large.
  package func shrinkScratch() {
    if scratch.capacity > WebSocketTools.largest { scratch.shrink() }
  }

  func takeInflater(_ direction: PerMessageDeflate.Direction) -> Inflater {
    inflaters[direction]?.popLast() ?? Inflater(.raw, windowBits: direction.windowBits)
  }

  func giveBack(_ inflater: Inflater, _ direction: PerMessageDeflate.Direction) {
    guard inflaters[direction]?.count ?? 0 < WebSocketTools.spareCount else { return }
    inflater.reset()
    inflaters[direction, default: []].append(inflater)
  }

  func takeDeflater(_ direction: PerMessageDeflate.Direction, _ compression: WebSocketCompression) -> Deflater
  {
    let kind = DeflaterKind(direction: direction, compression: compression)
    if let spare = deflaters[kind]?.popLast() { return spare }
    return Deflater(
      .raw, level: compression.level, windowBits: direction.windowBits, memoryLevel: compression.memoryLevel)
  }

  func giveBack(
    _ deflater: Deflater, _ direction: PerMessageDeflate.Direction, _ compression: WebSocketCompression
  ) {
    let kind = DeflaterKind(direction: direction, compression: compression)
    guard deflaters[kind]?.count ?? 0 < WebSocketTools.spareCount else { return }
    deflater.reset()
    deflaters[kind, default: []].append(deflater)
  }
}
