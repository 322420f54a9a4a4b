// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if HTTP2

import GaleCore
import GaleLoop
import GaleWire
import TestSupport
import Testing

@testable import GaleHTTP

@Suite("httpserver: the end of HTTP/2 connections (SWF-016)")
struct HTTP2LifecycleTests {
  @Test func `an idle connection is told and closed`() throws {
    var configuration = HTTPServerConfiguration()
    configuration.idleTimeout = .milliseconds(200)
    try withServer(configuration) { server async throws in
      let client = try await server.connectHTTP2()
      try await client.request(1)
      #expect(try await client.response(1).status == 200)
      try await client.rest()
      #expect(client.goaways == [0])
      #expect(client.control.last?.number() == 1)
    }
  }

  @Test func `a connection that is answering is not idle`() throws {
    var configuration = HTTPServerConfiguration()
    configuration.idleTimeout = .milliseconds(100)
    try withServer(
      configuration,
      start: { _ in
        Exchange { request in
          request.connection.loop.spawn {
            try await request.connection.loop.sleep(for: .milliseconds(600))
            request.answer("late")
          }
        }
      }
    ) { server async throws in
      let client = try await server.connectHTTP2()
      try await client.request(1)
      #expect(try await client.response(1).text == "late")
      client.close()
    }
  }

  @Test func `a connection ends after its last request, in two steps`() throws {
    var configuration = HTTPServerConfiguration()
    configuration.maxRequestsPerConnection = 3
    try withServer(configuration) { server async throws in
      let client = try await server.connectHTTP2()
      for id in [1, 3, 5] {
        try await client.request(id)
        #expect(try await client.response(id).status == 200)
      }
      try await client.rest()
      #expect(client.goaways == [0, 0])
      #expect(client.control.filter { $0.has(.goaway) }.map { $0.number() } == [0x7FFF_FFFF, 5])
    }
  }

  @Test func `a connection that has grown old takes no more requests`() throws {
    var configuration = HTTPServerConfiguration()
    configuration.http2.maxConnectionAge = .zero
    try withServer(configuration) { server async throws in
      let client = try await server.connectHTTP2()
      try await client.request(1)
      #expect(try await client.response(1).status == 200)
      try await client.rest()
      #expect(client.goaways == [0, 0])
    }
  }

  /// R01: what is being answered is answered, and what was on its way too.
  @Test func `a graceful stop loses no request`() throws {
    var waiting: [HTTPServerRequest] = []
    try withServer(start: { _ in Exchange { waiting.append($0) } }) { server async throws in
      let client = try await server.connectHTTP2()
      client.isPolite = false
      try await client.request(1)
      try await server.loop.wait { waiting.count == 1 }
      var isOver = false
      let stopping = server.loop.spawn {
        await server.server.shutdown()
        isOver = true
      }
      try await client.take { !$0.goaways.isEmpty }
      // The client has sent this before it knew.
      try await client.request(3)
      try await server.loop.wait { waiting.count == 2 }
      // Now it knows, and says so.
      try await client.take { $0.control.contains { $0.has(.ping) } }
      try await client.send(HTTP2Frame(.ping, HTTP2Frame.ack, 0, Array(repeating: 0, count: 8)))
      try await client.take { $0.goaways.count == 2 }
      #expect(client.control.last { $0.has(.goaway) }?.number() == 3)
      #expect(!isOver)
      for request in waiting { request.answer(request.uri) }
      waiting = []
      #expect(try await client.response(1).isComplete)
      #expect(try await client.response(3).isComplete)
      try await client.rest()
      client.close()
      await stopping.value
      #expect(isOver)
    }
  }

  @Test func `a client that does not answer holds a stop up for a second at most`() throws {
    try withServer { server async throws in
      let client = try await server.connectHTTP2()
      client.isPolite = false
      try await client.take { !$0.control.isEmpty }
      let start = server.loop.time
      let stopping = server.loop.spawn { await server.server.shutdown() }
      try await client.rest()
      #expect(client.goaways == [0, 0])
      client.close()
      await stopping.value
      #expect(server.loop.time - start < .seconds(4))
    }
  }

  @Test func `what a stop has waited for in vain is cut`() throws {
    let exchange = Exchange()
    try withServer(start: { _ in exchange }) { server async throws in
      let client = try await server.connectHTTP2()
      try await client.request(1)
      try await server.loop.wait { exchange.request != nil }
      await server.server.shutdown(grace: .milliseconds(50))
      #expect(exchange.events == ["finish", "closed"])
      client.close()
    }
  }

  @Test func `a client's GOAWAY is the end once its requests are answered`() throws {
    try withServer { server async throws in
      let client = try await server.connectHTTP2()
      try await client.request(1)
      try await client.send(HTTP2Frame(.goaway, 0, 0, HTTP2Frame.word(0) + HTTP2Frame.word(0)))
      #expect(try await client.response(1).text == "GET / ")
      try await client.rest()
      client.close()
      try await server.loop.wait { server.context.connectionCount == 0 }
    }
  }
}

#endif
