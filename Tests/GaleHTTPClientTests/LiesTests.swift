// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleHTTP
import GaleLoop
import GaleWire
import TestSupport
import Testing

/// Servers that lie, break off, never end, or say nothing; both engines.
@Suite("httpclient: lies and silence") struct LiesTests {
  /// What a server says, and what a client must find.
  struct Lie: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let answer: String
    let codes: [Engine: HTTPClientError.Code]

    init(_ name: String, _ answer: String, _ code: HTTPClientError.Code, curl: HTTPClientError.Code? = nil) {
      testDescription = name
      self.answer = answer
      codes = [.simple: code, .curl: curl ?? code]
    }
  }

  static let lies = [
    Lie(
      "two Content-Lengths", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc",
      .invalidFraming),
    Lie(
      "Content-Length and chunks",
      "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n",
      .invalidFraming),
    Lie("a Content-Length with a sign", "HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nab", .invalidFraming),
    Lie("a body that is too short", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab", .truncatedBody),
    Lie(
      "a chunked body without its end", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n",
      .truncatedBody),
    Lie(
      "a chunk that is no number", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
      .invalidChunk),
    Lie(
      "a chunk that is longer than it says",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
      .invalidChunk),
    Lie(
      "a chunk of a length beyond all limits",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", .invalidChunk),
    Lie("no HTTP at all", "SSH-2.0-OpenSSH_9.2\r\n", .invalidResponse),
    Lie("nothing", "", .connectionClosed),
    Lie("half a head", "HTTP/1.1 200 OK\r\nContent-Le", .connectionClosed),
    Lie("a field without a colon", "HTTP/1.1 200 OK\r\nnonsense\r\n\r\n", .invalidResponse),
    Lie("a status that is no number", "HTTP/1.1 abc OK\r\n\r\n", .invalidResponse),
    Lie("a body where none may be", "HTTP/1.1 204 No\r\nContent-Length: 2\r\n\r\nab", .invalidFraming),
    Lie("an unknown transfer coding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", .invalidResponse),
    Lie("a protocol that nobody asked for", "HTTP/1.1 101 Go\r\nUpgrade: x\r\n\r\n", .invalidResponse),
    Lie(
      "interim answers without an end", String(repeating: "HTTP/1.1 102 Wait\r\n\r\n", count: 1000),
      .invalidResponse),
    Lie(
      "gzip that is none", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nzzzz",
      .invalidContentEncoding),
  ]

  @Test(arguments: Engine.allCases, lies) func `a lie is found out`(_ engine: Engine, _ lie: Lie) throws {
    try withClient(engine) { client, loop in
      let server = try ScriptedServer.listening(on: loop) { connection in
        try await connection.head()
        try await connection.send(lie.answer)
      }
      defer { server.stop() }
      let error = await failure { try await client.fetch(server.base) }
      #expect(error?.code == lie.codes[engine], "\(error.map(\.description) ?? "no error")")
      #expect(error?.status == 599)
      #expect(client.load.active == 0)
    }
  }

  @Test(arguments: Engine.allCases) func `what is not wrong passes`(_ engine: Engine) throws {
    let answers = [
      "HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nok", "HTTP/1.0 200 OK\r\n\r\nok",
      "HTTP/1.1 200 \r\n\r\nok",
      "HTTP/1.1 200 OK\r\nX: a\r\n  b\r\nContent-Length: 2\r\n\r\nok",
      "HTTP/1.1 100 Go on\r\n\r\nHTTP/1.1 103 Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;x=y\r\no\r\n1\r\nk\r\n0\r\n\r\n",
    ]
    for answer in answers {
      try withClient(engine) { client, loop in
        let server = try ScriptedServer.listening(on: loop) { connection in
          try await connection.head()
          try await connection.send(answer)
        }
        defer { server.stop() }
        let response = try await client.fetch(server.base)
        #expect(response.text == "ok", "\(answer)")
      }
    }
  }

  @Test(arguments: Engine.allCases) func `trailers are told apart from fields`(_ engine: Engine) throws {
    try withClient(engine) { client, loop in
      let server = try ScriptedServer.listening(on: loop) { connection in
        try await connection.head()
        try await connection.send(
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX-Sum: 97\r\nContent-Length: 3\r\n\r\n"
        )
      }
      defer { server.stop() }
      let response = try await client.fetch(server.base)
      #expect(response.text == "a")
      #expect(response.trailers.first("X-Sum") == "97")
      #expect(response.headers.first("X-Sum") == nil)
      #expect(response.headers.first("Content-Length") == nil)
    }
  }

  @Test(arguments: Engine.allCases, ["one long line", "many lines", "many trailers"])
  func `headers without an end are cut`(_ engine: Engine, _ kind: String) throws {
    try withClient(engine) { client, loop in
      let server = try ScriptedServer.listening(on: loop) { connection in
        try await connection.head()
        let isTrailer = kind == "many trailers"
        try await connection.send(
          "HTTP/1.1 200 OK\r\n" + (isTrailer ? "Transfer-Encoding: chunked\r\n\r\n0\r\n" : "")
            + (kind == "one long line" ? "X: " : ""))
        // Ends when the client hangs up.
        while true {
          let text = kind == "one long line" ? "aaaaaaaaaaaaaaaa" : "X-Field: value\r\n"
          try await connection.send(String(repeating: text, count: 1000))
        }
      }
      defer { server.stop() }
      let error = await failure { try await client.fetch(server.base) }
      let expected: [HTTPClientError.Code] =
        kind == "many trailers" ? [.headersTooLarge, .invalidChunk] : [.headersTooLarge]
      #expect(error.map { expected.contains($0.code) } == true, "\(error.map(\.description) ?? "no error")")
    }
  }

  @Test(arguments: Engine.allCases, [true, false])
  func `a body beyond the limit is cut, whether it says so or not`(_ engine: Engine, _ saysSo: Bool) throws {
    var configuration = HTTPClientConfiguration()
    configuration.maxBodySize = 100_000
    try withClient(engine, configuration) { client, loop in
      let server = try ScriptedServer.listening(on: loop) { connection in
        try await connection.head()
        try await connection.send(
          "HTTP/1.1 200 OK\r\n" + (saysSo ? "Content-Length: 1000000\r\n\r\n" : "\r\n"))
        while true { try await connection.send([UInt8](repeating: 0x61, count: 10_000)) }
      }
      defer { server.stop() }
      #expect(await failure { try await client.fetch(server.base) }?.code == .bodyTooLarge)
    }
  }

  @Test(arguments: Engine.allCases, [false, true])
  func `a compression bomb does not go off`(_ engine: Engine, _ isStreamed: Bool) throws {
    // 200 MB of zeros are 200 kB.
    let bomb = gzip([UInt8](repeating: 0, count: 200_000_000).span)
    var configuration = HTTPClientConfiguration()
    configuration.maxBodySize = 10_000_000
    try withClient(engine, configuration) { client, loop in
      let server = try ScriptedServer.listening(on: loop) { connection in
        try await connection.head()
        try await connection.send(
          "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: \(bomb.count)\r\n\r\n")
        try await connection.send(bomb)
      }
      defer { server.stop() }
      var request = HTTPRequest(server.base)
      var count = 0
      if isStreamed { request.streamingCallback = { count += $0.count } }
      let sent = request
      #expect(await failure { try await client.fetch(sent) }?.code == .bodyTooLarge)
      #expect(count <= 10_000_000)
    }
  }

  // MARK: - Silence

  /// When a server falls silent, and which limit that breaks.
  enum Silence: String, CaseIterable, Sendable {
    case connecting, beforeTheHead, insideTheHead, insideTheBody, betweenBytes, whileTakingTheBody
  }

  @Test(arguments: Engine.allCases, Silence.allCases)
  func `silence ends with the limit for it`(_ engine: Engine, _ silence: Silence) throws {
    try withClient(engine) { client, loop in
      let blackhole = try Blackhole()
      let server = try ScriptedServer.listening(on: loop) { connection in
        try await connection.head()
        switch silence {
        case .insideTheHead: try await connection.send("HTTP/1.1 200 OK\r\nX-")
        case .insideTheBody: try await connection.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab")
        case .betweenBytes:
          try await connection.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n")
          try await connection.send("ab")
        case .whileTakingTheBody: return try await loop.sleep(for: .seconds(20))
        default: break
        }
        try await connection.untilClosed()
      }
      defer { server.stop() }
      var request = HTTPRequest(silence == .connecting ? "http://\(blackhole.address)" : server.base)
      let expected: HTTPClientError.Code
      switch silence {
      case .connecting:
        request.connectTimeout = .milliseconds(150)
        expected = .connectTimedOut
      case .beforeTheHead:
        request.responseTimeout = .milliseconds(150)
        expected = .responseTimedOut
      case .insideTheHead, .insideTheBody:
        request.requestTimeout = .milliseconds(150)
        expected = .requestTimedOut
      case .betweenBytes:
        request.idleTimeout = .milliseconds(150)
        expected = .idleTimedOut
      case .whileTakingTheBody:
        request.method = "PUT"
        request.body = .bytes([UInt8](repeating: 0, count: 20_000_000))
        request.idleTimeout = .milliseconds(300)
        expected = .idleTimedOut
      }
      let sent = request
      let start = loop.time
      let error = await failure { try await client.fetch(sent) }
      #expect(error?.code == expected, "\(error.map(\.description) ?? "no error")")
      #expect(error?.isTimeout == true)
      #expect(loop.time - start < .seconds(5))
    }
  }

  @Test(arguments: Engine.allCases) func `a port where nobody listens is an error at once`(_ engine: Engine)
    throws
  {
    try withClient(engine) { client, _ in
      let address = try refusedAddress()
      let error = await failure { try await client.fetch("http://\(address)/") }
      #expect(error?.code == .connectionFailed, "\(error.map(\.description) ?? "no error")")
    }
  }

  @Test(arguments: Engine.allCases) func `a name that is none is an error`(_ engine: Engine) throws {
    try withClient(engine) { client, loop in
      let resolver = FakeResolver(on: loop)
      resolver.error = LoopError(.resolution, "no such name")
      loop.setResolver(resolver)
      let error = await failure { try await client.fetch("http://nowhere.test/") }
      #expect(error?.code == .nameNotResolved, "\(error.map(\.description) ?? "no error")")
      #expect(resolver.questions.count == 1)
    }
  }

  @Test(arguments: Engine.allCases) func `a name that takes its time is a time-out of connecting`(
    _ engine: Engine
  ) throws {
    try withClient(engine) { client, loop in
      let resolver = FakeResolver([], on: loop)
      resolver.delay = .seconds(1)
      loop.setResolver(resolver)
      var request = HTTPRequest("http://slow.test/")
      request.connectTimeout = .milliseconds(100)
      let sent = request
      #expect(await failure { try await client.fetch(sent) }?.code == .connectTimedOut)
    }
  }
}
