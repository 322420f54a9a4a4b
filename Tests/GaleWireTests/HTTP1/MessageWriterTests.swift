// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleWire
import Testing

@Suite("http1: writing")
struct MessageWriterTests {
  private func written(_ body: (ByteBuffer) throws -> Void) rethrows -> String {
    let buffer = ByteBuffer()
    try body(buffer)
    return String(decoding: buffer.take(buffer.count), as: UTF8.self)
  }

  @Test(
    arguments: [
      (200, nil, "HTTP/1.1 200 OK\r\n"), (404, nil, "HTTP/1.1 404 Not Found\r\n"),
      (200, "Fine", "HTTP/1.1 200 Fine\r\n"), (799, nil, "HTTP/1.1 799 Unknown\r\n"),
      (431, "x", "HTTP/1.1 431 x\r\n"),
    ] as [(Int, String?, String)])
  func `a status line is version, code and phrase`(_ status: Int, _ reason: String?, _ expected: String) {
    #expect(written { MessageWriter.writeStatusLine(status, reason: reason, to: $0) } == expected)
  }

  @Test(arguments: [
    (1, "1\r\n"), (15, "f\r\n"), (16, "10\r\n"), (0xDEAD, "dead\r\n"), (0x7FFF_FFFF, "7fffffff\r\n"),
  ])
  func `a chunk begins with its size in hexadecimal`(_ count: Int, _ expected: String) {
    #expect(written { MessageWriter.writeChunkHead(count, to: $0) } == expected)
  }

  @Test func `the last chunk carries the trailer fields`() throws {
    #expect(written { MessageWriter.writeLastChunk(trailers: nil, to: $0) } == "0\r\n\r\n")
    let trailers = try HTTPHeaders([("x-sum", "1"), ("Y", "")])
    #expect(
      written { MessageWriter.writeLastChunk(trailers: trailers, to: $0) } == "0\r\nX-Sum: 1\r\nY: \r\n\r\n")
  }

  @Test(arguments: [[1], [5, 1, 300], [65_536]])
  func `chunks that were written can be read`(_ sizes: [Int]) throws {
    let buffer = ByteBuffer()
    var sent: [UInt8] = []
    for (index, size) in sizes.enumerated() {
      let piece = [UInt8](repeating: UInt8(index), count: size)
      MessageWriter.writeChunkHead(size, to: buffer)
      buffer.append(piece)
      buffer.append("\r\n")
      sent += piece
    }
    MessageWriter.writeLastChunk(trailers: nil, to: buffer)
    let bytes = buffer.take(buffer.count)
    var reader = BodyReader(chunkedWith: HTTPLimits())
    var received: [UInt8] = []
    var offset = 0
    while case .data(let range) = try reader.next(bytes.span, &offset) { received += bytes[range] }
    #expect(received == sent)
    #expect(reader.isDone)
    #expect(offset == bytes.count)
  }
}
