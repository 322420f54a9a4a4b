// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import CSystem
import GaleLoop
import GaleWire
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import GaleHTTP

@Suite("httpserver: connections and servers come and go")
struct LifecycleTests {
  // MARK: - Clients that leave (R14, H1C-025)

  @Test(arguments: [false, true], PollerKind.allCases)
  func `the delegate is told once when its client leaves, and nothing is left behind`(
    _ isReset: Bool, _ poller: PollerKind
  ) throws {
    weak var weakExchange: Exchange?
    weak var weakRequest: HTTPServerRequest?
    weak var weakConnection: HTTP1ServerConnection?
    var events: () -> [String] = { [] }
    var configuration = HTTPServerConfiguration()
    configuration.writeTimeout = .milliseconds(100)
    try withServer(
      configuration, poller,
      start: { request in
        let exchange = Exchange(request)
        var seen: [String] = []
        exchange.whenClosed = { _ in seen.append("closed") }
        events = { seen }
        (weakExchange, weakRequest) = (exchange, request)
        weakConnection = request.connection as? HTTP1ServerConnection
        return exchange
      }
    ) { server async throws in
      let client = try await server.connect()
      try await client.send(get("/"))
      try await server.loop.wait { weakRequest != nil }
      if isReset { client.reset() } else { client.close() }
      try await server.loop.wait { !events().isEmpty }
      try await server.loop.wait { server.context.connectionCount == 0 }
      await server.loop.turns(5)
      #expect(events() == ["closed"])
      events = { [] }
    }
    #expect(weakExchange == nil)
    #expect(weakRequest == nil)
    #expect(weakConnection == nil)
  }

  @Test(arguments: ["answered", "aborted", "body", "refused", "cut", "early", "detached"])
  func `however a request ends, nothing is left behind`(_ way: String) throws {
    weak var weakExchange: Exchange?
    weak var weakRequest: HTTPServerRequest?
    weak var weakConnection: HTTP1ServerConnection?
    try withServer(
      start: { request in
        let exchange = Exchange(request)
        (weakExchange, weakRequest) = (exchange, request)
        weakConnection = request.connection as? HTTP1ServerConnection
        exchange.whenFinished = { request in
          switch way {
          case "answered": request.answer("")
          case "aborted": request.abort()
          case "detached": request.connection.detach(request)?.close()
          default: break
          }
        }
        if way == "early" { request.answer("early") }
        return exchange
      }
    ) { server async throws in
      let client = try await server.connect()
      switch way {
      case "body": try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf")
      case "refused": try await client.send(chunked("/", "bad\r\n"))
      case "early": try await client.send(post("/", "body"))
      default: try await client.send(get("/"))
      }
      try await server.loop.sleep(for: .milliseconds(10))
      if way == "cut" { server.server.closeAllConnections() }
      client.close()
      try await server.loop.wait { server.context.connectionCount == 0 }
      await server.loop.turns(5)
    }
    #expect(weakExchange == nil)
    #expect(weakRequest == nil)
    #expect(weakConnection == nil)
  }

  @Test func `a client that leaves in the middle of its answer is noticed`() throws {
    var closed = 0
    var drained = 0
    try withServer(
      start: { _ in
        let exchange = Exchange { request in
          request.connection.loop.spawn {
            try request.writeHeaders(200, HTTPHeaders())
            while !request.responseFinished {
              try request.write([UInt8](repeating: 1, count: 100_000))
              await request.drain()
              drained += 1
              await request.connection.loop.moment()
            }
          }
        }
        exchange.whenClosed = { _ in closed += 1 }
        return exchange
      }
    ) { server async throws in
      for isReset in [true, false] {
        let client = try await server.connect()
        try await client.send(get("/"))
        _ = try await client.stream.read(count: 300_000)
        if isReset { client.reset() } else { client.close() }
        try await server.loop.wait { server.context.connectionCount == 0 }
      }
      #expect(closed == 2)
      let count = drained
      try await server.loop.sleep(for: .milliseconds(20))
      #expect(drained <= count + 1)
    }
  }

  @Test func `idle connections hold no request and no buffer`() throws {
    try withServer { server async throws in
      var clients: [RawClient] = []
      for _ in 0..<50 {
        let client = try await server.connect()
        #expect(try await client.request(post("/", String(repeating: "x", count: 5000))).status == 200)
        clients.append(client)
      }
      #expect(server.context.connections.count == 50)
      for entry in server.context.connections {
        let connection = try #require(entry.http1)
        #expect(connection.request == nil)
        #expect(connection.stream.readBuffer == nil)
        #expect(connection.stream.writeBuffer == nil)
        #expect(connection.phase == .head)
      }
      for client in clients { client.close() }
      try await server.loop.wait { server.context.connectionCount == 0 }
    }
  }

  // MARK: - Shutting down (R01)

  @Test(arguments: PollerKind.allCases)
  func `a graceful end loses no answer and closes idle connections at once`(_ poller: PollerKind) throws {
    var requests: [HTTPServerRequest] = []
    try withServer(
      HTTPServerConfiguration(), poller,
      start: { request in
        guard request.path == "/slow" else { return Exchange.echo() }
        return Exchange { requests.append($0) }
      }
    ) { server async throws in
      let loop = server.loop
      let address = server.address
      var idle: [RawClient] = []
      var busy: [RawClient] = []
      for index in 0..<20 {
        let client = try await server.connect()
        #expect(try await client.request(get("/")).status == 200)
        idle.append(client)
        guard index < 6 else { continue }
        let waiting = try await server.connect()
        try await waiting.send(get("/slow"))
        busy.append(waiting)
      }
      try await loop.wait { requests.count == 6 }
      var hasEnded = false
      let ending = loop.spawn {
        await server.server.shutdown(grace: .seconds(60))
        hasEnded = true
      }
      for client in idle { #expect(try await client.rest() == "") }
      await #expect(throws: StreamError.self) { _ = try await RawClient.connect(to: address, on: loop) }
      #expect(!hasEnded)
      #expect(server.context.connectionCount == 6)
      for request in requests { request.answer("done") }
      for client in busy {
        let response = try await client.response()
        #expect(response.text == "done")
        #expect(response["Connection"] == "close", "so that the client asks for nothing more here")
        #expect(try await client.rest() == "")
        client.close()
      }
      await ending.value
      #expect(server.context.connectionCount == 0)
      #expect(server.server.addresses.isEmpty)
    }
  }

  @Test func `a request whose head was on its way is still answered, as the last one`() throws {
    try withServer { server async throws in
      let client = try await server.connect()
      try await client.send("GET /half HTTP/1.1\r\n")
      try await server.loop.sleep(for: .milliseconds(5))
      let ending = server.loop.spawn { await server.server.shutdown(grace: .seconds(60)) }
      await server.loop.turns(3)
      let response = try await client.request("Host: a\r\n\r\n")
      #expect(response.text == "GET /half ")
      #expect(response["Connection"] == "close")
      #expect(try await client.rest() == "")
      client.close()
      await ending.value
    }
  }

  /// The answer is complete for the server, but not yet with the client.
  @Test func `a graceful end lets a slow client take its answer and then ends`() throws {
    let body = String(repeating: "0123456789", count: 1_000_000)
    try withServer(start: { _ in Exchange { $0.answer(body) } }) { server async throws in
      let client = try await server.connect()
      try await client.send(get("/"))
      try await server.loop.wait { server.context.requestCount == 1 }
      await server.loop.turns(5)
      let start = server.loop.time
      var end: LoopTime?
      let ending = server.loop.spawn {
        await server.server.shutdown(grace: .seconds(3600))
        end = server.loop.time
      }
      try await server.loop.sleep(for: .milliseconds(20))
      #expect(end == nil)
      #expect(areEqual(try await client.response().body, Array(body.utf8)))
      #expect(try await client.rest() == "")
      client.close()
      await ending.value
      #expect(try #require(end) - start < .seconds(30))
    }
  }

  @Test func `what is left after the grace is cut`() throws {
    var exchange: Exchange?
    try withServer(
      start: { _ in
        let made = Exchange()
        exchange = made
        return made
      }
    ) { server async throws in
      let client = try await server.connect()
      try await client.send(get("/"))
      try await server.loop.wait { exchange?.events == ["finish"] }
      await server.server.shutdown(grace: .milliseconds(50))
      #expect(server.context.connectionCount == 0)
      #expect(exchange?.events == ["finish", "closed"])
      await #expect(throws: StreamError.self) { _ = try await client.rest() }
    }
  }

  @Test func `a server without connections ends at once`() throws {
    try withServer { server async throws in
      await server.server.shutdown()
      await server.server.shutdown()
      server.server.stop()
    }
  }

  @Test func `stopping leaves open connections alone`() throws {
    try withServer { server async throws in
      let client = try await server.connect()
      let address = server.address
      #expect(try await client.request(get("/1")).status == 200)
      server.server.stop()
      await #expect(throws: StreamError.self) {
        _ = try await RawClient.connect(to: address, on: server.loop)
      }
      #expect(try await client.request(get("/2")).status == 200)
    }
  }

  @Test func `all connections can be cut`() throws {
    try withServer { server async throws in
      var clients: [RawClient] = []
      for _ in 0..<10 {
        let client = try await server.connect()
        #expect(try await client.request(get("/")).status == 200)
        clients.append(client)
      }
      server.server.closeAllConnections()
      #expect(server.context.connectionCount == 0)
      for client in clients { await #expect(throws: StreamError.self) { _ = try await client.rest() } }
      #expect(try await server.connect().request(get("/")).status == 200)
    }
  }

  // MARK: - The connection limit

  @Test(arguments: PollerKind.allCases)
  func `over the limit connections wait until others end`(_ poller: PollerKind) throws {
    var configuration = HTTPServerConfiguration()
    configuration.maxConnections = 3
    try withServer(configuration, poller) { server async throws in
      var clients: [RawClient] = []
      for _ in 0..<3 { clients.append(try await server.connect()) }
      try await server.loop.wait { server.context.connectionCount == 3 }
      let waiting = [try await server.connect(), try await server.connect()]
      for client in waiting { try await client.send(get("/waited")) }
      try await server.loop.sleep(for: .milliseconds(20))
      #expect(server.context.connectionCount == 3)
      for client in clients { #expect(try await client.request(get("/")).status == 200) }
      clients.removeFirst().close()
      #expect(try await waiting[0].response().text == "GET /waited ")
      #expect(server.context.connectionCount == 3)
      for client in clients { client.close() }
      #expect(try await waiting[1].response().text == "GET /waited ")
      for client in waiting { client.close() }
      try await server.loop.wait { server.context.connectionCount == 0 }
      #expect(try await server.connect().request(get("/")).status == 200)
    }
  }

  // MARK: - Several loops

  @Test(arguments: [1, 2, 4])
  func `several loops serve one port and end together`(_ loops: Int) throws {
    final class Delegate: HTTPServerConnectionDelegate {
      let counts = Mutex<[ObjectIdentifier: Int]>([:])
      func startRequest(_ request: HTTPServerRequest) -> any HTTPMessageDelegate {
        precondition(request.connection.loop.isCurrent)
        counts.withLock { $0[ObjectIdentifier(request.connection.loop), default: 0] += 1 }
        return Exchange.echo()
      }
    }
    let delegate = Delegate()
    try runLoop { loop in
      let server = HTTPServer(delegate, on: loop)
      try server.listen(port: 0, address: "127.0.0.1", loops: loops)
      let address = server.addresses[0]
      var clients: [RawClient] = []
      // The kernel spreads them by a hash of their ports.
      for index in 0..<64 * loops {
        let client = try await RawClient.connect(to: address, on: loop)
        #expect(try await client.request(get("/\(index)")).text == "GET /\(index) ")
        clients.append(client)
      }
      let counts = delegate.counts.withLock { $0 }
      #expect(counts.count == loops)
      #expect(counts.values.allSatisfy { $0 >= 16 }, "R09: none has less than a quarter of the mean")
      let ending = loop.spawn { await server.shutdown() }
      for client in clients {
        #expect(try await client.rest() == "")
        client.close()
      }
      await ending.value
      await #expect(throws: StreamError.self) { _ = try await RawClient.connect(to: address, on: loop) }
    }
  }

  @Test func `a port in use is an error before anything is served`() throws {
    try runLoop { loop in
      let socket = try bindSockets(port: 0, address: "127.0.0.1")[0]
      let server = HTTPServer(ClosureDelegate { _ in Exchange.echo() }, on: loop)
      #expect { try server.listen(port: socket.address.port, address: "127.0.0.1", loops: 2) } throws: {
        ($0 as? LoopError)?.systemError == EADDRINUSE
      }
      #expect(server.addresses.isEmpty)
      await server.shutdown()
    }
  }

  // MARK: - Descriptors

  @Test(arguments: PollerKind.allCases)
  func `no descriptor is left open, whatever clients do`(_ poller: PollerKind) async {
    await #expect(processExitsWith: .success) { [poller = poller as PollerKind] in
      func openCount() -> Int { (0..<200).count { fcntl(Int32($0), F_GETFD) >= 0 } }
      try withServer(HTTPServerConfiguration(), poller) { server async throws in
        _ = try await server.exchange(get("/", "Connection: close\r\n"))
        try await server.loop.wait { server.context.connectionCount == 0 }
        let before = openCount()
        for round in 0..<30 {
          let client = try await server.connect()
          switch round % 6 {
          case 0: _ = try await client.request(get("/"))
          case 1: try await client.send("GET / HT")
          case 2: _ = try await client.request("BAD\r\n\r\n")
          case 3: _ = try await client.request(get("/", "Connection: close\r\n"))
          case 4: try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nx")
          default: break
          }
          if round % 2 == 0 { client.close() } else { client.reset() }
        }
        try await server.loop.wait { server.context.connectionCount == 0 }
        await server.loop.turns(5)
        #expect(openCount() == before)
      }
    }
  }
}
