// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleLoop
import GaleWire
import TestSupport
import Testing

@testable import GaleHTTP

/// CLI-001 to CLI-003, CLI-006, CLI-007.
@Suite("httpclient: clients", .serialized)
struct ClientLifeTests {
  /// An engine that answers by itself.
  private final class CannedEngine: HTTPClientEngine {
    var performed: [String] = []
    var isClosed = false

    func check(_ request: HTTPRequest, _ options: HTTPRequestOptions) throws(HTTPClientError) {
      if options.proxy != nil { throw HTTPClientError(.unsupported, "No proxies here") }
    }

    func perform(_ exchange: HTTPClientExchange) async throws {
      performed.append("\(exchange.method) \(exchange.url.text)")
      var headers = HTTPHeaders()
      if exchange.url.target == "/move" { try headers.add("Location", "/end") }
      try exchange.receivedHead(
        status: exchange.url.target == "/move" ? 302 : 200, reason: "", headers: headers, bodyLength: nil,
        hasBody: true, lines: [])
      _ = try exchange.receivedBody(Array("canned".utf8).span)
      try exchange.receivedEnd(trailers: HTTPHeaders())
    }

    func close() { isClosed = true }
  }

  @Test func `a loop has one client that everybody shares`() throws {
    try runLoop { loop async throws in
      let client = AsyncHTTPClient.current
      #expect(AsyncHTTPClient.current === client)
      #expect(AsyncHTTPClient(on: loop) !== client)
      client.close()
      #expect(client.isClosed)
      #expect(AsyncHTTPClient.current !== client)
      client.close()
    }
    var other: AsyncHTTPClient?
    try runLoop { _ async throws in other = AsyncHTTPClient.current }
    #expect(other?.isClosed == true)  // With its loop.
  }

  @Test func `the process chooses what clients are`() throws {
    AsyncHTTPClient.configure { loop in
      var configuration = HTTPClientConfiguration()
      configuration.maxClients = 3
      return AsyncHTTPClient(configuration, on: loop, engine: CannedEngine())
    }
    defer { AsyncHTTPClient.configure(nil) }
    try runLoop { _ async throws in
      #expect(AsyncHTTPClient.current.configuration.maxClients == 3)
      #expect(try await AsyncHTTPClient.current.fetch("http://a/").text == "canned")
    }
  }

  @Test func `redirects, checks and closing do not depend on the engine`() throws {
    try runLoop { loop async throws in
      let engine = CannedEngine()
      let client = AsyncHTTPClient(on: loop, engine: engine)
      let response = try await client.fetch("http://a/move")
      #expect(response.text == "canned")
      #expect(engine.performed == ["GET http://a/move", "GET http://a/end"])
      var request = HTTPRequest("http://a/")
      request.proxy = HTTPProxySelection.none
      let sent = request
      #expect(await clientError { _ = try await client.fetch(sent) }?.code == .unsupported)
      client.close()
      #expect(engine.isClosed)
    }
  }

  @Test func `the blocking client waits on a loop of its own`() throws {
    let address = AddressBox()
    startThread {
      try? runLoop { loop async throws in
        let server = HTTPServer(ClosureDelegate { _ in Exchange.describe() }, on: loop)
        try server.listen(port: 0, address: "127.0.0.1")
        address.set(server.addresses[0])
        try await loop.wait { address.isDone }
        server.stop()
        server.closeAllConnections()
      }
    }
    let base = "http://\(address.wait())"
    defer { address.finish() }
    let former = IOLoop.currentIfPresent
    let client = try HTTPClient()
    #expect(IOLoop.currentIfPresent === former)
    for index in 0..<3 { #expect(try client.fetch("\(base)/\(index)").lines.first == "GET /\(index)") }
    #expect(throws: HTTPClientError.self) { try client.fetch("nowhere") }
    #expect(IOLoop.currentIfPresent === former)
    client.close()
    client.close()
    #expect(throws: HTTPClientError.self) { try client.fetch(base) }
  }

  @Test func `the blocking client does not block a running loop`() async {
    await #expect(processExitsWith: .failure) {
      let loop = try IOLoop()
      try loop.runSync { _ = try HTTPClient() }
    }
  }
}
