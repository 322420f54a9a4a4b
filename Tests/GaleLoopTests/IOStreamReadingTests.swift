// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import CSystem
import GaleCore
import TestSupport
import Testing

@testable import GaleLoop

/// Runs `body` with two connected streams: what is written to the first is read from the second.
func withStreams<Result>(
  _ transport: Transport, _ poller: PollerKind = .epoll,
  _ body: @escaping (_ loop: IOLoop, _ writer: IOStream, _ reader: IOStream) async throws -> Result
) throws -> Result {
  try runLoop(poller) { loop async throws in
    let (writer, reader) = try await transport.connect(on: loop)
    defer {
      writer.close()
      reader.close()
    }
    return try await body(loop, writer, reader)
  }
}

extension IOStream {
  func write(_ text: String) async throws { try await write(Array(text.utf8)) }

  /// Lets each byte travel by itself.
  func writeSlowly(_ text: String) {
    loop.spawn { [self] in
      for byte in text.utf8 {
        try await write([byte])
        await loop.turns(3)
      }
    }
  }

  func text(until delimiter: String, limit: Int? = nil) async throws -> String {
    String(decoding: try await read(until: Array(delimiter.utf8), limit: limit), as: UTF8.self)
  }

  func text(count: Int, partial: Bool = false) async throws -> String {
    String(decoding: try await read(count: count, partial: partial), as: UTF8.self)
  }

  func textUntilClose() async throws -> String {
    String(decoding: try await readUntilClose(), as: UTF8.self)
  }
}

/// The code of the error that `body` throws, if it is a stream's.
func streamError(_ body: () async throws -> Void) async -> StreamError.Code? {
  do {
    try await body()
    return nil
  } catch {
    return (error as? StreamError)?.code
  }
}

@Suite("iostream: reading")
struct IOStreamReadingTests {
  // MARK: - Every form over every transport

  @Test(arguments: Transport.allCases, PollerKind.allCases)
  func `every form of reading takes what it is to take and leaves the rest`(
    _ transport: Transport, _ poller: PollerKind
  ) throws {
    try withStreams(transport, poller) { _, writer, reader async throws in
      try await writer.write("one\r\ntwo\r\n\r\nkey=42;12345partial")
      #expect(try await reader.text(until: "\r\n") == "one\r\n")
      #expect(try await reader.text(until: "\r\n\r\n") == "two\r\n\r\n")
      #expect(try await reader.read(untilMatch: /[0-9]+;/) == Array("key=42;".utf8))
      #expect(try await reader.text(count: 3) == "123")
      #expect(try await reader.read(count: 0) == [])
      var room: [UInt8] = [0, 0, 9]
      #expect(try await reader.read(into: &room, partial: true) == 3)
      #expect(room == Array("45p".utf8))
      #expect(try await reader.text(count: 100, partial: true) == "artial")
      #expect(!reader.isReading)
    }
  }

  @Test(arguments: Transport.allCases, PollerKind.allCases)
  func `every form of reading waits for bytes that come one by one`(
    _ transport: Transport, _ poller: PollerKind
  ) throws {
    try withStreams(transport, poller) { loop, writer, reader async throws in
      writer.setNoDelay(true)
      writer.writeSlowly("one\r\r\n\r\nabcdef17;12345xyz")
      #expect(try await reader.text(until: "\r\n\r\n") == "one\r\r\n\r\n")
      // Nothing follows that would make the buffer grow: the match must be found when it is there.
      #expect(try await reader.read(untilMatch: /[0-9]+;/) == Array("abcdef17;".utf8))
      #expect(try await reader.text(count: 5) == "12345")
      #expect(try await reader.text(count: 3, partial: true).isEmpty == false)
    }
  }

  @Test(arguments: Transport.allCases)
  func `a match that is the last thing to come is found`(_ transport: Transport) throws {
    try withStreams(transport) { loop, writer, reader async throws in
      for length in 1...40 {
        let text = String(repeating: "a", count: length) + ";"
        writer.writeSlowly(text)
        #expect(try await reader.read(untilMatch: /;/) == Array(text.utf8))
      }
    }
  }

  @Test(arguments: Transport.allCases, PollerKind.allCases)
  func `reading until the close takes everything`(_ transport: Transport, _ poller: PollerKind) throws {
    try withStreams(transport, poller) { loop, writer, reader async throws in
      let sent = pattern(300_000)
      loop.spawn {
        try await writer.write(sent)
        writer.close()
      }
      #expect(areEqual(try await reader.readUntilClose(), sent))
      #expect(reader.isClosed)
      #expect(reader.error == nil)
      #expect(try await reader.readUntilClose() == [])
    }
  }

  @Test(arguments: Transport.allCases)
  func `a large exact read spans many small ones`(_ transport: Transport) throws {
    try withStreams(transport) { loop, writer, reader async throws in
      let sent = pattern(1_000_000)
      loop.spawn {
        for start in stride(from: 0, to: sent.count, by: 7777) {
          try await writer.write(Array(sent[start..<min(sent.count, start + 7777)]))
        }
      }
      #expect(areEqual(try await reader.read(count: 999_999), sent.dropLast()))
      #expect(try await reader.read(count: 1) == [sent[999_999]])
      #expect(reader.readBuffer == nil)
    }
  }

  @Test func `bytes travel both ways at once`() throws {
    for transport in Transport.sockets {
      try withStreams(transport) { loop, first, second async throws in
        let echo = loop.spawn {
          while let bytes = try? await second.read(count: 1000, partial: true) {
            try await second.write(bytes)
          }
        }
        let sent = pattern(500_000)
        loop.spawn { try await first.write(sent) }
        #expect(areEqual(try await first.read(count: sent.count), sent))
        first.close()
        await echo.value
      }
    }
  }

  // MARK: - Limits

  @Test(
    arguments: [
      ("abc\r\n", 5, true), ("abcd\r\n", 5, false), ("abcde", 5, false), ("abcdefgh\r\n", 5, false),
      ("abc", 5, nil),
    ] as [(String, Int, Bool?)], Transport.allCases)
  func `a delimiter that does not come within the limit closes the stream`(
    _ row: (String, Int, Bool?), _ transport: Transport
  ) throws {
    let (text, limit, isFound) = row
    try withStreams(transport) { loop, writer, reader async throws in
      var outcome: Bool?
      let task = loop.spawn {
        let code = await streamError { _ = try await reader.text(until: "\r\n", limit: limit) }
        outcome = code == nil
        if code != nil, outcome == false, isFound != nil { #expect(code == .limitExceeded) }
      }
      try await writer.write(text)
      if isFound == nil {
        try await loop.sleep(for: .milliseconds(5))
        #expect(reader.isReading)
        reader.close()
      }
      await task.value
      #expect(outcome == isFound ?? false)
      #expect(reader.isClosed == (isFound != true))
      if isFound == false { #expect(reader.error?.code == .limitExceeded) }
    }
  }

  @Test func `a match that does not come within the limit closes the stream`() throws {
    try withStreams(.pair) { _, writer, reader async throws in
      try await writer.write("aaaaaaaaaaaaaaaaaaaa;")
      #expect(await streamError { _ = try await reader.read(untilMatch: /;/, limit: 10) } == .limitExceeded)
      #expect(reader.isClosed)
    }
  }

  /// IOS-014.
  @Test(arguments: Transport.allCases)
  func `more unread bytes than the buffer may hold close the stream`(_ transport: Transport) throws {
    try withStreams(transport) { loop, writer, reader async throws in
      reader.maxBufferSize = 1000
      let task = loop.spawn { try? await writer.write([UInt8](repeating: 65, count: 300_000)) }
      #expect(await streamError { _ = try await reader.text(until: "\n") } == .bufferFull)
      #expect(reader.error?.code == .bufferFull)
      await task.value
    }
  }

  // MARK: - One read at a time

  @Test func `a second read while one waits is refused, and the first goes on`() throws {
    try withStreams(.pair) { loop, writer, reader async throws in
      var first = ""
      let task = loop.spawn { first = try await reader.text(until: "\n") }
      await loop.turns(2)
      #expect(reader.isReading)
      #expect(await streamError { _ = try await reader.read(count: 1) } == .alreadyReading)
      #expect(await streamError { _ = try await reader.readUntilClose() } == .alreadyReading)
      try await writer.write("line\n")
      await task.value
      #expect(first == "line\n")
    }
  }

  // MARK: - The end

  @Test(arguments: Transport.allCases)
  func `what came before the peer's close can still be read`(_ transport: Transport) throws {
    try withStreams(transport) { _, writer, reader async throws in
      try await writer.write("first\nsecond\nthird")
      writer.close()
      #expect(try await reader.text(until: "\n") == "first\n")
      #expect(try await reader.text(until: "\n") == "second\n")
      #expect(await streamError { _ = try await reader.text(until: "\n") } == .closed)
      #expect(reader.isClosed)
      #expect(try await reader.text(count: 2) == "th")
      #expect(await streamError { _ = try await reader.read(count: 4) } == .closed)
      #expect(try await reader.textUntilClose() == "ird")
      #expect(await streamError { _ = try await reader.read(count: 1) } == .closed)
      #expect(try await reader.textUntilClose() == "")
    }
  }

  @Test(arguments: Transport.allCases)
  func `closing ends a waiting read, with what there is if that is enough`(_ transport: Transport) throws {
    try withStreams(transport) { loop, writer, reader async throws in
      try await writer.write("abc")
      var code: StreamError.Code?
      let task = loop.spawn { code = await streamError { _ = try await reader.text(until: "\n") } }
      try await loop.wait { reader.readBuffer?.count == 3 }
      reader.close()
      await task.value
      #expect(code == .closed)
      #expect(try await reader.textUntilClose() == "abc")
    }
    try withStreams(transport) { loop, writer, reader async throws in
      try await writer.write("abc")
      var text = ""
      let task = loop.spawn { text = try await reader.textUntilClose() }
      try await loop.wait { reader.readBuffer?.count == 3 }
      reader.close()
      await task.value
      #expect(text == "abc")
    }
  }

  @Test(arguments: [Transport.tcp])
  func `a reset is an error with the system's number`(_ transport: Transport) throws {
    try withStreams(transport) { loop, writer, reader async throws in
      var caught: StreamError?
      let task = loop.spawn {
        do { _ = try await reader.readUntilClose() } catch { caught = error as? StreamError }
      }
      await loop.turns(2)
      writer.abort()
      await task.value
      #expect(caught?.code == .closed)
      #expect(caught?.systemError == 104)
      #expect(reader.error?.systemError == 104)
    }
  }

  // MARK: - Delivery to a protocol

  private final class Consumer: StreamConsumer {
    var taken: [UInt8] = []
    var shown: [Int] = []
    var most = Int.max
    var events: [String] = []
    var whenReceived: () -> Void = {}
    func streamReceived(_ stream: IOStream, _ bytes: Span<UInt8>) -> Int {
      shown.append(bytes.count)
      let count = min(most, bytes.count)
      for index in 0..<count { taken.append(bytes[index]) }
      whenReceived()
      return count
    }
    func streamEnded(_ stream: IOStream) { events.append("ended") }
    func streamClosed(_ stream: IOStream, _ error: StreamError) { events.append("closed") }
    func streamDrained(_ stream: IOStream) {}
  }

  @Test(arguments: Transport.sockets, PollerKind.allCases)
  func `a protocol is shown again what it left`(_ transport: Transport, _ poller: PollerKind) throws {
    try withStreams(transport, poller) { loop, writer, reader async throws in
      let consumer = Consumer()
      consumer.most = 2
      reader.consume(with: consumer)
      try await writer.write("abcde")
      try await loop.wait { consumer.shown.count == 1 }
      reader.deliverBuffered()
      #expect(consumer.shown == [5, 3])
      consumer.most = .max
      try await writer.write("fg")
      try await loop.wait { consumer.taken.count == 7 }
      #expect(String(decoding: consumer.taken, as: UTF8.self) == "abcdefg")
      #expect(consumer.shown == [5, 3, 3])
      writer.close()
      try await loop.wait { consumer.events == ["ended"] }
      #expect(!reader.isClosed)
      reader.close()
      reader.close()
      #expect(consumer.events == ["ended", "closed"])
    }
  }

  @Test(arguments: Transport.sockets, PollerKind.allCases)
  func `a paused stream holds its peer back`(_ transport: Transport, _ poller: PollerKind) throws {
    try withStreams(transport, poller) { loop, writer, reader async throws in
      let consumer = Consumer()
      consumer.whenReceived = { [unowned consumer] in
        if consumer.taken.count < 1_000_000 { reader.pauseReading() }
      }
      reader.consume(with: consumer)
      let total = 20_000_000
      let task = loop.spawn { try await writer.write([UInt8](repeating: 7, count: total)) }
      try await loop.wait { reader.isPaused }
      try await loop.sleep(for: .milliseconds(20))
      #expect(consumer.taken.count <= 2 * BufferPool.scratchSize)
      #expect(reader.readBuffer == nil)
      #expect(writer.unsentCount > total / 2)
      while consumer.taken.count < total {
        reader.resumeReading()
        await loop.moment()
      }
      await task.value
      #expect(consumer.taken.count == total)
    }
  }

  @Test func `a stream can be taken back from a protocol`() throws {
    try withStreams(.pair) { loop, writer, reader async throws in
      let consumer = Consumer()
      consumer.most = 3
      reader.consume(with: consumer)
      try await writer.write("abcdef")
      try await loop.wait { consumer.taken.count == 3 }
      reader.releaseConsumer()
      #expect(try await reader.text(count: 3) == "def")
      try await writer.write("ghi")
      #expect(try await reader.text(count: 3) == "ghi")
    }
  }
}
