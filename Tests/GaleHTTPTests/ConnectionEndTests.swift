// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleLoop
import GaleWire
import TestSupport
import Testing

@testable import GaleHTTP

/// Notes requests and ends of connections.
private final class Watcher: HTTPServerConnectionDelegate {
  struct Seen {
    var requests: [HTTPConnectionID] = []
    var ended: [HTTPConnectionID] = []
  }
  final class Box { var seen = Seen() }
  private let box = LoopConfined(Box())
  private let detaches: Bool

  init(detaches: Bool = false) { self.detaches = detaches }

  var seen: Seen { box.value.seen }

  func startRequest(_ request: HTTPServerRequest) -> any HTTPMessageDelegate {
    box.value.seen.requests.append(request.connectionID)
    let detaches = detaches
    return Exchange { request in
      if detaches { request.connection.detach(request)?.close() } else { request.answer("x") }
    }
  }

  func connectionClosed(_ id: HTTPConnectionID) { box.value.seen.ended.append(id) }
}

@Suite("server: the ends of connections")  // SRV-001, HUT-015
struct ConnectionEndTests {
  private func serving(
    _ watcher: Watcher, _ body: @escaping (IOLoop, HTTPServer) async throws -> Void
  ) throws {
    try runLoop { loop in
      let server = HTTPServer(watcher, on: loop)
      try server.listen(port: 0, address: "127.0.0.1")
      defer { server.stop() }
      try await body(loop, server)
      server.closeAllConnections()
    }
  }

  @Test func `are told once, after the requests`() throws {
    let watcher = Watcher()
    try serving(watcher) { loop, server in
      let first = try await RawClient.connect(to: server.addresses[0], on: loop)
      let second = try await RawClient.connect(to: server.addresses[0], on: loop)
      for client in [first, second, first] { _ = try await client.request(get("/")) }
      let ids = watcher.seen.requests
      #expect(ids[0] == ids[2] && ids[0] != ids[1])
      #expect(watcher.seen.ended.isEmpty)
      second.close()
      try await loop.wait { watcher.seen.ended == [ids[1]] }
      first.reset()
      try await loop.wait { watcher.seen.ended == [ids[1], ids[0]] }
      let silent = try await RawClient.connect(to: server.addresses[0], on: loop)
      try await loop.wait { server.context.connectionCount == 1 }
      silent.close()
      try await loop.wait { watcher.seen.ended.count == 3 }
      #expect(Set(watcher.seen.ended).count == 3)
    }
  }

  @Test func `are told when a stream is taken over`() throws {
    let watcher = Watcher(detaches: true)
    try serving(watcher) { loop, server in
      let client = try await RawClient.connect(to: server.addresses[0], on: loop)
      try await client.send(get("/"))
      #expect(try await client.rest() == "")
      #expect(watcher.seen.ended == watcher.seen.requests)
    }
  }

  #if HTTP2
  @Test func `are told of HTTP/2, whose requests share one`() throws {
    let watcher = Watcher()
    try serving(watcher) { loop, server in
      let client = try await HTTP2Client.connect(to: server.addresses[0], on: loop)
      for id in [1, 3] {
        try await client.request(id)
        #expect(try await client.response(id).text == "x")
      }
      #expect(watcher.seen.requests.count == 2 && Set(watcher.seen.requests).count == 1)
      #expect(watcher.seen.ended.isEmpty)
      client.stream.close()
      try await loop.wait { !watcher.seen.ended.isEmpty }
      #expect(watcher.seen.ended == [watcher.seen.requests[0]])
    }
  }
  #endif
}

@Suite("server: pieces of bodies")  // SRV-010
struct ChunkSizeTests {
  @Test(arguments: [1, 100, 65536])
  func `are no longer than is set`(_ size: Int) throws {
    var configuration = HTTPServerConfiguration()
    configuration.chunkByteCount = size
    let body = String(repeating: "0123456789", count: 500)
    var exchange: Exchange?
    try withServer(
      configuration,
      start: { _ in
        let made = Exchange { $0.answer("done") }
        made.bodyDelivery = .streamed
        exchange = made
        return made
      }
    ) { server async throws in
      #expect(try await server.exchange(post("/", body, "Connection: close\r\n")).hasSuffix("done"))
      let chunks = exchange?.chunks ?? []
      #expect(chunks.allSatisfy { $0.count <= size && !$0.isEmpty })
      #expect(chunks.flatMap { $0 } == Array(body.utf8))
    }
  }
}
