// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if HTTP2

import GaleCore
import GaleLoop
import GaleWire
import TestSupport
import Testing

@testable import GaleHTTP

extension TestServer {
  func connectHTTP2(_ settings: [(id: Int, value: Int)] = []) async throws -> HTTP2Client {
    try await HTTP2Client.connect(to: address, settings: settings, on: loop)
  }
}

/// Answers with what the request is.
private func describing() -> Exchange {
  Exchange { request in
    let lines = request.headers.map { "\($0.name)=\($0.value)" }.joined(separator: "&")
    request.answer("\(request.method) \(request.uri) \(request.version) \(request.host) \(lines)")
  }
}

@Suite("httpserver: HTTP/2 (SRV-021)")
struct HTTP2ServingTests {
  @Test(arguments: PollerKind.allCases)
  func `a client that begins with the preface is spoken HTTP 2 to`(_ poller: PollerKind) throws {
    try withServer(HTTPServerConfiguration(), poller, start: { _ in describing() }) { server async throws in
      let client = try await server.connectHTTP2()
      try await client.request(1, "GET", "/a?b", [("x-one", "1"), ("cookie", "a=1"), ("cookie", "b=2")])
      let response = try await client.response(1)
      #expect(response.status == 200)
      #expect(response.text == "GET /a?b HTTP/2.0 gale.test Host=gale.test&X-One=1&Cookie=a=1; b=2")
      #expect(response["content-length"] == "\(response.body.count)")
      #expect(response.fields.allSatisfy { $0.name == $0.name.lowercased() })
      client.close()
      try await server.loop.wait { server.context.connectionCount == 0 }
    }
  }

  @Test func `the preface may come in pieces, and all at once with a request`() throws {
    try withServer { server async throws in
      let client = HTTP2Client(try await IOStream.connect(to: server.address, on: server.loop))
      let bytes =
        HTTP2Client.preface + HTTP2Client.settings([]).bytes
        + HTTP2Client.headers(1, HTTP2Client.fields("GET", "/")).bytes
      for byte in bytes.dropLast(40) {
        try await client.send([byte])
        await server.loop.turns(2)
      }
      try await client.send(Array(bytes.suffix(40)))
      #expect(try await client.response(1).text == "GET / ")
      client.close()
      let second = HTTP2Client(try await IOStream.connect(to: server.address, on: server.loop))
      try await second.send(bytes)
      #expect(try await second.response(1).text == "GET / ")
      second.close()
    }
  }

  @Test func `without HTTP 2 the preface is a request that cannot be understood`() throws {
    var configuration = HTTPServerConfiguration()
    configuration.http2.isEnabled = false
    try withServer(configuration) { server async throws in
      #expect(try await server.exchange("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").hasPrefix("HTTP/1.1 505"))
    }
    try withServer { server async throws in
      #expect(try await server.exchange("PRI * HTTP/1.1\r\nHost: a\r\n\r\n").hasPrefix("HTTP/1.1 400"))
    }
  }

  @Test func `an upgrade to h2c is not heeded`() throws {
    try withServer { server async throws in
      let client = try await server.connect()
      let response = try await client.request(
        get("/", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"))
      #expect(response.status == 200)
      client.close()
    }
  }

  @Test func `requests are answered side by side`() throws {
    var waiting: [HTTPServerRequest] = []
    try withServer(start: { _ in Exchange { waiting.append($0) } }) { server async throws in
      let client = try await server.connectHTTP2()
      for id in stride(from: 1, to: 40, by: 2) { try await client.request(id, "GET", "/\(id)") }
      try await server.loop.wait { waiting.count == 20 }
      for request in waiting.reversed() { request.answer(request.uri) }
      waiting = []
      for id in stride(from: 1, to: 40, by: 2) { #expect(try await client.response(id).text == "/\(id)") }
      client.close()
    }
  }

  @Test func `bodies come whole, with trailers`() throws {
    try withServer(start: { _ in
      Exchange { request in
        request.answer("\(request.body.count) \(request.trailers["X-Sum"] ?? "-")")
      }
    }) { server async throws in
      let client = try await server.connectHTTP2()
      try await client.request(1, "POST", "/", body: pattern(60_000))
      #expect(try await client.response(1).text == "60000 -")
      try await client.request(3, "POST", "/", [("content-length", "0")], body: [])
      #expect(try await client.response(3).text == "0 -")
      try await client.send(
        HTTP2Client.headers(5, HTTP2Client.fields("POST", "/"), ends: false),
        HTTP2Frame(.data, 0, 5, [1, 2, 3]), HTTP2Client.headers(5, [("x-sum", "6")]))
      #expect(try await client.response(5).text == "3 6")
      client.close()
    }
  }

  @Test func `bodies come in pieces to who wants them so`() throws {
    let exchange = Exchange { $0.answer("end") }
    exchange.bodyDelivery = .streamed
    try withServer(start: { _ in exchange }) { server async throws in
      let client = try await server.connectHTTP2()
      try await client.send(
        HTTP2Client.headers(1, HTTP2Client.fields("POST", "/"), ends: false), HTTP2Frame(.data, 0, 1, [1]))
      try await server.loop.wait { exchange.chunks == [[1]] }
      try await client.send(HTTP2Frame(.data, 0, 1, [2, 3]))
      try await server.loop.wait { exchange.chunks.count == 2 }
      try await client.send(HTTP2Frame(.data, HTTP2Frame.endStream, 1))
      #expect(try await client.response(1).text == "end")
      #expect(exchange.chunks == [[1], [2, 3]] && exchange.events == ["data", "data", "finish"])
      client.close()
    }
  }

  @Test func `a body is asked for when the client waits`() throws {
    try withServer { server async throws in
      let client = try await server.connectHTTP2()
      let fields = HTTP2Client.fields("POST", "/", [("expect", "100-continue"), ("content-length", "2")])
      try await client.send(HTTP2Client.headers(1, fields, ends: false))
      try await client.take { $0.responses[1]?.interim.isEmpty == false }
      #expect(client.responses[1]?.interim.first?.first?.value == "100")
      try await client.send(HTTP2Frame(.data, HTTP2Frame.endStream, 1, Array("hi".utf8)))
      #expect(try await client.response(1).text == "POST / hi")
      client.close()
    }
  }

  @Test func `answers may have interim ones before and trailers behind them`() throws {
    try withServer(start: { _ in
      Exchange { request in
        do {
          try request.connection.writeInformational(103, HTTPHeaders([("Link", "</s>")]), for: request)
          try request.writeHeaders(200, HTTPHeaders([("Transfer-Encoding", "chunked")]))
          try request.write(Array("body".utf8))
          try request.finish(trailers: HTTPHeaders([("X-Sum", "4")]))
        } catch { Issue.record(error) }
      }
    }) { server async throws in
      let client = try await server.connectHTTP2()
      try await client.request(1)
      let response = try await client.response(1)
      #expect(response.interim.first?.map(\.value) == ["103", "</s>"])
      #expect(response.status == 200 && response.text == "body" && response["transfer-encoding"] == nil)
      #expect(response.trailers.map(\.name) == ["x-sum"])
      client.close()
    }
  }

  @Test(arguments: [("HEAD", 200), ("GET", 204), ("GET", 304)])
  func `some answers have no body`(_ method: String, _ status: Int) throws {
    try withServer(start: { _ in
      Exchange { request in
        do {
          var headers = HTTPHeaders()
          if status == 200 { headers.append("Content-Length", decimal: 5) }
          try request.writeHeaders(status, headers)
          try request.write(Array("hello".utf8))
          try request.finish()
        } catch { Issue.record(error) }
      }
    }) { server async throws in
      let client = try await server.connectHTTP2()
      try await client.request(1, method)
      let response = try await client.response(1)
      #expect(response.status == status && response.body.isEmpty && response.isComplete)
      #expect(response["content-length"] == (status == 200 ? "5" : nil))
      client.close()
    }
  }

  @Test func `what the connection is asked for in an answer is done and not sent`() throws {
    try withServer(start: { _ in
      Exchange { $0.answer("bye", [("Connection", "close"), ("Keep-Alive", "1"), ("Upgrade", "x")]) }
    }) { server async throws in
      let client = try await server.connectHTTP2()
      try await client.request(1)
      let response = try await client.response(1)
      #expect(response.text == "bye")
      #expect(response.fields.map(\.name) == [":status", "content-length"])
      try await client.rest()
      #expect(client.goaways == [0, 0])
    }
  }

  @Test func `misuse of an answer is refused as in HTTP 1`() throws {
    var errors: [String] = []
    try withServer(start: { _ in
      Exchange { request in
        func attempt(_ body: () throws -> Void) {
          do { try body() } catch { errors.append("\(error)") }
        }
        attempt { try request.finish() }
        attempt { try request.writeHeaders(101, HTTPHeaders()) }
        attempt { try request.writeHeaders(200, HTTPHeaders([("Transfer-Encoding", "gzip")])) }
        attempt { try request.writeHeaders(200, HTTPHeaders([("Content-Length", "2")])) }
        attempt { try request.writeHeaders(200, HTTPHeaders()) }
        attempt { try request.write([1, 2, 3]) }
        attempt { try request.write([1]) }
        attempt { try request.finish() }
        attempt { try request.write([1]) }
        #expect(request.connection.detach(request) == nil)
      }
    }) { server async throws in
      let client = try await server.connectHTTP2()
      try await client.request(1)
      #expect(try await client.response(1).reset == 2)
      #expect(
        errors == [
          "The headers are not written", "Status 101 is not final", "Transfer-Encoding is not the handler's",
          "The headers are already written", "Tried to write more data than Content-Length",
          "Tried to write 1 bytes less than Content-Length",
          "The request is over: its answer is complete, or the client is gone",
        ])
      // The others are not concerned.
      try await client.send(HTTP2Frame(.ping, 0, 0, Array(repeating: 7, count: 8)))
      try await client.take { $0.control.contains { $0.has(.ping) } }
      client.close()
    }
  }

  @Test func `an answer before the end of the body ends the stream without harm`() throws {
    let exchange = Exchange()
    exchange.bodyDelivery = .streamed
    exchange.whenData = { request in if !request.responseFinished { request.answer("enough") } }
    try withServer(start: { request in request.method == "POST" ? exchange : Exchange.echo() }) {
      server async throws in
      let client = try await server.connectHTTP2()
      try await client.send(
        HTTP2Client.headers(1, HTTP2Client.fields("POST", "/"), ends: false), HTTP2Frame(.data, 0, 1, [1]))
      #expect(try await client.response(1).text == "enough")
      try await client.take { $0.responses[1]?.reset != nil }
      #expect(client.responses[1]?.reset == 0)
      try await client.send(HTTP2Frame(.data, 0, 1, pattern(16384)))
      try await client.request(3, "GET", "/next")
      #expect(try await client.response(3).text == "GET /next ")
      #expect(exchange.events == ["data"])
      client.close()
    }
  }

  @Test func `a cancelled request is told to its delegate`() throws {
    let exchange = Exchange()
    try withServer(start: { _ in exchange }) { server async throws in
      let client = try await server.connectHTTP2()
      try await client.request(1)
      try await server.loop.wait { exchange.request != nil }
      try await client.send(HTTP2Frame(.reset, 0, 1, HTTP2Frame.word(8)))
      try await server.loop.wait { exchange.events == ["finish", "closed"] }
      #expect(exchange.request?.responseFinished ?? false)
      #expect(throws: HTTPOutputError.self) { try exchange.request?.writeHeaders(200, HTTPHeaders()) }
      client.close()
      try await server.loop.wait { server.context.connectionCount == 0 }
      #expect(exchange.events == ["finish", "closed"])
    }
  }

  @Test func `a lost connection is told to the delegates of all its requests`() throws {
    var exchanges: [Exchange] = []
    try withServer(start: { _ in
      exchanges.append(Exchange())
      return exchanges[exchanges.count - 1]
    }) { server async throws in
      let client = try await server.connectHTTP2()
      try await client.request(1)
      try await client.send(HTTP2Client.headers(3, HTTP2Client.fields("POST", "/"), ends: false))
      try await server.loop.wait { exchanges.count == 2 }
      client.stream.abort()
      try await server.loop.wait { exchanges.allSatisfy { $0.events.last == "closed" } }
      #expect(exchanges.map(\.events) == [["finish", "closed"], ["closed"]])
      #expect(server.context.connectionCount == 0)
    }
  }

  @Test func `a client that has closed its side is still answered`() throws {
    var waiting: HTTPServerRequest?
    try withServer(start: { _ in Exchange { waiting = $0 } }) { server async throws in
      let client = try await server.connectHTTP2()
      client.isPolite = false
      try await client.request(1)
      try await server.loop.wait { waiting != nil }
      client.stream.shutdownWriting()
      await server.loop.turns(5)
      waiting?.answer("late")
      waiting = nil
      #expect(try await client.response(1).text == "late")
      try await client.rest()
      #expect(server.context.connectionCount == 0)
    }
  }
}

#endif
