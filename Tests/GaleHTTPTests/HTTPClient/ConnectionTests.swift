// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleLoop
import GaleWire
import TestSupport
import Testing

@testable import GaleHTTP

/// CLI-031, CLI-032, CLI-034; ASK-041.
@Suite("httpclient: connections")
struct ConnectionTests {
  private static let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

  @Test(arguments: PollerKind.allCases)
  func `a connection carries one request after another`(_ poller: PollerKind) throws {
    try withClient(poller: poller) { bench, server async throws in
      for index in 0..<50 {
        let response =
          index % 3 == 0
          ? try await bench.fetch("/\(index)", method: "POST", body: .text("b\(index)"))
          : try await bench.fetch("/\(index)")
        #expect(response.lines.first == "\(index % 3 == 0 ? "POST" : "GET") /\(index)")
      }
      #expect(server.context.connectionCount == 1)
      #expect(bench.engine.idleConnectionCount == 1)
    }
  }

  @Test func `requests at the same time have connections of their own`() throws {
    var exchanges: [HTTPServerRequest] = []
    try withClient(start: { _ in Exchange { exchanges.append($0) } }) { bench, server async throws in
      let fetches = (0..<5).map { index in Future(on: bench.loop) { try await bench.fetch("/\(index)") } }
      try await bench.loop.wait { exchanges.count == 5 }
      #expect(bench.engine.busyConnectionCount == 5)
      for request in exchanges.reversed() { request.answer(request.uri) }
      for (index, fetch) in fetches.enumerated() { #expect(try await fetch.get().text == "/\(index)") }
      #expect(bench.engine.idleConnectionCount == 5)
      #expect(server.context.connectionCount == 5)
    }
  }

  @Test func `more than the limit wait for their turn, first come, first served`() throws {
    var configuration = HTTPClientConfiguration()
    configuration.maxClients = 2
    var order: [String] = []
    var waiting: [HTTPServerRequest] = []
    try withClient(
      configuration,
      start: { _ in
        Exchange {
          order.append($0.uri)
          waiting.append($0)
        }
      }
    ) { bench, _ async throws in
      var fetches: [Future<HTTPResponse>] = []
      for index in 0..<6 {
        fetches.append(Future(on: bench.loop) { try await bench.fetch("/\(index)") })
        await bench.loop.turns(2)
      }
      try await bench.loop.wait { waiting.count == 2 }
      #expect(bench.client.load == (2, 4))
      fetches[3].cancel()  // One in the middle gives up.
      try await bench.loop.wait { bench.client.load.waiting == 3 }
      while order.count < 5 || !waiting.isEmpty {
        try await bench.loop.wait { !waiting.isEmpty }
        waiting.removeFirst().answer("x")
      }
      for index in [0, 1, 2, 4, 5] {
        let info = try await fetches[index].get().timeInfo
        #expect((info.queue > .zero) == (index > 1))
        #expect(info.total >= info.queue)
      }
      #expect(order.prefix(2).sorted() == ["/0", "/1"])
      #expect(Array(order.dropFirst(2)) == ["/2", "/4", "/5"])
    }
  }

  @Test(arguments: [
    "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
    "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
  ])
  func `a connection is kept only if the server keeps it`(_ answer: String) throws {
    try withScript({ stream, _ in
      while true {
        _ = try await stream.readHead()
        try await stream.send(answer)
      }
    }) { bench, server async throws in
      for _ in 0..<3 { #expect(try await bench.fetch("/").text == "ok") }
      #expect(server.accepted == 3)
      #expect(bench.engine.idleConnectionCount == 0)
    }
  }

  @Test func `HTTP 1-0 with keep-alive is kept`() throws {
    try withScript({ stream, _ in
      while true {
        _ = try await stream.readHead()
        try await stream.send("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nok")
      }
    }) { bench, server async throws in
      for _ in 0..<3 { #expect(try await bench.fetch("/").text == "ok") }
      #expect(server.accepted == 1)
    }
  }

  @Test func `a connection is not kept if the request or the client says so`() throws {
    try withClient { bench, server async throws in
      _ = try await bench.fetch("/") { $0.keepsAlive = false }
      #expect(bench.engine.idleConnectionCount == 0)
      _ = try await bench.fetch("/")
      #expect(bench.engine.idleConnectionCount == 1)
    }
    var configuration = HTTPClientConfiguration()
    configuration.maxIdleConnections = 0
    try withClient(configuration) { bench, _ async throws in
      _ = try await bench.fetch("/")
      #expect(bench.engine.idleConnectionCount == 0)
    }
  }

  @Test func `a kept connection that the server closes is forgotten`() throws {
    try withScript({ stream, _ in
      _ = try await stream.readHead()
      try await stream.send(ConnectionTests.ok)
    }) { bench, server async throws in
      _ = try await bench.fetch("/")
      try await bench.loop.wait { bench.engine.idleConnectionCount == 0 }
      #expect(try await bench.fetch("/", method: "POST", body: "x").text == "ok")
      #expect(server.accepted == 2)
    }
  }

  @Test func `a connection is kept for a while`() throws {
    var configuration = HTTPClientConfiguration()
    configuration.idleTimeout = .milliseconds(50)
    try withClient(configuration) { bench, server async throws in
      _ = try await bench.fetch("/")
      #expect(bench.engine.idleConnectionCount == 1)
      try await bench.loop.wait { bench.engine.idleConnectionCount == 0 }
      try await bench.loop.wait { server.context.connectionCount == 0 }
    }
  }

  /// The server takes the request on a kept connection and closes it without a word.
  @Test(arguments: [("GET", true), ("PUT", true), ("DELETE", true), ("POST", false), ("PATCH", false)])
  func `a request on a stale connection is sent again if it may be`(_ method: String, _ isRepeated: Bool)
    throws
  {
    try withScript({ stream, number in
      _ = try await stream.readHead()
      try await stream.send(ConnectionTests.ok)
      _ = try await stream.readHead()
      if number > 1 { try await stream.send(ConnectionTests.ok) }
    }) { bench, server async throws in
      #expect(try await bench.fetch("/").text == "ok")
      let body: HTTPRequestBody? = ["GET", "DELETE"].contains(method) ? nil : "x"
      let error = await clientError { () async throws in
        #expect(try await bench.fetch("/", method: method, body: body).text == "ok")
      }
      #expect(error?.code == (isRepeated ? nil : .connectionClosed))
      #expect(server.accepted == (isRepeated ? 2 : 1))
    }
  }

  @Test func `a request is sent again once, and not if something of its answer came`() throws {
    try withScript({ stream, number in
      if number == 1 {
        _ = try await stream.readHead()
        try await stream.send(ConnectionTests.ok)
      }
      _ = try await stream.readHead()
    }) { bench, server async throws in
      _ = try await bench.fetch("/")
      #expect(await bench.failure()?.code == .connectionClosed)
      #expect(server.accepted == 2)
    }
    try withScript({ stream, number in
      _ = try await stream.readHead()
      try await stream.send(ConnectionTests.ok)
      _ = try await stream.readHead()
      try await stream.send("HTTP/1.1 2")
    }) { bench, server async throws in
      _ = try await bench.fetch("/")
      let error = await bench.failure()
      #expect(error?.code == .connectionClosed)
      #expect(error?.message == "Connection closed inside the header")
      #expect(server.accepted == 1)
    }
  }

  @Test func `bytes that nobody asked for end a kept connection`() throws {
    try withScript({ stream, _ in
      _ = try await stream.readHead()
      try await stream.send(ConnectionTests.ok)
      try await stream.loop.sleep(for: .milliseconds(20))  // Not in the same packet.
      try await stream.send("HTTP/1.1 200 Injected\r\nContent-Length: 0\r\n\r\n")
      await stream.awaitClose()
    }) { bench, server async throws in
      _ = try await bench.fetch("/")
      try await bench.loop.wait { bench.engine.idleConnectionCount == 0 }
      #expect(try await bench.fetch("/").reason == "OK")
      #expect(server.accepted == 2)
    }
  }

  // MARK: - Servers that lie

  @Test(
    arguments: [
      ("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort", .truncatedBody),
      ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nlonger", .unexpectedData),
      ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc", .invalidFraming),
      ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\nab", .invalidFraming),
      ("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\nab", .invalidFraming),
      ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab", .invalidChunk),
      ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n", .invalidChunk),
      ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n", .truncatedBody),
      ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nx", .unexpectedData),
      ("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", .invalidResponse),
      ("HTTP/1.1 204 No Content\r\n\r\nbody", .unexpectedData),
      ("HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\nbody", .invalidFraming),
      ("HTTP/1.1 100 Continue\r\nContent-Length: 4\r\n\r\nbody", .invalidFraming),
      ("HTTP/1.1 304 Not Modified\r\nContent-Length: 4\r\n\r\nbody", .unexpectedData),
      ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", .invalidResponse),
      ("SSH-2.0-OpenSSH\r\n", .invalidResponse), ("HTTP/2 200\r\n\r\n", .invalidResponse),
      ("HTTP/1.1 200 OK\r\nA b\r\n\r\n", .invalidResponse), ("HTTP/1.1 200 OK\r\nA: b", .connectionClosed),
      ("HTTP/1.1 200 OK\nContent-Length: 0\n\n", .invalidResponse), ("", .connectionClosed),
      (String(repeating: "HTTP/1.1 103 Hints\r\n\r\n", count: 40), .invalidResponse),
      ("HTTP/1.1 200 OK\r\n\(String(repeating: "A: b\r\n", count: 20_000))\r\n", .headersTooLarge),
      ("HTTP/1.1 200 OK\r\nA: \(String(repeating: "b", count: 70_000))", .headersTooLarge),
    ] as [(String, HTTPClientError.Code)])
  func `a server that lies gets an error of its kind, and no second request`(
    _ answer: String, _ code: HTTPClientError.Code
  ) throws {
    try withScript({ stream, _ in
      _ = try await stream.readHead()
      try await stream.send(answer)
    }) { bench, server async throws in
      #expect(await bench.failure()?.code == code)
      #expect(bench.engine.idleConnectionCount == 0)
      #expect(bench.engine.busyConnectionCount == 0)
      #expect(server.accepted == 1)
    }
  }

  @Test func `a HEAD request gets no body, whatever is said`() throws {
    try withScript({ stream, _ in
      while true {
        _ = try await stream.readHead()
        try await stream.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
      }
    }) { bench, server async throws in
      for _ in 0..<2 {
        let response = try await bench.fetch("/", method: "HEAD")
        #expect(response.body.isEmpty)
        #expect(response.headers["Content-Length"] == "1000")
      }
      #expect(server.accepted == 1)
    }
  }

  @Test(arguments: [true, false])
  func `a body over the limit is refused, said or not`(_ isSaid: Bool) throws {
    var configuration = HTTPClientConfiguration()
    configuration.maxBodySize = 10
    try withScript(
      configuration,
      { stream, _ in
        let head = try await stream.readHead()
        let count = head.hasPrefix("GET /11") ? 11 : 10
        let length = isSaid ? "Content-Length: \(count)\r\n" : "Connection: close\r\n"
        try await stream.send("HTTP/1.1 200 OK\r\n\(length)\r\n\(String(repeating: "a", count: count))")
      }
    ) { bench, _ async throws in
      #expect(try await bench.fetch("/10").body.count == 10)
      #expect(await bench.failure("/11")?.code == .bodyTooLarge)
      #expect(try await bench.fetch("/11") { $0.maxBodySize = 11 }.body.count == 11)
    }
  }

  @Test func `an answer that comes byte by byte is the same`() throws {
    let answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX: y\r\n\r\n"
    try withScript({ stream, _ in
      _ = try await stream.readHead()
      stream.setNoDelay(true)
      for byte in answer.utf8 {
        try await stream.write([byte])
        await stream.loop.moment()
      }
      await stream.awaitClose()
    }) { bench, _ async throws in
      let response = try await bench.fetch("/")
      #expect(response.text == "abc")
      #expect(response.trailers["X"] == "y")
    }
  }

  // MARK: - Giving up

  @Test(arguments: ["queue", "connect", "head", "body", "upload"])
  func `a cancelled fetch closes what it held`(_ phase: String) throws {
    var configuration = HTTPClientConfiguration()
    configuration.maxClients = phase == "queue" ? 1 : 10
    var closed = 0
    try withScript(
      configuration,
      { stream, _ in
        _ = try await stream.readHead()
        if phase == "body" { try await stream.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhal") }
        if phase == "upload" {
          try await stream.loop.sleep(for: .seconds(60))
        }
        await stream.awaitClose()
        closed += 1
      }
    ) { bench, server async throws in
      let blackhole = try Blackhole()
      let first = Future(on: bench.loop) { try await bench.fetch("/1") }
      if phase == "queue" { try await bench.loop.wait { server.accepted == 1 } }
      let fetch = Future(on: bench.loop) {
        switch phase {
        case "connect": try await bench.client.fetch("http://\(blackhole.address)/")
        case "upload":
          try await bench.fetch("/", method: "POST", body: .bytes(pattern(50_000_000)))
        default: try await bench.fetch("/2")
        }
      }
      try await bench.loop.wait { server.accepted == (phase == "queue" || phase == "connect" ? 1 : 2) }
      await bench.loop.turns(20)
      fetch.cancel()
      #expect(await isCancelled(fetch))
      first.cancel()
      #expect(await isCancelled(first))
      if phase != "upload" {
        try await bench.loop.wait { closed == (phase == "queue" || phase == "connect" ? 1 : 2) }
      }
      #expect(bench.engine.idleConnectionCount == 0)
      #expect(bench.engine.busyConnectionCount == 0)
    }
  }

  @Test func `closing a client ends its requests`() throws {
    try withScript({ stream, _ in await stream.awaitClose() }) { bench, server async throws in
      let fetch = Future(on: bench.loop) { try await bench.fetch("/") }
      try await bench.loop.wait { server.accepted == 1 }
      bench.client.close()
      let error = await clientError { _ = try await fetch.get() }
      #expect(error?.code == .clientClosed)
      let later = await bench.failure()
      #expect(later?.description == "fetch() called on closed AsyncHTTPClient")
      try await bench.loop.wait { server.connectionCount == 0 }
    }
  }
}
