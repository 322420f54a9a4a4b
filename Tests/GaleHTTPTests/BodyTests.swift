// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleLoop
import GaleWire
import TestSupport
import Testing

@testable import GaleHTTP

@Suite("httpserver: bodies of requests")
struct BodyTests {
  @Test(arguments: [HTTPBodyDelivery.buffered, .streamed])
  func `a body comes whole or in pieces, as the delegate asks`(_ delivery: HTTPBodyDelivery) throws {
    var exchanges: [Exchange] = []
    try withServer(
      start: { request in
        let exchange = Exchange()
        exchange.bodyDelivery = delivery
        exchange.whenFinished = { [unowned exchange] in
          let body = delivery == .buffered ? $0.body : exchange.chunks.flatMap { $0 }
          $0.answer(String(decoding: body, as: UTF8.self))
        }
        exchanges.append(exchange)
        return exchange
      }
    ) { server async throws in
      let client = try await server.connect()
      let large = String(repeating: "0123456789", count: 30_000)
      for body in ["x", large, "y"] { #expect(try await client.request(post("/", body)).text == body) }
      #expect(try await client.request(chunked("/", "2\r\nab\r\n1;e=f\r\nc\r\n0\r\n\r\n")).text == "abc")
      #expect(try await client.request(chunked("/", "0\r\n\r\n")).text == "")
      #expect(try await client.request(post("/", "")).text == "")
      if delivery == .buffered {
        #expect(exchanges.allSatisfy { $0.events == ["finish"] })
      } else {
        #expect(exchanges[0].events == ["data", "finish"])
        #expect(exchanges[1].chunks.count > 1)
        #expect(exchanges[3].events == ["data", "finish"])
        #expect(exchanges[4].events == ["finish"])
      }
      #expect(exchanges.allSatisfy { $0.events.last == "finish" })
    }
  }

  /// OBS-003, OBS-004; CH-37, CH-38: a trailer field is no header field.
  @Test func `trailer fields are kept apart from the header`() throws {
    try withServer(
      start: { _ in
        Exchange { request in
          let trailers = request.trailers.map { "\($0.name)=\($0.value)" }.joined(separator: ",")
          request.answer("\(trailers)|\(request.host)|\(request.headers["X-Sum"] ?? "-")")
        }
      }
    ) { server async throws in
      let client = try await server.connect()
      let response = try await client.request(
        chunked("/", "1\r\nx\r\n0\r\nX-Sum: 5\r\nHost: evil\r\nContent-Length: 9\r\n\r\n"))
      #expect(response.text == "X-Sum=5,Host=evil,Content-Length=9|a|-")
      #expect(try await client.request(chunked("/", "0\r\n\r\n")).text == "|a|-")
    }
  }

  /// H1C-008.
  @Test func `a client that expects it is told to go on`() throws {
    try withServer { server async throws in
      let client = try await server.connect()
      let head = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n"
      let interim = try await client.request(head)
      #expect(interim.status == 100)
      #expect(interim.fields.isEmpty)
      #expect(try await client.request("hello").text == "POST / hello")
      // The body is on its way already.
      #expect(try await client.request(head + "again").text == "POST / again")
      // No body, and HTTP/1.0, which knows no interim answers.
      #expect(try await client.request(get("/", "Expect: 100-continue\r\n")).status == 200)
      try await client.send("POST / HTTP/1.0\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
      try await server.loop.sleep(for: .milliseconds(5))
      #expect(try await client.request("ok").text == "POST / ok")
    }
  }

  @Test func `a delegate that streams says itself when the client may go on`() throws {
    var exchange: Exchange?
    var started: HTTPServerRequest?
    try withServer(
      start: { request in
        let made = Exchange { $0.answer("done") }
        made.bodyDelivery = .streamed
        started = request
        exchange = made
        return made
      }
    ) { server async throws in
      let client = try await server.connect()
      try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
      try await server.loop.wait { exchange != nil }
      var interim: RawResponse?
      let task = server.loop.spawn { interim = try await client.response() }
      try await server.loop.sleep(for: .milliseconds(5))
      #expect(interim == nil)
      started?.sendContinue()
      started?.sendContinue()
      await task.value
      #expect(interim?.status == 100)
      #expect(try await client.request("hello").text == "done")
      #expect(exchange?.chunks == [Array("hello".utf8)])
    }
  }

  /// OBS-010.
  @Test func `an expectation can be refused before the body comes`() throws {
    try withServer(
      start: { request in
        let exchange = Exchange()
        exchange.bodyDelivery = .streamed
        request.connection.loop.addLocalCallback { request.answer("no", status: 403) }
        return exchange
      }
    ) { server async throws in
      let client = try await server.connect()
      try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
      let response = try await client.response()
      #expect(response.status == 403)
      #expect(response["Connection"] == "close")
      try await client.send("hello" + get("/smuggled"))
      #expect(try await client.rest() == "")
      #expect(server.context.requestCount == 1)
    }
  }

  /// The body of a request that was answered at its head must not become the next request.
  @Test(arguments: [
    "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 37\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n\r\n",
    "POST /1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n25\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n\r\n\r\n0\r\n\r\n",
    "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n",
  ])
  func `an answer at the head of a request ends the connection if a body follows`(_ text: String) throws {
    var exchanges: [Exchange] = []
    try withServer(
      start: { request in
        request.answer("early \(request.uri)", status: 401)
        exchanges.append(Exchange())
        return exchanges[exchanges.count - 1]
      }
    ) { server async throws in
      for isSplit in [false, true] {
        let client = try await server.connect()
        if isSplit {
          let end = text.firstRange(of: "\r\n\r\n")?.upperBound ?? text.endIndex
          try await client.send(String(text[..<end]))
          try await server.loop.sleep(for: .milliseconds(3))
          try? await client.send(String(text[end...]))
        } else {
          try await client.send(text)
        }
        let response = try await client.response()
        #expect(response.text == "early /1")
        #expect(response["Connection"] == "close")
        #expect(try await client.rest() == "")
      }
      #expect(server.context.requestCount == 2)
      #expect(exchanges.allSatisfy { $0.events.isEmpty })
    }
  }

  @Test func `an answer at the head of a request without a body leaves the connection open`() throws {
    var exchanges: [Exchange] = []
    try withServer(
      start: { request in
        request.answer("early \(request.uri)")
        exchanges.append(Exchange())
        return exchanges[exchanges.count - 1]
      }
    ) { server async throws in
      let client = try await server.connect()
      try await client.send(get("/1") + get("/2") + post("/3", ""))
      for index in 1...3 { #expect(try await client.response().text == "early /\(index)") }
      #expect(exchanges.allSatisfy { $0.events.isEmpty })
    }
  }

  /// H1C-014, R02.
  @Test(arguments: [HTTPBodyDelivery.buffered, .streamed])
  func `an answer before the end of the body arrives whole, and ends the connection`(
    _ delivery: HTTPBodyDelivery
  ) throws {
    let text = String(repeating: "no ", count: 20_000)
    var started: HTTPServerRequest?
    try withServer(
      start: { request in
        let exchange = Exchange()
        exchange.bodyDelivery = delivery
        started = request
        return exchange
      }
    ) { server async throws in
      let client = try await server.connect()
      try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n")
      let sender = server.loop.spawn {
        // A client that has not noticed the answer yet, and then stops.
        for index in 0..<60 {
          try? await client.send(String(repeating: "x", count: 1000))
          await server.loop.turns(2)
          if index == 10 {
            try await server.loop.wait { started != nil }
            started?.answer(text, status: 413)
          }
        }
        client.closeSending()
      }
      let response = try await client.response()
      #expect(response.status == 413)
      #expect(response.text == text)
      #expect(response["Connection"] == "close")
      #expect(try await client.rest() == "")
      await sender.value
      try await server.loop.wait { server.context.connectionCount == 0 }
    }
  }

  @Test func `a delegate may allow more or less than the server`() throws {
    var configuration = HTTPServerConfiguration()
    configuration.limits.body = 10
    try withServer(
      configuration,
      start: { request in
        if request.path == "/more" { request.maxBodySize = 20 }
        if request.path == "/less" { request.maxBodySize = 5 }
        return Exchange.echo()
      }
    ) { server async throws in
      for (path, most) in [("/", 10), ("/more", 20), ("/less", 5)] {
        for count in [most, most + 1] {
          let body = String(repeating: "b", count: count)
          let size = String(count, radix: 16)
          let expected = count == most ? "POST \(path) \(body)" : ""
          for text in [post(path, body), chunked(path, "\(size)\r\n\(body)\r\n0\r\n\r\n")] {
            let response = try await server.connect().request(text)
            #expect(response.status == (count == most ? 200 : 413))
            if count == most { #expect(response.text == expected) }
          }
        }
      }
    }
  }

  /// R11.
  @Test(arguments: PollerKind.allCases)
  func `a delegate that does not read holds the client back`(_ poller: PollerKind) throws {
    var request: HTTPServerRequest?
    var received = 0
    let total = 30_000_000
    try withServer(
      HTTPServerConfiguration(), poller,
      start: { started in
        let exchange = Exchange { $0.answer("\(received)") }
        exchange.bodyDelivery = .streamed
        exchange.whenData = { [unowned exchange] request in
          received += exchange.chunks.removeLast().count
          if received < total { request.connection.setBodyPaused(true, for: request) }
        }
        request = started
        return exchange
      }
    ) { server async throws in
      let client = try await server.connect()
      let task = server.loop.spawn {
        try await client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: \(total)\r\n\r\n")
        try await client.send([UInt8](repeating: 120, count: total))
      }
      try await server.loop.wait { received > 0 }
      try await server.loop.sleep(for: .milliseconds(30))
      #expect(received <= 2 * BufferPool.scratchSize)
      #expect(client.stream.unsentCount > total / 2)
      while received < total {
        if let request { request.connection.setBodyPaused(false, for: request) }
        await server.loop.moment()
      }
      await task.value
      #expect(try await client.response().text == "\(total)")
      request = nil
    }
  }

  /// CH-43, T40.
  @Test func `many tiny chunks are put together`() throws {
    var pieces = 0
    try withServer(
      start: { _ in
        let exchange = Exchange()
        exchange.bodyDelivery = .streamed
        exchange.whenData = { _ in pieces += 1 }
        exchange.whenFinished = { [unowned exchange] in
          $0.answer("\(exchange.chunks.map(\.count).reduce(0, +))")
        }
        return exchange
      }
    ) { server async throws in
      let client = try await server.connect()
      let body = String(repeating: "1\r\nA\r\n", count: 20_000) + "0\r\n\r\n"
      #expect(try await client.request(chunked("/", body)).text == "20000")
      #expect(pieces < 100)
    }
  }
}
