// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// Whether and how messages are compressed (RFC 7692): Tornado's `get_compression_options`.
///
/// Without ``contextTakeover`` a connection borrows zlib's memory, some 300 KB, for the moment of a message only.
/// With it similar messages become much smaller, and each connection holds that memory as long as it lives.
public struct WebSocketCompression: Hashable, Sendable {
  /// From 0 (store) over 1 (fast) to 9 (small): Tornado's `compression_level`.
  public var level: Int
  /// 1 to 9, how much memory the compressor uses: Tornado's `mem_level`.
  public var memoryLevel: Int
  /// Messages of fewer bytes are sent as they are.
  public var threshold: Int
  /// Whether both sides keep what they know of earlier messages.
  public var contextTakeover: Bool
  /// The largest window for what we send, 8 to 15: a power of two, in bytes.
  public var maxWindowBits: Int
  /// The largest window for what the peer sends, 8 to 15, where the peer lets us choose it.
  public var peerMaxWindowBits: Int

  /// Compression as it is said, or as Tornado has it by default.
  public init(
    level: Int = 6, memoryLevel: Int = 8, threshold: Int = 64, contextTakeover: Bool = false,
    maxWindowBits: Int = 15, peerMaxWindowBits: Int = 15
  ) {
    precondition((0...9).contains(level), "a compression level is 0 to 9")
    precondition((1...9).contains(memoryLevel), "a memory level is 1 to 9")
    precondition((8...15).contains(maxWindowBits), "a window has 8 to 15 bits")
    precondition((8...15).contains(peerMaxWindowBits), "a window has 8 to 15 bits")
    self.level = level
    self.memoryLevel = memoryLevel
    self.threshold = threshold
    self.contextTakeover = contextTakeover
    self.maxWindowBits = maxWindowBits
    self.peerMaxWindowBits = peerMaxWindowBits
  }
}
