// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import CSystem
import GaleCore
import Glibc
import TestSupport
import Testing

@testable import GaleLoop

@Suite("iostream: writing, connecting, closing")
struct IOStreamWritingTests {
  // MARK: - Writing (IOS-007)

  @Test(arguments: Transport.allCases, PollerKind.allCases)
  func `a write waits for a reader that is slow`(_ transport: Transport, _ poller: PollerKind) throws {
    try withStreams(transport, poller) { loop, writer, reader async throws in
      let sent = pattern(20_000_000)
      var isDone = false
      let task = loop.spawn {
        try await writer.write(sent)
        isDone = true
      }
      try await loop.sleep(for: .milliseconds(10))
      #expect(!isDone)
      #expect(writer.isWriting)
      #expect(writer.unsentCount > 10_000_000)
      // A reader that takes a little at a time holds no more than that.
      var received: [UInt8] = []
      received.reserveCapacity(sent.count)
      while received.count < sent.count {
        received += try await reader.read(count: 100_000, partial: true)
        #expect((reader.readBuffer?.count ?? 0) <= 4 * BufferPool.scratchSize)
      }
      await task.value
      #expect(isDone)
      #expect(!writer.isWriting)
      #expect(areEqual(received, sent))
      #expect(writer.writeBuffer == nil)
    }
  }

  @Test(arguments: Transport.allCases)
  func `a writer that waits for each write never holds more than one`(_ transport: Transport) throws {
    try withStreams(transport) { loop, writer, reader async throws in
      let piece = [UInt8](repeating: 3, count: 65_536)
      var most = 0
      let task = loop.spawn {
        for _ in 0..<320 {
          try writer.enqueue(piece)
          most = max(most, writer.unsentCount)
          try await writer.drain()
        }
        writer.close()
      }
      var count = 0
      while let bytes = try? await reader.read(count: 50_000, partial: true) {
        count += bytes.count
        if count % 7 == 0 { await loop.moment() }
      }
      await task.value
      #expect(count == 320 * 65_536)
      #expect(most <= 65_536)
    }
  }

  @Test(arguments: Transport.allCases)
  func `several writes may wait, go out in order, and end in order`(_ transport: Transport) throws {
    try withStreams(transport) { loop, writer, reader async throws in
      var ended: [Int] = []
      let tasks = (0..<5).map { index in
        loop.spawn {
          try await writer.write([UInt8](repeating: UInt8(index), count: 1_000_000))
          ended.append(index)
        }
      }
      let received = try await reader.read(count: 5_000_000)
      for task in tasks { await task.value }
      #expect(ended == [0, 1, 2, 3, 4])
      for index in 0..<5 {
        let part = received[index * 1_000_000..<(index + 1) * 1_000_000]
        #expect(areEqual(part, [UInt8](repeating: UInt8(index), count: 1_000_000)))
      }
    }
  }

  @Test func `a full write queue refuses more and sends none of it`() throws {
    try withStreams(.pair) { loop, writer, reader async throws in
      writer.maxWriteBufferSize = 2_000_000
      let first = [UInt8](repeating: 1, count: 2_000_000)
      let task = loop.spawn { try await writer.write(first) }
      await loop.turns(2)
      #expect(
        await streamError { try await writer.write([UInt8](repeating: 2, count: 2_000_000)) } == .bufferFull)
      #expect(!writer.isClosed)
      #expect(areEqual(try await reader.read(count: first.count), first))
      await task.value
      try await writer.write([3])
      #expect(try await reader.read(count: 1) == [3])
    }
  }

  @Test(arguments: Transport.allCases)
  func `writing to a closed stream fails at once`(_ transport: Transport) throws {
    try withStreams(transport) { _, writer, reader async throws in
      writer.close()
      #expect(await streamError { try await writer.write([1]) } == .closed)
      #expect(await streamError { try await writer.drain() } == .closed)
      _ = reader
    }
  }

  @Test(arguments: Transport.allCases, PollerKind.allCases)
  func `a peer that is gone fails what waits to be written`(_ transport: Transport, _ poller: PollerKind)
    throws
  {
    try withStreams(transport, poller) { loop, writer, reader async throws in
      var code: StreamError.Code?
      let task = loop.spawn {
        code = await streamError { try await writer.write([UInt8](repeating: 1, count: 10_000_000)) }
      }
      await loop.turns(3)
      reader.close()
      await task.value
      #expect(code == .closed)
      #expect(writer.isClosed)
      #expect([EPIPE, ECONNRESET].contains(writer.error?.systemError))
    }
  }

  @Test(arguments: Transport.allCases)
  func `closing fails what waits to be written`(_ transport: Transport) throws {
    try withStreams(transport) { loop, writer, reader async throws in
      var codes: [StreamError.Code?] = []
      let tasks = (0..<3).map { _ in
        loop.spawn {
          codes.append(await streamError { try await writer.write([UInt8](repeating: 1, count: 10_000_000)) })
        }
      }
      await loop.turns(3)
      writer.close()
      for task in tasks { await task.value }
      #expect(codes == [.closed, .closed, .closed])
      _ = reader
    }
  }

  // MARK: - Files

  @Test(arguments: Transport.sockets, PollerKind.allCases)
  func `a part of a file goes out between what was queued before and after it`(
    _ transport: Transport, _ poller: PollerKind
  ) throws {
    try withStreams(transport, poller) { loop, writer, reader async throws in
      let directory = try TemporaryDirectory()
      let content = pattern(8_000_000)
      try directory.write(content, to: "file")
      let file = unsafe gale_open_read(directory.path("file"))
      defer { _ = gale_close(file) }
      let before = [UInt8](repeating: 0xBB, count: 3_000_000)
      try writer.enqueue(before)
      writer.enqueueFile(file, offset: 10, count: content.count - 20)
      try writer.enqueue(Array("after".utf8))
      let task = loop.spawn { try await writer.drain() }
      var received = try await reader.read(count: before.count)
      #expect(areEqual(received, before))
      received = try await reader.read(count: content.count - 20)
      #expect(areEqual(received, content[10..<content.count - 10]))
      #expect(try await reader.text(count: 5) == "after")
      await task.value
      #expect(writer.unsentCount == 0)
    }
  }

  @Test(arguments: Transport.sockets, [1, 8192, 8193])
  func `a small file goes out in its place too`(_ transport: Transport, _ count: Int) throws {
    try withStreams(transport) { loop, writer, reader async throws in
      let directory = try TemporaryDirectory()
      let content = pattern(count + 2)
      try directory.write(content, to: "file")
      let file = unsafe gale_open_read(directory.path("file"))
      defer { _ = gale_close(file) }
      writer.output.append(Array("before".utf8))
      writer.enqueueFile(file, offset: 1, count: count)
      try writer.enqueue(Array("after".utf8))
      #expect(try await reader.text(count: 6) == "before")
      #expect(areEqual(try await reader.read(count: count), content[1...count]))
      #expect(try await reader.text(count: 5) == "after")
      #expect(writer.unsentCount == 0)
      _ = loop
    }
  }

  @Test(arguments: Transport.sockets)
  func `a file that became shorter closes the stream`(_ transport: Transport) throws {
    try withStreams(transport) { loop, writer, reader async throws in
      let directory = try TemporaryDirectory()
      try directory.write([UInt8](repeating: 1, count: 100), to: "file")
      let file = unsafe gale_open_read(directory.path("file"))
      defer { _ = gale_close(file) }
      writer.enqueueFile(file, offset: 0, count: 101)
      #expect(try await reader.read(count: 100).count == 100)
      #expect(await streamError { _ = try await reader.read(count: 1) } == .closed)
      #expect(writer.isClosed)
      _ = loop
    }
  }

  // MARK: - Connecting (IOS-020)

  @Test(arguments: PollerKind.allCases)
  func `a refused connection fails with the system's reason`(_ poller: PollerKind) throws {
    try runLoop(poller) { loop async throws in
      let address = try bindSockets(port: 0, address: "127.0.0.1")[0].address
      var caught: StreamError?
      do { _ = try await IOStream.connect(to: address, on: loop) } catch { caught = error as? StreamError }
      #expect(caught?.code == .closed)
      #expect(caught?.systemError == ECONNREFUSED)
      do {
        _ = try await IOStream.connect(to: SocketAddress(path: "/nonexistent/socket"), on: loop)
      } catch { caught = error as? StreamError }
      #expect(caught?.systemError == ENOENT)
    }
  }

  @Test(arguments: PollerKind.allCases)
  func `hundreds of connections at once all come through`(_ poller: PollerKind) throws {
    try runLoop(poller) { loop async throws in
      let socket = try bindSockets(port: 0, address: "127.0.0.1")[0]
      var accepted: [IOStream] = []
      let acceptor = try Acceptor(socket, on: loop) { descriptor, _ in
        let stream = IOStream(descriptor: descriptor, on: loop)
        accepted.append(stream)
        loop.spawn { try await stream.write(stream.read(count: 4)) }
      }
      var echoes = 0
      let tasks = (0..<200).map { index in
        loop.spawn {
          let stream = try await IOStream.connect(to: socket.address, on: loop)
          let sent = Array("\(1000 + index)".utf8)
          try await stream.write(sent)
          if try await stream.read(count: 4) == sent { echoes += 1 }
          stream.close()
        }
      }
      for task in tasks { await task.value }
      #expect(echoes == 200)
      acceptor.stop()
      for stream in accepted { stream.close() }
    }
  }

  // MARK: - Closing (IOS-008, IOS-009, IOS-010)

  @Test(arguments: Transport.allCases, PollerKind.allCases)
  func `an idle stream with a close callback notices its peer's close`(
    _ transport: Transport, _ poller: PollerKind
  ) throws {
    try withStreams(transport, poller) { loop, writer, reader async throws in
      var calls = 0
      reader.setCloseCallback {
        #expect(reader.isClosed)
        #expect(loop.isCurrent)
        calls += 1
      }
      try await writer.write("unread")
      await loop.turns(3)
      #expect(calls == 0)
      writer.close()
      try await loop.wait { calls == 1 }
      reader.close()
      await loop.turns(3)
      #expect(calls == 1)
      #expect(reader.error == nil)
      #expect(try await reader.textUntilClose() == "unread")
    }
  }

  @Test func `the close callback runs after the reads that the close ended`() throws {
    try withStreams(.pair) { loop, writer, reader async throws in
      var order: [String] = []
      reader.setCloseCallback { order.append("callback") }
      loop.spawn {
        _ = try await reader.readUntilClose()
        order.append("read")
      }
      await loop.turns(2)
      reader.close()
      order.append("closed")
      try await loop.wait { order.count == 3 }
      #expect(order.first == "closed")
      _ = writer
    }
  }

  @Test func `a close callback that comes too late is called all the same`() throws {
    try withStreams(.pair) { loop, _, reader async throws in
      reader.close()
      var calls = 0
      reader.setCloseCallback { calls += 1 }
      #expect(calls == 0)
      try await loop.wait { calls == 1 }
      reader.setCloseCallback(nil)
    }
  }

  @Test func `a stream that nobody needs is freed and its descriptor closed`() throws {
    try runLoop { loop async throws in
      weak var weakFirst: IOStream?
      weak var weakSecond: IOStream?
      var number: Int32 = -1
      do {
        let (first, second) = try IOStream.pair(on: loop)
        (weakFirst, weakSecond) = (first, second)
        try await first.write("x")
        #expect(try await second.text(count: 1) == "x")
        number = second.descriptor
        second.close()
      }
      await loop.turns(2)
      #expect(weakSecond == nil)
      #expect(fcntl(number, F_GETFD) < 0 || weakFirst == nil)
      #expect(weakFirst == nil)
    }
  }

  /// The writer of a pipe would end the process by SIGPIPE.
  @Test func `writing to a pipe without a reader is an error, not the end`() async {
    await #expect(processExitsWith: .success) {
      try runLoop { loop async throws in
        let (writer, reader) = try await Transport.pipe.connect(on: loop)
        reader.close()
        let code = await streamError { try await writer.write([1]) }
        #expect(code == .closed)
        #expect(writer.error?.systemError == EPIPE)
      }
    }
  }
}
