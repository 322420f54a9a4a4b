// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import CSystem
import GaleHTTP
import GaleLoop
import GaleTesting
import TestSupport
import Testing

@Suite("testing: streams in memory", .loop(timeLimit: .seconds(60), clock: .manual(autojump: .zero)))
struct MemoryStreamTests {
  private let loop = IOLoop.current
  private let text = Array("0123456789".utf8)

  /// What arrives, piece by piece, with the time of each.
  private func pieces(_ script: MemoryScript, _ bytes: [UInt8], close: Bool = true) async throws
    -> (pieces: [String], times: [Duration], error: StreamError?)
  {
    let (near, far) = try MemoryStream.pair(toSecond: script)
    let start = loop.time
    try await near.write(bytes)
    if close { near.close() }
    var (pieces, times): ([String], [Duration]) = ([], [])
    do {
      while true {
        let piece = try await far.read(count: 100, partial: true)
        pieces.append(String(decoding: piece, as: UTF8.self))
        times.append(loop.time - start)
      }
    } catch let error as StreamError {
      near.close()
      return (pieces, times, error)
    }
  }

  @Test func `bytes arrive as they are sent`() async throws {
    let (pieces, _, error) = try await pieces(.whole, text)
    #expect(pieces == ["0123456789"])
    #expect(error == .closed())
  }

  @Test func `bytes arrive one by one`() async throws {
    let (pieces, _, _) = try await pieces(.byteByByte, text)
    #expect(pieces == text.map { String(UnicodeScalar($0)) })
  }

  @Test func `pieces come as the script says, and then as they are`() async throws {
    let (pieces, times, error) = try await pieces(
      [.piece(1), .delay(.seconds(60)), .piece(3), .delay(.seconds(5))], text)
    #expect(pieces == ["0", "123", "456789"])
    #expect(times == [.zero, .seconds(60), .seconds(65)])
    #expect(error == .closed())
  }

  @Test func `a stream can end early, and what is sent then is lost`() async throws {
    let (pieces, _, error) = try await pieces([.piece(4), .end], text, close: false)
    #expect(pieces == ["0123"])
    #expect(error == .closed())
  }

  @Test func `a connection can be reset, which both ends see`() async throws {
    let (near, far) = try MemoryStream.pair(toSecond: [.piece(4), .reset])
    try await near.write(text)
    #expect(try await far.read(count: 4) == Array("0123".utf8))
    let error = await #expect(throws: StreamError.self) { _ = try await far.read(count: 1) }
    #expect(error?.systemError == 104)
    let other = await #expect(throws: StreamError.self) { _ = try await near.read(count: 1) }
    #expect(other?.systemError == 104)
  }

  @Test func `a read can fail with any error`() async throws {
    let (pieces, _, error) = try await pieces([.piece(2), .error(110)], text)
    #expect(pieces == ["01"])
    #expect(error == .closed(110))
  }

  @Test func `a sender is held back when as much is on its way as fits`() async throws {
    var script = MemoryScript.whole
    script.capacity = 4
    let (near, far) = try MemoryStream.pair(toSecond: script)
    try near.enqueue(text)
    for _ in 0..<10 { await loop.moment() }
    #expect(near.unsentCount == 6)
    #expect(try await far.read(count: 10) == text)
    #expect(near.unsentCount == 0)
  }

  @Test func `the same happens each time`() async throws {
    let script: MemoryScript = [.piece(3), .delay(.seconds(1)), .piece(2), .reset]
    let first = try await pieces(script, text, close: false)
    for _ in 0..<5 {
      let other = try await pieces(script, text, close: false)
      #expect(other.pieces == first.pieces && other.times == first.times && other.error == first.error)
    }
  }

  @Test(arguments: [MemoryScript.whole, .byteByByte, .pieces(of: 7), .late(.seconds(3))])
  func `a server answers the same however a request arrives`(_ script: MemoryScript) async throws {
    let server = try HTTPTestServer { request in
      try request.answer("\(request.method) \(request.uri) \(String(decoding: request.body, as: UTF8.self))")
    }
    let client = try server.connectInMemory(toServer: script, toClient: script)
    let requests =
      "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\none"
      + "POST /b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n3\r\ntwo\r\n0\r\n\r\n"
    try await client.write(Array(requests.utf8))
    let answers = String(decoding: try await client.readUntilClose(), as: UTF8.self)
    #expect(answers.contains("\r\n\r\nPOST /a oneHTTP/1.1 200 OK\r\n"))
    #expect(answers.hasSuffix("\r\n\r\nPOST /b two"))
  }
}

@Suite("testing: what every stream does", .loop(timeLimit: .seconds(60)))
struct StreamConformanceTests {
  @Test(
    arguments: StreamConformance.allCases,
    [MemoryScript.whole, .pieces(of: 1000), .late(.milliseconds(3)), [.piece(1), .piece(1), .piece(5)]])
  func `a stream in memory`(_ check: StreamConformance, _ script: MemoryScript) async throws {
    try await check.run { try MemoryStream.pair(toFirst: script, toSecond: script) }
  }

  @Test(arguments: StreamConformance.allCases, Transport.sockets)
  func `a socket`(_ check: StreamConformance, _ transport: Transport) async throws {
    try await check.run { try await transport.connect(on: .current) }
  }

  @Test(arguments: StreamConformance.oneWay) func `a pipe`(_ check: StreamConformance) async throws {
    try await check.run { try await Transport.pipe.connect(on: .current) }
  }

  @Test(
    .loop(timeLimit: .seconds(60), clock: .manual(autojump: .zero)),
    arguments: [
      (Fault.loses, StreamConformance.untilClose), (.swaps, .bytesArriveInOrder),
      (.deaf, .closeCallback),
    ])
  func `a broken stream is found out`(_ fault: Fault, _ check: StreamConformance) async throws {
    let texts = await failures {
      try await check.run {
        var ends: (Int32, Int32) = (-1, -1)
        #expect(unsafe gale_socket_pair(&ends.0, &ends.1) == 0)
        return (IOStream(descriptor: ends.0), BrokenStream(ends.1, fault))
      }
    }
    #expect(!texts.isEmpty)
  }

}

/// What a broken stream does.
enum Fault { case loses, swaps, deaf }

private final class BrokenStream: IOStream {
  private let fault: Fault

  init(_ descriptor: Int32, _ fault: Fault) {
    self.fault = fault
    super.init(descriptor: descriptor)
  }

  override func readFromDescriptor(_ bytes: UnsafeMutableRawBufferPointer) -> Int {
    let count = unsafe super.readFromDescriptor(bytes)
    switch fault {
    case .loses where count > 0: return max(1, count - 1)
    case .swaps where count > 1: unsafe bytes.swapAt(0, 1)
    case .deaf where count == 0: return -11
    default: break
    }
    return count
  }
}
