// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

package import GaleCore

/// Byte buffers that streams borrow while they have something to hold.
package final class BufferPool {
  private var free: [ByteBuffer] = []
  private static let count = 64
  private static let largest = 128 * 1024

  /// What one read takes from the kernel at the most, in bytes.
  package static let scratchSize = 64 * 1024

  private var scratch: [ByteBuffer] = []

  package func take() -> ByteBuffer {
    free.popLast() ?? ByteBuffer(capacity: 4096)
  }

  package func giveBack(_ buffer: ByteBuffer) {
    buffer.removeAll()
    guard free.count < BufferPool.count, buffer.capacity <= BufferPool.largest else { return }
    free.append(buffer)
  }

  /// A large empty buffer to read into; give it back in the same turn.
  package func takeScratch() -> ByteBuffer {
    scratch.popLast() ?? ByteBuffer(capacity: BufferPool.scratchSize)
  }

  package func giveBackScratch(_ buffer: ByteBuffer) {
    buffer.removeAll()
    if scratch.count < 4, buffer.capacity <= 2 * BufferPool.scratchSize { scratch.append(buffer) }
  }
}
