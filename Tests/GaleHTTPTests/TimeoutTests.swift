// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleLoop
import GaleWire
import TestSupport
import Testing

@testable import GaleHTTP

/// Each test sets the one time-out that it waits for to a fraction of a second, and the others to an hour.
///
/// The clock jumps, so that nobody waits.
@Suite("httpserver: time-outs")
struct TimeoutTests {
  private func patient() -> HTTPServerConfiguration {
    var configuration = HTTPServerConfiguration()
    configuration.headerTimeout = .seconds(3600)
    configuration.bodyTimeout = .seconds(3600)
    configuration.writeTimeout = .seconds(3600)
    configuration.idleTimeout = .seconds(3600)
    return configuration
  }

  private let short = Duration.milliseconds(200)

  /// R12: on a new connection, and on one that was idle or busy before.
  @Test(arguments: [0, 1, 2], PollerKind.allCases)
  func `a header that does not come is answered 408`(_ earlier: Int, _ poller: PollerKind) throws {
    var configuration = patient()
    configuration.headerTimeout = short
    try withManualClock(configuration, poller) { server async throws in
      let client = try await server.connect()
      for index in 0..<earlier {
        #expect(try await client.request(get("/")).status == 200)
        // Long enough for the wheel to come past the first deadline.
        if index == 0 { try await server.loop.sleep(for: .milliseconds(600)) }
      }
      let start = server.loop.time
      let response = try await client.request("GET / HTTP/1.1\r\nHost: a\r\nX: ")
      #expect(response.status == 408)
      #expect(response["Connection"] == "close")
      #expect(server.loop.time - start >= short)
      #expect(try await client.rest() == "")
    }
  }

  /// A byte now and then does not help.
  @Test func `a header that comes slowly is answered 408 too`() throws {
    var configuration = patient()
    configuration.headerTimeout = short
    try withManualClock(configuration) { server async throws in
      let client = try await server.connect()
      let sender = server.loop.spawn {
        try? await client.send("GET / HTTP/1.1\r\nHost: a\r\nX: ")
        while !client.stream.isClosed {
          try? await client.send("x")
          try await server.loop.sleep(for: .milliseconds(50))
        }
      }
      #expect(try await client.response().status == 408)
      client.close()
      await sender.value
    }
  }

  @Test func `a connection that sends nothing is closed without an answer`() throws {
    var configuration = patient()
    configuration.headerTimeout = short
    try withManualClock(configuration) { server async throws in
      #expect(try await server.connect().rest() == "")
      #expect(server.context.requestCount == 0)
    }
  }

  /// OBS-012.
  @Test(arguments: PollerKind.allCases)
  func `an idle connection is closed without an answer`(_ poller: PollerKind) throws {
    var configuration = patient()
    configuration.idleTimeout = short
    try withManualClock(configuration, poller) { server async throws in
      let client = try await server.connect()
      #expect(try await client.request(get("/")).status == 200)
      let start = server.loop.time
      #expect(try await client.rest() == "")
      #expect(server.loop.time - start >= .milliseconds(150))
      try await server.loop.wait { server.context.connectionCount == 0 }
    }
  }

  /// OBS-011.
  @Test(arguments: [HTTPBodyDelivery.buffered, .streamed])
  func `a body that does not come on is answered 408`(_ delivery: HTTPBodyDelivery) throws {
    var configuration = patient()
    configuration.bodyTimeout = short
    var exchange: Exchange?
    try withManualClock(
      configuration,
      start: { _ in
        let made = Exchange()
        made.bodyDelivery = delivery
        exchange = made
        return made
      }
    ) { server async throws in
      let client = try await server.connect()
      let response = try await client.request("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf")
      #expect(response.status == 408)
      #expect(try await client.rest() == "")
      #expect(exchange?.events.last == "closed")
      #expect(exchange?.events.contains("finish") == false)
    }
  }

  @Test func `a body that comes on is waited for`() throws {
    var configuration = patient()
    configuration.bodyTimeout = .milliseconds(1000)
    try withManualClock(configuration) { server async throws in
      let client = try await server.connect()
      try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n")
      for _ in 0..<10 {
        try await server.loop.sleep(for: .milliseconds(150))
        try await client.send("x")
      }
      #expect(try await client.response().text == "POST / xxxxxxxxxx")
    }
  }

  @Test func `a body that only trickles is answered 408 after ten seconds`() throws {
    try withManualClock(patient()) { server async throws in
      let client = try await server.connect()
      let start = server.loop.time
      try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n")
      // 520 bytes a second are enough, 480 are not.
      for _ in 0..<150 {
        try await client.send(String(repeating: "x", count: 52))
        try await server.loop.sleep(for: .milliseconds(100))
      }
      #expect(server.context.connections.first?.http1?.phase == .body)
      let sender = server.loop.spawn {
        while !client.stream.isClosed {
          try? await client.send(String(repeating: "x", count: 48))
          try await server.loop.sleep(for: .milliseconds(100))
        }
      }
      #expect(try await client.response().status == 408)
      #expect(server.loop.time - start > .seconds(15))
      client.close()
      await sender.value
    }
  }

  @Test func `a client is not slow while the delegate holds it back`() throws {
    var configuration = patient()
    configuration.bodyTimeout = short
    var request: HTTPServerRequest?
    try withManualClock(
      configuration,
      start: { started in
        let exchange = Exchange { $0.answer("done") }
        exchange.bodyDelivery = .streamed
        exchange.whenData = { request in
          if request.bodyReader?.isDone == false { request.connection.setBodyPaused(true, for: request) }
        }
        request = started
        return exchange
      }
    ) { server async throws in
      let client = try await server.connect()
      try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab")
      try await server.loop.wait { request?.bodyPaused == true }
      try await server.loop.sleep(for: .milliseconds(700))
      if let request { request.connection.setBodyPaused(false, for: request) }
      #expect(try await client.request("cd").text == "done")
      request = nil
    }
  }

  @Test(arguments: PollerKind.allCases)
  func `a client that takes nothing of its answer is cut off`(_ poller: PollerKind) throws {
    var configuration = patient()
    configuration.writeTimeout = short
    let body = String(repeating: "large", count: 4_000_000)
    var closed = 0
    try withManualClock(
      configuration, poller,
      start: { _ in
        let exchange = Exchange { request in
          if request.path == "/whole" { return request.answer(body) }
          try? request.writeHeaders(200, HTTPHeaders())
          try? request.write(Array(body.utf8))
          request.connection.flush(for: request)
        }
        exchange.whenClosed = { _ in closed += 1 }
        return exchange
      }
    ) { server async throws in
      for path in ["/whole", "/part"] {
        let client = try await server.connect()
        try await client.send(get(path))
        try await server.loop.wait { server.context.connectionCount == 1 }
        try await server.loop.wait { server.context.connectionCount == 0 }
        var caught: StreamError?
        do { _ = try await client.response() } catch { caught = error as? StreamError }
        #expect(caught?.code == .closed)
      }
      #expect(closed == 1)
    }
  }

  /// Four seconds' worth at a time-out of one: only no progress at all is too slow.
  @Test(arguments: ["/whole", "/streamed"])
  func `a client that takes its answer slowly is waited for`(_ path: String) throws {
    var configuration = patient()
    configuration.writeTimeout = .milliseconds(1000)
    let piece = String(repeating: "large", count: 200_000)
    try withManualClock(
      configuration,
      start: { _ in
        Exchange { request in
          if path == "/whole" { return request.answer(String(repeating: piece, count: 20)) }
          request.connection.loop.spawn {
            try request.writeHeaders(200, HTTPHeaders([("Content-Length", "20000000")]))
            for _ in 0..<20 {
              try request.write(Array(piece.utf8))
              await request.drain()
            }
            try request.finish()
          }
        }
      }
    ) { server async throws in
      let client = try await server.connect()
      try await client.send(get(path))
      var received = 0
      for _ in 0..<16 {
        received += try await client.stream.read(count: 500_000).count
        try await server.loop.sleep(for: .milliseconds(250))
      }
      received += try await client.stream.read(count: 20_000_000 - received).count
      #expect(received == 20_000_000)
    }
  }

  @Test func `an answer may take as long as it likes to be made`() throws {
    var configuration = patient()
    (configuration.headerTimeout, configuration.bodyTimeout) = (short, short)
    (configuration.idleTimeout, configuration.writeTimeout) = (short, short)
    try withManualClock(
      configuration,
      start: { _ in
        Exchange { request in
          request.connection.loop.callLater(.milliseconds(900)) { request.answer("at last") }
        }
      }
    ) { server async throws in
      let client = try await server.connect()
      for _ in 0..<2 { #expect(try await client.request(post("/", "x")).text == "at last") }
    }
  }

  @Test func `a client that does not close after the last answer is not waited for for ever`() throws {
    var configuration = patient()
    configuration.writeTimeout = short
    try withManualClock(configuration) { server async throws in
      let client = try await server.connect()
      #expect(try await client.request(get("/", "Connection: close\r\n")).status == 200)
      let connection = try #require(server.context.connections.first?.http1)
      #expect(connection.phase == .lingering)
      #expect(connection.deadline <= server.loop.turnTime + 5_000_000_000)
      connection.deadline = server.loop.turnTime
      try await server.loop.wait { server.context.connectionCount == 0 }
    }
  }
}
