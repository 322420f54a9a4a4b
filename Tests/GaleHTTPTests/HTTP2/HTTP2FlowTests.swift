// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if HTTP2

import GaleCore
import GaleLoop
import GaleWire
import TestSupport
import Testing

@testable import GaleHTTP

/// Answers with `body`, the second time from a file.
private func sending(_ body: [UInt8], _ whenDone: @escaping () -> Void = {}) -> Exchange {
  Exchange { request in
    request.connection.loop.spawn {
      var headers = HTTPHeaders()
      headers.append("Content-Length", decimal: body.count)
      try request.writeHeaders(200, headers)
      try request.write(body)
      await request.drain()
      if !request.responseFinished { try request.finish() }
      whenDone()
    }
  }
}

@Suite("httpserver: HTTP/2 flow control")
struct HTTP2FlowTests {
  @Test(arguments: PollerKind.allCases)
  func `large bodies go both ways`(_ poller: PollerKind) throws {
    let body = pattern(3_000_000)
    var configuration = HTTPServerConfiguration()
    configuration.http2.streamWindowByteCount = configuration.http2.connectionWindowByteCount
    try withServer(
      configuration, poller,
      start: { _ in
        Exchange { request in
          var headers = HTTPHeaders()
          headers.append("Content-Length", decimal: request.body.count)
          do {
            try request.writeHeaders(200, headers)
            try request.write(request.body)
            try request.finish()
          } catch { Issue.record(error) }
        }
      }
    ) { server async throws in
      let client = try await server.connectHTTP2()
      try await client.send(
        HTTP2Client.headers(1, HTTP2Client.fields("POST", "/"), ends: false))
      var sent = 0
      var window = 65535
      var seen = 0
      while sent < body.count {
        // As much as both windows allow; they are the same here, as nobody else sends.
        let count = min(16384, body.count - sent, window)
        if count > 0 {
          let flags = sent + count == body.count ? HTTP2Frame.endStream : 0
          try await client.send(HTTP2Frame(.data, flags, 1, Array(body[sent..<sent + count])))
          sent += count
          window -= count
        } else {
          try await client.take { $0.control.count > seen }
          for frame in client.control[seen...] where frame.has(.windowUpdate) { window += frame.number() }
          seen = client.control.count
        }
      }
      #expect(areEqual(try await client.response(1).body, body))
      client.close()
    }
  }

  @Test func `a file goes out within the client's windows, before what follows it`() throws {
    let directory = try TemporaryDirectory()
    let content = pattern(1 << 20)
    try directory.write(content, to: "file")
    try withServer(start: { _ in
      Exchange { request in
        guard request.path == "/file" else { return request.answer("text") }
        let file = FileStatus.open(directory.path("file"))
        request.connection.loop.spawn {
          var headers = HTTPHeaders()
          headers.append("Content-Length", decimal: content.count + 5)
          try request.writeHeaders(200, headers)
          try request.write(Array("a".utf8))
          try request.connection.writeFile(file, offset: 0, count: content.count, for: request)
          try request.write(Array("tail".utf8))
          await request.drain()
          System.close(file)
          try request.finish()
        }
      }
    }) { server async throws in
      let client = try await server.connectHTTP2()
      try await client.request(1, "GET", "/file")
      try await client.request(3, "GET", "/text")
      #expect(try await client.response(3).text == "text")
      #expect(areEqual(try await client.response(1).body, Array("a".utf8) + content + Array("tail".utf8)))
      client.close()
    }
  }

  @Test func `a file that ends early resets its stream only`() throws {
    let directory = try TemporaryDirectory()
    try directory.write(pattern(1000), to: "file")
    try withServer(start: { _ in
      Exchange { request in
        guard request.path == "/file" else { return request.answer("text") }
        let file = FileStatus.open(directory.path("file"))
        request.connection.loop.spawn {
          var headers = HTTPHeaders()
          headers.append("Content-Length", decimal: 40_000)
          try request.writeHeaders(200, headers)
          try request.connection.writeFile(file, offset: 0, count: 40_000, for: request)
          await request.drain()
          System.close(file)
        }
      }
    }) { server async throws in
      let client = try await server.connectHTTP2()
      try await client.request(1, "GET", "/file")
      #expect(try await client.response(1).reset == 2)
      try await client.request(3)
      #expect(try await client.response(3).text == "text")
      client.close()
    }
  }

  @Test func `drain waits for the client's window`() throws {
    var isDone = false
    try withServer(start: { _ in sending(pattern(100_000)) { isDone = true } }) { server async throws in
      let client = try await server.connectHTTP2()
      client.isPolite = false
      try await client.request(1)
      try await client.take { $0.responses[1]?.body.count == 65535 }
      await server.loop.turns(5)
      #expect(!isDone)
      try await client.openWindow(0, by: 100_000)
      await server.loop.turns(5)
      #expect(!isDone)
      try await client.openWindow(1, by: 100_000)
      #expect(areEqual(try await client.response(1).body, pattern(100_000)))
      try await server.loop.wait { isDone }
      client.close()
    }
  }

  @Test func `a body that nobody takes holds its sender back, and no other`() throws {
    let exchange = Exchange { $0.answer("taken") }
    exchange.bodyDelivery = .streamed
    exchange.whenData = { request in request.connection.setBodyPaused(true, for: request) }
    var configuration = HTTPServerConfiguration()
    configuration.http2.streamWindowByteCount = 65535
    try withServer(configuration, start: { $0.path == "/slow" ? exchange : Exchange.echo() }) {
      server async throws in
      let client = try await server.connectHTTP2()
      try await client.request(1, "POST", "/slow", body: pattern(65535 - 16384))
      try await server.loop.wait { exchange.events == ["data"] }
      try await client.request(3, "POST", "/echo", body: Array("quick".utf8))
      #expect(try await client.response(3).text == "POST /echo quick")
      #expect(exchange.chunks.reduce(0) { $0 + $1.count } < 65535)
      #expect(client.responses[1]?.status ?? 0 == 0)
      exchange.whenData = { _ in }
      let request = try #require(server.pausedRequest)
      request.connection.setBodyPaused(false, for: request)
      #expect(try await client.response(1).text == "taken")
      #expect(areEqual(exchange.chunks.flatMap { $0 }, pattern(65535 - 16384)))
      client.close()
    }
  }

  @Test func `a client whose window stays closed is given up`() throws {
    var configuration = HTTPServerConfiguration()
    configuration.writeTimeout = .milliseconds(300)
    var isDone = false
    try withServer(
      configuration,
      start: { $0.path == "/large" ? sending(pattern(100_000)) { isDone = true } : Exchange.echo() }
    ) { server async throws in
      let client = try await server.connectHTTP2([(id: 4, value: 0)])
      client.isPolite = false
      try await client.request(1, "GET", "/large")
      let response = try await client.response(1)
      #expect(response.status == 200 && response.body.isEmpty && response.reset == 8)
      try await server.loop.wait { isDone }
      // The connection goes on.
      try await client.request(3)
      try await client.take { $0.responses[3] != nil }
      try await client.openWindow(3, by: 100)
      #expect(try await client.response(3).text == "GET / ")
      client.close()
    }
  }

  @Test func `who does not read at all is cut`() throws {
    var configuration = HTTPServerConfiguration()
    configuration.writeTimeout = .milliseconds(300)
    try withServer(configuration, start: { _ in sending(pattern(8_000_000)) }) { server async throws in
      let client = try await server.connectHTTP2([(id: 4, value: 0x7FFF_FFFF)])
      try await client.openWindow(0, by: 0x7FFF_0000)
      try await client.request(1)
      try await server.loop.wait { server.context.connectionCount == 1 }
      try await server.loop.wait { server.context.connectionCount == 0 }
      client.close()
    }
  }

  @Test func `with too much waiting new requests are refused unseen`() throws {
    var configuration = HTTPServerConfiguration()
    configuration.http2.unsentByteCount = 100_000
    try withServer(configuration, start: { _ in sending(pattern(200_000)) }) { server async throws in
      let client = try await server.connectHTTP2([(id: 4, value: 0)])
      try await client.request(1)
      try await client.take { $0.responses[1] != nil }
      try await client.request(3)
      #expect(try await client.response(3).reset == 7)
      #expect(server.context.requestCount == 1)
      try await client.openWindow(1, by: 200_000)
      #expect(try await client.response(1).body.count == 200_000)
      client.close()
    }
  }
}

extension TestServer {
  /// A request whose body is held back.
  var pausedRequest: HTTPServerRequest? {
    for entry in context.connections {
      guard let connection = entry.connection as? HTTP2ServerConnection else { continue }
      for stream in connection.streams where stream.request?.bodyPaused ?? false { return stream.request }
    }
    return nil
  }
}

#endif
