// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleLoop

/// The checks of ``StreamConformance``, on one pair of streams.
struct StreamChecks {
  private let writer: IOStream
  private let reader: IOStream
  private var loop: IOLoop { reader.loop }

  init(_ writer: IOStream, _ reader: IOStream) {
    self.writer = writer
    self.reader = reader
  }

  func run(_ check: StreamConformance) async throws {
    switch check {
    case .bytesArriveInOrder: try await bytesArriveInOrder()
    case .bothWays: try await bothWays()
    case .exactCount: try await exactCount()
    case .partialRead: try await partialRead()
    case .emptyRead: try expect(try await reader.read(count: 0) == [], "it returned something")
    case .emptyWrite: try await emptyWrite()
    case .delimiter: try await delimiter()
    case .limit: try await limit()
    case .untilClose: try await untilClose()
    case .largeTransfer: try await largeTransfer()
    case .heldBack: try await heldBack()
    case .writeLimit: try await writeLimit()
    case .readLimit: try await readLimit()
    case .queuedWrites: try await queuedWrites()
    case .secondRead: try await secondRead()
    case .closeWakesReader: try await closeWakesReader()
    case .peerCloseWakesReader: try await peerCloseWakesReader()
    case .closeCallback: try await closeCallback()
    case .writeAfterPeerClose: try await writeAfterPeerClose()
    case .useAfterClose: try await useAfterClose()
    case .closeTwice: try await closeTwice()
    case .halfClose: try await halfClose()
    case .turns: try await turns()
    }
  }

  // MARK: - Help

  private func expect(_ condition: Bool, _ what: String) throws {
    guard condition else { throw StreamConformanceError(description: what) }
  }

  /// Waits, for a bounded number of the loop's turns and moments, until `condition` holds.
  private func wait(_ what: String, until condition: () -> Bool) async throws {
    for attempt in 0..<5000 where !condition() {
      if attempt < 100 { await loop.moment() } else { try await loop.sleep(for: .milliseconds(1)) }
    }
    try expect(condition(), what)
  }

  private func expectClosed(_ what: String, _ body: () async throws -> Void) async throws {
    do {
      try await body()
    } catch let error as StreamError where error.code == .closed {
      return
    }
    throw StreamConformanceError(description: what)
  }

  /// Bytes that say where in the whole they stand.
  private func pattern(_ count: Int) -> [UInt8] {
    let block = (0..<8191).map { UInt8(truncatingIfNeeded: $0 * 7 / 5) }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count + block.count)
    while bytes.count < count { bytes += block }
    bytes.removeLast(bytes.count - count)
    return bytes
  }

  private func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

  // MARK: - The checks

  private func bytesArriveInOrder() async throws {
    let all = pattern(1000)
    for start in stride(from: 0, to: 1000, by: 100) {
      try await writer.write(Array(all[start..<start + 100]))
    }
    try expect(try await reader.read(count: 1000) == all, "other bytes arrived")
  }

  private func bothWays() async throws {
    let all = pattern(100_000)
    let (writer, reader) = (writer, reader)
    let there = loop.spawn { try await writer.write(all) }
    let back = loop.spawn { try await reader.write(all.reversed()) }
    try expect(try await reader.read(count: all.count) == all, "other bytes arrived at the second")
    try expect(try await writer.read(count: all.count) == all.reversed(), "other bytes arrived at the first")
    await there.value
    await back.value
  }

  private func exactCount() async throws {
    let (reader, taken) = (reader, Taken())
    let task = loop.spawn { taken.bytes = try await reader.read(count: 5) }
    try await writer.write(bytes("abc"))
    for _ in 0..<20 { await loop.moment() }
    try expect(taken.bytes == nil, "it returned with less than was asked for")
    try await writer.write(bytes("defg"))
    await task.value
    try expect(taken.bytes == bytes("abcde"), "it took something else: \(String(describing: taken.bytes))")
    try expect(try await reader.read(count: 2) == bytes("fg"), "what followed was lost")
  }

  private func partialRead() async throws {
    try await writer.write(bytes("abc"))
    var taken: [UInt8] = []
    while taken.count < 3 {
      let piece = try await reader.read(count: 100, partial: true)
      try expect(!piece.isEmpty, "it returned nothing")
      taken += piece
    }
    try expect(taken == bytes("abc"), "it took something else: \(taken)")
  }

  private func emptyWrite() async throws {
    try await writer.write([])
    try await writer.write(bytes("x"))
    try expect(try await reader.read(count: 1) == bytes("x"), "other bytes arrived")
  }

  private func delimiter() async throws {
    for piece in ["one\r", "\n", "two\r\nrest"] { try await writer.write(bytes(piece)) }
    try expect(try await reader.read(until: [13, 10]) == bytes("one\r\n"), "the first line is another one")
    try expect(try await reader.read(until: [13, 10]) == bytes("two\r\n"), "the second line is another one")
    try expect(try await reader.read(count: 4) == bytes("rest"), "what followed was lost")
  }

  private func limit() async throws {
    try await writer.write(bytes("0123456789"))
    do {
      _ = try await reader.read(until: [10], limit: 5)
    } catch let error as StreamError where error.code == .limitExceeded {
      return try expect(reader.isClosed, "the stream is still open")
    }
    throw StreamConformanceError(description: "no limit was observed")
  }

  private func untilClose() async throws {
    let all = pattern(50_000)
    let (reader, taken) = (reader, Taken())
    let task = loop.spawn { taken.bytes = try await reader.readUntilClose() }
    try await writer.write(all)
    writer.close()
    await task.value
    try expect(taken.bytes == all, "\(taken.bytes?.count ?? -1) of \(all.count) bytes arrived")
    try expect(reader.isClosed, "the stream is still open")
  }

  private func largeTransfer() async throws {
    let all = pattern(1 << 20)
    let writer = writer
    let task = loop.spawn { try await writer.write(all) }
    var taken: [UInt8] = []
    while taken.count < all.count {
      taken += try await reader.read(count: min(30_000, all.count - taken.count))
      await loop.moment()
    }
    await task.value
    try expect(taken == all, "other bytes arrived")
  }

  private func heldBack() async throws {
    let all = pattern(16 << 20)
    let (writer, done) = (writer, Taken())
    let task = loop.spawn {
      guard (try? await writer.write(all)) != nil else { return }
      done.bytes = []
    }
    for _ in 0..<50 { await loop.moment() }
    try expect(done.bytes == nil, "sixteen megabytes were taken though nobody read")
    try expect(writer.isWriting, "nothing waits to be sent")
    reader.close()
    await task.value
    try expect(done.bytes == nil, "the write succeeded though the peer was gone")
  }

  private func writeLimit() async throws {
    let writer = writer
    writer.maxWriteBufferSize = 1 << 20
    let first = pattern(1 << 20)
    var accepted = 0
    do throws(StreamError) {
      while accepted < 64 {
        try writer.enqueue(first)
        accepted += 1
      }
    } catch {
      try expect(error.code == .bufferFull, "it was refused for another reason: \(error)")
      let expected = accepted * first.count
      loop.spawn {
        try await writer.drain(); writer.close()
      }
      let count = try await reader.readUntilClose().count
      return try expect(count == expected, "\(count) bytes arrived, not \(expected)")
    }
    throw StreamConformanceError(description: "sixty-four megabytes were taken into a buffer of one")
  }

  private func readLimit() async throws {
    let (writer, reader) = (writer, reader)
    reader.maxBufferSize = 10_000
    loop.spawn { try? await writer.write(self.pattern(100_000)) }
    do {
      _ = try await reader.read(count: 50_000)
    } catch let error as StreamError {
      return try expect(reader.isClosed && error.code != .alreadyReading, "the stream is still open")
    }
    throw StreamConformanceError(description: "fifty thousand bytes were taken into a buffer of ten thousand")
  }

  private func queuedWrites() async throws {
    let writer = writer
    let piece = pattern(50_000)
    let tasks = (0..<5).map { number in loop.spawn { try await writer.write([UInt8(number)] + piece) } }
    for number in 0..<5 {
      let taken = try await reader.read(count: 50_001)
      try expect(taken == [UInt8(number)] + piece, "the write \(number) came in another order, or changed")
    }
    for task in tasks { await task.value }
  }

  private func secondRead() async throws {
    let (reader, taken) = (reader, Taken())
    let task = loop.spawn { taken.bytes = try await reader.read(count: 1) }
    await loop.moment()
    do {
      _ = try await reader.read(count: 1)
      throw StreamConformanceError(description: "two reads waited at the same time")
    } catch let error as StreamError {
      try expect(error.code == .alreadyReading, "it was refused for another reason: \(error)")
    }
    try await writer.write(bytes("x"))
    await task.value
    try expect(taken.bytes == bytes("x"), "the first read was disturbed")
  }

  private func closeWakesReader() async throws {
    let (reader, outcome) = (reader, Taken())
    let task = loop.spawn { outcome.error = await self.failure { _ = try await reader.read(count: 1) } }
    for _ in 0..<3 { await loop.moment() }
    reader.close()
    await task.value
    try expect(outcome.error?.code == .closed, "it ended otherwise: \(String(describing: outcome.error))")
  }

  private func peerCloseWakesReader() async throws {
    let (reader, outcome) = (reader, Taken())
    let task = loop.spawn { outcome.error = await self.failure { _ = try await reader.read(count: 1) } }
    for _ in 0..<3 { await loop.moment() }
    writer.close()
    await task.value
    try expect(outcome.error?.code == .closed, "it ended otherwise: \(String(describing: outcome.error))")
    try expect(reader.isClosed, "the stream is still open")
  }

  private func failure(_ body: () async throws -> Void) async -> StreamError? {
    do {
      try await body()
      return nil
    } catch {
      return error as? StreamError
    }
  }

  private func closeCallback() async throws {
    var calls = 0
    reader.setCloseCallback { calls += 1 }
    for _ in 0..<3 { await loop.moment() }
    try expect(calls == 0, "it was called while the stream was open")
    writer.close()
    try await wait("it was not called") { calls > 0 }
    reader.close()
    for _ in 0..<5 { await loop.moment() }
    try expect(calls == 1, "it was called \(calls) times")
  }

  private func writeAfterPeerClose() async throws {
    reader.close()
    for _ in 0..<3 { await loop.moment() }
    // What is sent before the news arrives may still be taken.
    try await expectClosed("a thousand writes were taken by a peer that is gone") {
      for _ in 0..<1000 {
        try await writer.write(pattern(1000))
        await loop.moment()
      }
    }
  }

  private func useAfterClose() async throws {
    reader.close()
    writer.close()
    try await expectClosed("a read on a closed stream succeeded") { _ = try await reader.read(count: 1) }
    try await expectClosed("a write on a closed stream succeeded") { try await writer.write([1]) }
    try await expectClosed("a closed stream takes bytes to send") { try writer.enqueue([1]) }
  }

  private func closeTwice() async throws {
    var calls = 0
    reader.setCloseCallback { calls += 1 }
    reader.close()
    reader.close()
    for _ in 0..<5 { await loop.moment() }
    try expect(calls == 1, "the close callback was called \(calls) times")
    try expect(reader.isClosed, "the stream is still open")
  }

  private func halfClose() async throws {
    try await writer.write(bytes("question"))
    writer.shutdownWriting()
    try expect(try await reader.read(count: 8) == bytes("question"), "other bytes arrived")
    try await reader.write(bytes("answer"))
    try expect(try await writer.read(count: 6) == bytes("answer"), "no answer arrived")
  }

  private func turns() async throws {
    let (writer, reader, loop) = (writer, reader, loop)
    let all = pattern(4 << 20)
    loop.spawn { try? await writer.write(all) }
    var count = 0
    var isDone = false
    let task = loop.spawn {
      _ = try await reader.read(count: all.count)
      isDone = true
    }
    while !isDone, count < 1_000_000 {
      await loop.moment()
      count += 1
    }
    await task.value
    try expect(isDone && count > 1, "nobody else ran while four megabytes arrived")
  }
}

/// What a task has found out.
private final class Taken {
  var bytes: [UInt8]?
  var error: StreamError?
}
