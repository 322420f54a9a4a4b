// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleLoop
import GaleTesting
import TestSupport
import Testing

@testable import GaleHTTP

@Suite("httpserver: requests in flight")
struct HTTPRequestsInFlightTests {
  @Test(.loop(timeLimit: .seconds(60))) func `a request is there until its answer is complete`() async throws
  {
    let requests = HTTPRequestsInFlight()
    var configuration = HTTPServerConfiguration()
    configuration.requestsInFlight = requests
    var seen: [HTTPRequestsInFlight.Entry] = []
    let server = try HTTPTestServer(configuration: configuration) { request in
      seen = requests.entries
      request.isQuerySecret = true
      seen += requests.entries
      request.answer("")
    }
    let client = RawClient(try await server.connect())
    _ = try await client.request(get("/a?b"))
    #expect(seen.map(\.summary) == ["GET /a?b (127.0.0.1)", "GET /a?... (127.0.0.1)"])
    #expect(seen.first.map { $0.age >= .zero } == true)
    #expect(requests.entries.isEmpty)
  }

  @Test(.loop(timeLimit: .seconds(60)))
  func `a request whose client leaves is gone, and the oldest comes first`()
    async throws
  {
    let requests = HTTPRequestsInFlight()
    var configuration = HTTPServerConfiguration()
    configuration.requestsInFlight = requests
    let arrived = Semaphore(0)
    let ended = Semaphore(0)
    let server = try HTTPTestServer(configuration: configuration) { request in
      request.onEnd { _ in ended.release() }
      arrived.release()
    }
    let first = RawClient(try await server.connect())
    try await first.send(get("/first"))
    try await arrived.acquire()
    let second = RawClient(try await server.connect())
    try await second.send(get("/second"))
    try await arrived.acquire()
    #expect(requests.entries.map(\.summary) == ["GET /first (127.0.0.1)", "GET /second (127.0.0.1)"])
    first.reset()
    try await ended.acquire()
    #expect(requests.entries.map(\.summary) == ["GET /second (127.0.0.1)"])
    second.close()
  }
}
