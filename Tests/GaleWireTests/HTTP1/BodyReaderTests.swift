// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleWire
import Testing

@Suite("http1: bodies")
struct BodyReaderTests {
  /// Collects a body that arrives in pieces of `step` bytes.
  /// - Returns: The body, how many bytes of the input it took, and the reader.
  private func collect(
    _ reader: BodyReader, _ text: String, step: Int = .max
  ) throws -> (body: String, used: Int, reader: BodyReader) {
    var reader = reader
    let bytes = Array(text.utf8)
    var body: [UInt8] = []
    var (used, shown) = (0, 0)
    while shown < bytes.count || reader.isDone {
      shown = min(bytes.count, shown + min(step, bytes.count))
      reading: while true {
        var offset = 0
        let rest = bytes.span.extracting(used..<shown)
        let event = try reader.next(rest, &offset)
        used += offset
        switch event {
        case .data(let range): for index in range { body.append(rest[index]) }
        case .needMore: break reading
        case .end: return (String(decoding: body, as: UTF8.self), used, reader)
        }
      }
    }
    return (String(decoding: body, as: UTF8.self), used, reader)
  }

  @Test(arguments: [1, 2, 3, 7, 100])
  func `a body of known length is the next bytes and no more`(_ step: Int) throws {
    let result = try collect(BodyReader(length: 5, limits: HTTPLimits()), "helloGET", step: step)
    #expect(result.body == "hello")
    #expect(result.used == 5)
    #expect(result.reader.isDone)
  }

  @Test func `an empty body is complete at once`() throws {
    var reader = BodyReader(length: 0, limits: HTTPLimits())
    let nothing: [UInt8] = []
    var offset = 0
    #expect(reader.isDone)
    let event = try reader.next(nothing.span, &offset)
    #expect(event == .end)
  }

  @Test(arguments: [1, 2, 3, 7, 100])
  func `chunks are joined, and their extensions skipped`(_ step: Int) throws {
    let input = "5;a=\"b c\"\r\nhello\r\n2 ;x\r\n, \r\nA\r\n0123456789\r\n0;end\r\nX-Sum: 1 \r\n\r\nGET"
    let result = try collect(BodyReader(chunkedWith: HTTPLimits()), input, step: step)
    #expect(result.body == "hello, 0123456789")
    #expect(result.used == input.utf8.count - 3)
    #expect(result.reader.trailers["x-sum"] == "1")
  }

  @Test func `data is lent where it lies`() throws {
    var reader = BodyReader(chunkedWith: HTTPLimits())
    let bytes = Array("3\r\nabc\r\n0\r\n\r\n".utf8)
    var offset = 0
    let data = try reader.next(bytes.span, &offset)
    #expect(data == .data(3..<6))
    #expect(offset == 6)
    for _ in 0..<2 {
      let end = try reader.next(bytes.span, &offset)
      #expect(end == .end)
      #expect(offset == bytes.count)
    }
  }

  @Test(arguments: [("5\r\nhello\r\n0\r\n\r\n", true), ("5\r\nhello\r\n1\r\n", false), ("6\r\n", false)])
  func `a chunk over the limit is refused from its size`(_ text: String, _ isTaken: Bool) throws {
    var reader = BodyReader(chunkedWith: HTTPLimits())
    reader.limit = 5
    guard !isTaken else {
      #expect(try collect(reader, text).reader.isDone)
      return
    }
    #expect { try collect(reader, text) } throws: { ($0 as? HTTPInputError)?.code == .bodyTooLarge }
  }
}
