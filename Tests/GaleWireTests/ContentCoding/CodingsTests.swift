// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleWire
import Testing

/// Text that compresses, and noise that does not.
private let samples: [[UInt8]] = {
  var state: UInt32 = 1
  let noise = (0..<70_000).map { _ in
    state = state &* 1_664_525 &+ 1_013_904_223
    return UInt8(truncatingIfNeeded: state >> 24)
  }
  let text = Array(String(repeating: "the quick brown fox jumps over the lazy dog; ", count: 3000).utf8)
  return [[], [0x41], Array("Hello".utf8), text, noise]
}()

@Suite("content coding: all codings")
struct CodingsTests {
  private func decode(
    _ coding: ContentCoding, _ bytes: [UInt8], limit: Int = .max, pieces: Int = 1 << 20
  ) throws -> [UInt8] {
    let decoder = try #require(ContentDecoder(coding: coding.rawValue, limit: limit))
    let output = ByteBuffer()
    var at = 0
    while at < bytes.count {
      let end = min(at + pieces, bytes.count)
      try decoder.decode(Array(bytes[at..<end]).span, into: output)
      at = end
    }
    try decoder.finish()
    return output.take(output.count)
  }

  private func encode(_ bytes: [UInt8], _ coding: ContentCoding) -> [UInt8] {
    ContentEncoder.encode(bytes.span, coding)
  }

  @Test(arguments: ContentCoding.known, samples.indices)
  func `give back what went in`(_ coding: ContentCoding, _ sample: Int) throws {
    let encoded = encode(samples[sample], coding)
    #expect(!encoded.isEmpty)
    #expect(try decode(coding, encoded, limit: samples[sample].count) == samples[sample])
    if sample == 3 { #expect(encoded.count < 1000) }
  }

  @Test(arguments: ContentCoding.known, [1, 7])
  func `bytes may come in pieces`(_ coding: ContentCoding, _ pieces: Int) throws {
    #expect(try decode(coding, encode(samples[3], coding), pieces: pieces) == samples[3])
  }

  @Test(arguments: ContentCoding.known)
  func `what is flushed can be read at once`(_ coding: ContentCoding) throws {
    let encoder = ContentEncoder(coding)
    let decoder = try #require(ContentDecoder(coding: coding.rawValue, limit: .max))
    let (between, output) = (ByteBuffer(), ByteBuffer())
    for piece in [samples[2], samples[4], samples[3]] {
      encoder.encode(piece.span, into: between, flush: .sync)
      try between.withSpan { (span) throws(CompressionError) in try decoder.decode(span, into: output) }
      between.removeAll()
      #expect(output.take(output.count) == piece)
    }
    #expect(throws: CompressionError.self) { try decoder.finish() }
    let nothing: [UInt8] = []
    encoder.encode(nothing.span, into: between, flush: .finish)
    try between.withSpan { (span) throws(CompressionError) in try decoder.decode(span, into: output) }
    try decoder.finish()
    #expect(output.isEmpty)
  }

  @Test(arguments: ContentCoding.known)
  func `what need not be flushed may wait`(_ coding: ContentCoding) throws {
    let encoder = ContentEncoder(coding)
    let output = ByteBuffer()
    for byte in samples[3].prefix(2000) { encoder.encode([byte].span, into: output, flush: .none) }
    let last = samples[2]
    encoder.encode(last.span, into: output, flush: .finish)
    #expect(try decode(coding, output.take(output.count)) == samples[3].prefix(2000) + samples[2])
  }

  @Test(arguments: ContentCoding.known)
  func `a bomb ends at the limit`(_ coding: ContentCoding) throws {
    let bomb = encode([UInt8](repeating: 0, count: 20_000_000), coding)
    #expect(bomb.count < 100_000)
    for pieces in [100, 1 << 20] {
      let error = #expect(throws: CompressionError.self) {
        try decode(coding, bomb, limit: 100_000, pieces: pieces)
      }
      #expect(error?.code == .limitExceeded)
    }
    let decoder = try #require(ContentDecoder(coding: coding.rawValue, limit: 100_000))
    let output = ByteBuffer()
    _ = try? decoder.decode(bomb.span, into: output)
    #expect(output.count <= 100_001)
  }

  @Test(arguments: ContentCoding.known)
  func `half a body is an error, none is not`(_ coding: ContentCoding) throws {
    let encoded = encode(samples[3], coding)
    #expect(try decode(coding, []) == [])
    for count in [1, encoded.count / 2, encoded.count - 1] {
      let error = #expect(throws: CompressionError.self) { try decode(coding, Array(encoded.prefix(count))) }
      #expect(error?.code == .truncated)
    }
  }

  @Test(arguments: ContentCoding.known)
  func `bytes of another kind are refused`(_ coding: ContentCoding) {
    let error = #expect(throws: CompressionError.self) {
      try decode(coding, [UInt8](repeating: 0xFF, count: 100))
    }
    #expect(error?.code == .corrupt)
  }

  @Test(arguments: ContentCoding.known)
  func `something else behind the end is refused`(_ coding: ContentCoding) {
    let error = #expect(throws: CompressionError.self) {
      try decode(coding, encode(samples[2], coding) + [0, 1, 2, 3, 4])
    }
    #expect(error?.code == (coding == .zstd ? .corrupt : .trailingData))
  }

  @Test(arguments: ContentCoding.known)
  func `damage is an error or changes nothing but the text`(_ coding: ContentCoding) {
    let encoded = encode(samples[2], coding)
    for at in encoded.indices {
      var damaged = encoded
      damaged[at] ^= 0x55
      // That it ends, and neither traps nor makes more than it may.
      if let text = try? decode(coding, damaged, limit: 1000) { #expect(text.count <= 1000) }
    }
  }

  #if Brotli
  /// The empty stream, and a stored block.
  @Test func `brotli reads what others write`() throws {
    #expect(try decode(.brotli, [0x06]) == [])
    #expect(try decode(.brotli, [0x0B, 0x02, 0x80] + Array("Hello".utf8) + [0x03]) == Array("Hello".utf8))
  }
  #endif

  #if Zstd
  @Test func `several frames are one, also those to be skipped`() throws {
    let skipped: [UInt8] = [0x50, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 1, 2, 3]
    let frames = encode(samples[2], .zstd) + skipped + encode(samples[1], .zstd)
    #expect(try decode(.zstd, frames) == samples[2] + samples[1])
    #expect(try decode(.zstd, frames, pieces: 1) == samples[2] + samples[1])
  }

  /// RFC 9659 allows 8 MiB: a frame with a window of 16, then one of 8, each with an empty last block.
  @Test func `windows that are too large are refused`() throws {
    let error = #expect(throws: CompressionError.self) {
      try decode(.zstd, [0x28, 0xB5, 0x2F, 0xFD, 0, 14 << 3, 1, 0, 0])
    }
    #expect(error?.code == .corrupt)
    #expect(try decode(.zstd, [0x28, 0xB5, 0x2F, 0xFD, 0, 13 << 3, 1, 0, 0]) == [])
  }
  #endif

  static let preferences: [(field: String, coding: ContentCoding?)] = [
    ("", nil), ("gzip", .gzip), ("GZIP", .gzip), ("x-gzip", .gzip), ("deflate", .deflate), ("compress", nil),
    ("deflate, gzip", .gzip), ("deflate, gzip;q=0.9", .deflate), ("gzip;q=0", nil), ("gzip;q=0.000", nil),
    ("gzip;q=x", nil), ("*", .gzip), ("*;q=0", nil), ("*, gzip;q=0", .deflate), ("identity", nil),
    ("gzip;q=0.5, identity", nil), ("gzip;q=0.5, identity;q=0.5", .gzip), ("gzip, identity;q=0", .gzip),
    ("gzip ; q=0.5 , deflate ; q=0.6", .deflate), ("identity, *;q=0.1", nil), (" , ;, gzip", .gzip),
  ]

  @Test(arguments: preferences)
  func `the client's wish decides`(_ row: (field: String, coding: ContentCoding?)) {
    #expect(ContentCoding.preferred(by: row.field, among: [.gzip, .deflate]) == row.coding)
  }

  #if Brotli && Zstd
  static let manyPreferences: [(field: String, coding: ContentCoding?)] = [
    ("gzip, deflate, br, zstd", .zstd), ("gzip, deflate, br", .brotli), ("gzip, br;q=0.9", .gzip),
    ("br;q=0.5, zstd;q=0.4, gzip;q=0.1", .brotli), ("zstd;q=0, br;q=0", nil), ("*", .zstd),
    ("br, *;q=0", .brotli),
    ("BR", .brotli),
  ]

  @Test(arguments: manyPreferences)
  func `where it leaves a choice the server's order does`(_ row: (field: String, coding: ContentCoding?)) {
    let offers: [ContentCoding] = [.zstd, .brotli, .gzip, .deflate]
    #expect(ContentCoding.preferred(by: row.field, among: offers) == row.coding)
    #expect(ContentCoding.preferred(by: "gzip, br", among: [.gzip, .brotli]) == .gzip)
    #expect(ContentCoding.preferred(by: "gzip, br", among: []) == nil)
  }
  #endif

  @Test func `have names`() {
    #expect(ContentCoding(named: "X-GZIP") == .gzip)
    #expect(ContentCoding(named: "Br")?.rawValue == (ContentCoding.brotli.isKnown ? "br" : nil))
    #expect(ContentCoding(named: "gzip, gzip") == nil)
    #expect(ContentCoding(named: "") == nil)
  }
}
