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

private let formats: [CompressionFormat] = [.gzip, .zlib, .raw]

private func deflated(
  _ bytes: [UInt8], _ format: CompressionFormat, windowBits: Int = 15, flush: Deflater.Flush = .finish
) -> [UInt8] {
  let output = ByteBuffer()
  Deflater(format, windowBits: windowBits).deflate(bytes.span, into: output, flush: flush)
  return output.take(output.count)
}

@Suite("content coding: deflate")
struct DeflateTests {
  @Test(arguments: formats, samples.indices)
  func `gives back what went in`(_ format: CompressionFormat, _ sample: Int) throws {
    let output = ByteBuffer()
    let inflater = Inflater(format)
    try inflater.inflate(deflated(samples[sample], format).span, into: output, limit: samples[sample].count)
    #expect(output.take(output.count) == samples[sample])
    #expect(inflater.isAtEnd)
  }

  @Test(arguments: 8...15)
  func `a window of any size is read with one of that size`(_ bits: Int) throws {
    for sample in samples {
      let output = ByteBuffer()
      try Inflater(.raw, windowBits: bits).inflate(
        deflated(sample, .raw, windowBits: bits).span, into: output, limit: sample.count)
      #expect(output.take(output.count) == sample)
    }
  }

  @Test func `bytes may come one at a time`() throws {
    let compressed = deflated(samples[3], .gzip)
    let output = ByteBuffer()
    let inflater = Inflater(.gzip)
    for byte in compressed { try inflater.inflate([byte].span, into: output, limit: samples[3].count) }
    #expect(output.take(output.count) == samples[3])
    #expect(inflater.isAtEnd)
  }

  @Test func `a sync flush lets all bytes be read and the state goes on`() throws {
    // RFC 7692, section 7.2.3.1 and 7.2.3.2: the same message twice.
    let deflater = Deflater(.raw)
    let output = ByteBuffer()
    deflater.deflate(Array("Hello".utf8).span, into: output, flush: .sync)
    #expect(
      output.take(output.count) == [0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00, 0x00, 0xFF, 0xFF])
    deflater.deflate(Array("Hello".utf8).span, into: output, flush: .sync)
    #expect(output.take(output.count) == [0xF2, 0x00, 0x11, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF])
    deflater.reset()
    deflater.deflate(Array("Hello".utf8).span, into: output, flush: .sync)
    #expect(output.count == 11)
  }

  @Test func `no more comes out than there is room for, and the rest later`() throws {
    let compressed = deflated([UInt8](repeating: 0, count: 1_000_000), .raw)
    let inflater = Inflater(.raw)
    let output = ByteBuffer()
    var offset = 0
    var total = 0
    var pieces = 0
    while try inflater.inflate(compressed.span, &offset, into: output, room: 1000) {
      #expect(output.count <= 1000)
      total += output.count
      output.removeAll()
      pieces += 1
    }
    #expect(total + output.count == 1_000_000)
    #expect(pieces >= 999)
    #expect(inflater.isAtEnd)
  }

  @Test(arguments: formats)
  func `a bomb ends at the limit`(_ format: CompressionFormat) {
    let compressed = deflated([UInt8](repeating: 0, count: 10_000_000), format)
    let output = ByteBuffer()
    #expect(throws: CompressionError.self) {
      try Inflater(format).inflate(compressed.span, into: output, limit: 100_000)
    }
    #expect(output.count == 100_001)
  }

  @Test(arguments: formats)
  func `bytes of another kind are refused`(_ format: CompressionFormat) {
    let error = #expect(throws: CompressionError.self) {
      try Inflater(format).inflate([UInt8](repeating: 0xFF, count: 100).span, into: ByteBuffer(), limit: 1000)
    }
    #expect(error?.code == .corrupt)
  }

  @Test(arguments: [CompressionFormat.gzip, .zlib])
  func `a wrong checksum is refused`(_ format: CompressionFormat) {
    var compressed = deflated(samples[3], format)
    compressed[compressed.count - (format == .gzip ? 5 : 1)] ^= 1
    let error = #expect(throws: CompressionError.self) {
      try Inflater(format).inflate(compressed.span, into: ByteBuffer(), limit: .max)
    }
    #expect(error?.code == .corrupt)
  }

  @Test func `gzip members one after the other are one`() throws {
    let output = ByteBuffer()
    let twice = deflated(samples[2], .gzip) + deflated(samples[1], .gzip)
    try Inflater(.gzip).inflate(twice.span, into: output, limit: .max)
    #expect(output.take(output.count) == samples[2] + samples[1])
  }

  @Test(arguments: formats)
  func `something else behind the end is refused`(_ format: CompressionFormat) {
    let error = #expect(throws: CompressionError.self) {
      try Inflater(format).inflate((deflated(samples[2], format) + [0]).span, into: ByteBuffer(), limit: .max)
    }
    #expect(error?.code == .trailingData)
  }
}

@Suite("util: GzipDecompressor")
struct GzipDecompressorTests {
  @Test func `takes data with a limit`() throws {
    let text = samples[3]
    var decompressor = GzipDecompressor()
    var input = gzip(text.span)
    var output: [UInt8] = []
    repeat {
      let piece = try decompressor.decompress(input, limit: 999)
      #expect(piece.count <= 999)
      output += piece
      input = decompressor.unconsumedTail
    } while decompressor.hasPendingOutput
    try decompressor.finish()
    #expect(output == samples[3])
  }

  @Test func `says that data end too early`() throws {
    let text = samples[3]
    var decompressor = GzipDecompressor()
    _ = try decompressor.decompress(Array(gzip(text.span).dropLast()))
    do throws(CompressionError) {
      try decompressor.finish()
      Issue.record("no error")
    } catch {
      #expect(error.code == .truncated)
    }
  }
}

@Suite("content coding: bodies")
struct ContentDecoderTests {
  private func decode(_ coding: String, _ bytes: [UInt8], limit: Int = .max, pieces: Int) throws -> [UInt8] {
    let decoder = try #require(ContentDecoder(coding: coding, limit: limit))
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

  @Test(arguments: ["gzip", "X-GZip", "deflate"], [1, 2, 7, 1 << 20])
  func `decodes a body in pieces`(_ coding: String, _ pieces: Int) throws {
    for sample in samples.prefix(4) {
      let forms: [CompressionFormat] = coding == "deflate" ? [.zlib, .raw] : [.gzip]
      for form in forms { #expect(try decode(coding, deflated(sample, form), pieces: pieces) == sample) }
    }
  }

  @Test(arguments: ["gzip", "deflate"])
  func `an empty body is no error, half a body is one`(_ coding: String) throws {
    #expect(try decode(coding, [], pieces: 1).isEmpty)
    let half = deflated(samples[3], coding == "gzip" ? .gzip : .zlib).dropLast(9)
    #expect(throws: CompressionError.self) { try decode(coding, Array(half), pieces: 100) }
    #expect(throws: CompressionError.self) { try decode(coding, [half[0]], pieces: 100) }
  }

  @Test func `the limit is for the whole body`() {
    let compressed = deflated([UInt8](repeating: 0, count: 100_000), .gzip)
    let error = #expect(throws: CompressionError.self) {
      try decode("gzip", compressed, limit: 99_999, pieces: 10)
    }
    #expect(error?.code == .limitExceeded)
    #expect(throws: Never.self) { try decode("gzip", compressed, limit: 100_000, pieces: 10) }
  }

  @Test(arguments: ["compress", "identity", "gzip, gzip", ""])
  func `other codings are left to the caller`(_ coding: String) {
    let decoder = ContentDecoder(coding: coding, limit: 1)
    #expect(decoder == nil)
  }
}
