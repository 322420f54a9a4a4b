// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleLoop
import GaleWire
import TestSupport
import Testing

@testable import GaleHTTP

/// CLI-010, CLI-031, CLI-033.
@Suite("httpclient: time-outs")
struct ClientTimeoutTests {
  private func silent(
    _ configuration: HTTPClientConfiguration = HTTPClientConfiguration(), sending start: String = "",
    _ body: @escaping (ClientBench, ScriptedServer) async throws -> Void
  ) throws {
    try withScript(
      configuration,
      { stream, _ in
        _ = try await stream.readHead()
        try await stream.send(start)
        await stream.awaitClose()
      }, body)
  }

  @Test(
    arguments: [
      ("", .requestTimedOut, "Timeout during request"),
      ("HTTP/1.1 200 OK\r\n", .requestTimedOut, "Timeout during request"),
      ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", .requestTimedOut, "Timeout during request"),
    ] as [(String, HTTPClientError.Code, String)])
  func `the whole request has a time`(
    _ start: String, _ code: HTTPClientError.Code, _ message: String
  ) throws {
    try silent(sending: start) { bench, server async throws in
      let begin = bench.loop.time
      let error = await bench.failure { $0.requestTimeout = .milliseconds(60) }
      let took = bench.loop.time - begin
      #expect(took >= .milliseconds(60) && took < .seconds(10))
      #expect(error?.code == code)
      #expect(error?.description == "HTTP 599: \(message)")
      #expect(error?.isTimeout == true && error?.status == 599)
      try await bench.loop.wait { server.connectionCount == 0 }
    }
  }

  @Test func `the first byte has a time`() throws {
    try silent { bench, _ async throws in
      let error = await bench.failure { $0.responseTimeout = .milliseconds(30) }
      #expect(error?.code == .responseTimedOut)
    }
    try silent(sending: "HTTP/1.1 200 OK\r\n") { bench, _ async throws in
      let error = await bench.failure {
        $0.responseTimeout = .milliseconds(30)
        $0.requestTimeout = .milliseconds(100)
      }
      #expect(error?.code == .requestTimedOut)
    }
  }

  @Test func `silence between bytes has a time`() throws {
    try silent(sending: "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n1") { bench, _ async throws in
      let error = await bench.failure { $0.idleTimeout = .milliseconds(30) }
      #expect(error?.code == .idleTimedOut)
    }
  }

  @Test func `a trickle is no silence`() throws {
    try withScript({ stream, _ in
      _ = try await stream.readHead()
      try await stream.send("HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\n")
      for _ in 0..<8 {
        try await stream.loop.sleep(for: .milliseconds(40))
        try await stream.send("x")
      }
      await stream.awaitClose()
    }) { bench, _ async throws in
      #expect(try await bench.fetch("/") { $0.idleTimeout = .milliseconds(250) }.body.count == 8)
    }
  }

  /// Longer than what is timed exactly: the wheel's part.
  @Test func `a long time is kept too`() throws {
    try silent { bench, _ async throws in
      let begin = bench.loop.time
      let error = await bench.failure { $0.requestTimeout = .milliseconds(2100) }
      #expect(error?.code == .requestTimedOut)
      #expect(bench.loop.time - begin >= .milliseconds(2100))
    }
  }

  @Test func `connecting has a time`() throws {
    try runLoop { loop async throws in
      let blackhole = try Blackhole()
      let client = AsyncHTTPClient(on: loop)
      defer { client.close() }
      for isConnect in [true, false] {
        var request = HTTPRequest("http://\(blackhole.address)/")
        if isConnect {
          request.connectTimeout = .milliseconds(30)
        } else {
          request.requestTimeout = .milliseconds(30)
        }
        let sent = request
        let error = await clientError { _ = try await client.fetch(sent) }
        #expect(error?.code == .connectTimedOut)
        #expect(error?.message.hasPrefix("Timeout while connecting") == true)
      }
    }
  }

  @Test func `the queue has a time`() throws {
    var configuration = HTTPClientConfiguration()
    configuration.maxClients = 1
    try silent(configuration) { bench, server async throws in
      let first = Future(on: bench.loop) { try await bench.fetch("/") }
      try await bench.loop.wait { server.accepted == 1 }
      let error = await bench.failure { $0.connectTimeout = .milliseconds(20) }
      #expect(error?.code == .queueTimedOut)
      #expect(error?.description == "HTTP 599: Timeout in request queue")
      #expect(bench.client.load == (1, 0))
      first.cancel()
      #expect(await isCancelled(first))
    }
  }

  @Test func `no time is no limit`() throws {
    try withScript({ stream, _ in
      _ = try await stream.readHead()
      try await stream.loop.sleep(for: .milliseconds(30))
      try await stream.send("HTTP/1.1 204 No Content\r\n\r\n")
      await stream.awaitClose()
    }) { bench, _ async throws in
      let response = try await bench.fetch("/") {
        $0.requestTimeout = .zero
        $0.connectTimeout = .zero
        $0.idleTimeout = .zero
        $0.responseTimeout = .zero
      }
      #expect(response.status == 204)
    }
  }

  @Test func `time runs on through redirects`() throws {
    try withClient(start: { _ in
      Exchange { request in
        request.connection.loop.callLater(.milliseconds(20)) {
          request.answer("", status: 302, [("Location", "/again")])
        }
      }
    }) { bench, _ async throws in
      let error = await bench.failure {
        $0.requestTimeout = .milliseconds(90)
        $0.maxRedirects = 1000
      }
      #expect(error?.code == .requestTimedOut || error?.code == .connectTimedOut)
    }
  }
}
