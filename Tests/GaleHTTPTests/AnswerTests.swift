// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import CSystem
import GaleCore
import GaleLoop
import GaleWire
import TestSupport
import Testing

@testable import GaleHTTP

@Suite("httpserver: answers")
struct AnswerTests {
  /// What `body` does with one request, and what the client sees of it.
  private func exchange(_ text: String = get("/"), _ body: @escaping (HTTPServerRequest) throws -> Void)
    throws -> String
  {
    try withServer(
      start: { _ in
        Exchange { request in
          do { try body(request) } catch { Issue.record(error) }
        }
      }
    ) { server in
      let client = try await server.connect()
      try await client.send(text)
      client.closeSending()
      do { return try await client.rest() } catch {
        // Cut off: what came before is kept.
        return try await client.rest() + "|reset"
      }
    }
  }

  @Test func `an answer of unknown length is chunked`() throws {
    let text = try exchange { request in
      try request.writeHeaders(200, HTTPHeaders())
      try request.write(Array("hello".utf8))
      try request.write([])
      try request.write(Array(", world".utf8))
      try request.finish(trailers: HTTPHeaders([("X-Sum", "1")]))
    }
    #expect(
      text.hasSuffix("Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n7\r\n, world\r\n0\r\nX-Sum: 1\r\n\r\n"))
  }

  @Test(arguments: [204, 304, 101])
  func `an answer that has no body by its status has none`(_ status: Int) throws {
    let text = try exchange { request in
      try request.writeHeaders(status, HTTPHeaders())
      try request.write(Array("ignored".utf8))
      try request.finish()
    }
    #expect(text.hasPrefix("HTTP/1.1 \(status) "))
    #expect(text.hasSuffix("\r\n\r\n"))
    #expect(!text.contains("ignored"))
    #expect(!text.contains("chunked"))
  }

  /// H1C-017.
  @Test func `more than Content-Length is refused, and what was promised is sent`() throws {
    let text = try exchange { request in
      try request.writeHeaders(200, HTTPHeaders([("Content-Length", "5")]))
      try request.write(Array("hell".utf8))
      #expect(throws: HTTPOutputError.self) { try request.write(Array("oo".utf8)) }
      try request.write(Array("o".utf8))
      #expect(throws: HTTPOutputError.self) { try request.write([1]) }
      try request.finish()
    }
    #expect(text.hasSuffix("\r\n\r\nhello"))
  }

  @Test func `less than Content-Length cuts the connection`() throws {
    let text = try exchange { request in
      try request.writeHeaders(200, HTTPHeaders([("Content-Length", "5")]))
      try request.write(Array("hell".utf8))
      request.connection.flush(for: request)
      #expect(throws: HTTPOutputError.self) { try request.finish() }
    }
    #expect(text.hasSuffix("|reset"))
  }

  @Test(arguments: ["-1", "5 ", "+5", "a", "99999999999999999999", "5, 5"])
  func `a Content-Length that is none is refused`(_ value: String) throws {
    _ = try exchange { request in
      guard let headers = try? HTTPHeaders([("Content-Length", value)]) else { return request.answer("") }
      #expect(throws: HTTPOutputError.self) { try request.writeHeaders(200, headers) }
      #expect(!request.responseStarted)
      request.answer("")
    }
  }

  @Test(arguments: [0, 99, 100, 199, 1000, -1])
  func `a status that is not final is refused`(_ status: Int) throws {
    let text = try exchange { request in
      #expect(throws: HTTPOutputError.self) { try request.writeHeaders(status, HTTPHeaders()) }
      request.answer("fine")
    }
    #expect(text.hasPrefix("HTTP/1.1 200 OK\r\n"))
  }

  /// T04, T20, IN-06.
  @Test(arguments: ["x\r\nInjected: y", "x\ny", "x\u{0}", "", "x\u{1B}[0m", "x\r"])
  func `a reason that would break the status line is replaced`(_ reason: String) throws {
    let text = try exchange { request in
      var headers = HTTPHeaders()
      headers.append("Content-Length", decimal: 0)
      try request.writeHeaders(200, reason: reason, headers)
      try request.finish()
    }
    #expect(text.hasPrefix("HTTP/1.1 200 Unknown\r\nContent-Length: 0\r\n"))
    #expect(!text.contains("Injected"))
  }

  @Test func `a reason of one's own is sent`() throws {
    let text = try exchange { request in
      try request.writeHeaders(299, reason: "Fine, thanks", HTTPHeaders([("Content-Length", "0")]))
      try request.finish()
    }
    #expect(text.hasPrefix("HTTP/1.1 299 Fine, thanks\r\n"))
  }

  @Test func `calls in the wrong order are refused`() throws {
    let text = try exchange { request in
      #expect(throws: HTTPOutputError.self) { try request.finish() }
      request.answer("once")
      #expect(throws: HTTPOutputError.self) { try request.writeHeaders(200, HTTPHeaders()) }
      #expect(throws: HTTPOutputError.self) { try request.write([1]) }
      #expect(throws: HTTPOutputError.self) { try request.finish() }
      #expect(request.responseFinished)
      #expect(request.responseStatus == 200)
    }
    #expect(text.hasSuffix("\r\n\r\nonce"))
    _ = try exchange { request in
      try request.writeHeaders(200, HTTPHeaders([("Content-Length", "0")]))
      #expect(throws: HTTPOutputError.self) { try request.writeHeaders(200, HTTPHeaders()) }
      try request.finish()
    }
  }

  /// R22: an answer that comes too late is not given to the next request.
  @Test func `a late answer is refused and the next request is not touched`() throws {
    var requests: [HTTPServerRequest] = []
    try withServer(start: { _ in Exchange { requests.append($0) } }) { server async throws in
      let client = try await server.connect()
      try await client.send(get("/1") + get("/2"))
      try await server.loop.wait { requests.count == 1 }
      requests[0].answer("one")
      try await server.loop.wait { requests.count == 2 }
      #expect(throws: HTTPOutputError.self) { try requests[0].writeHeaders(200, HTTPHeaders()) }
      #expect(throws: HTTPOutputError.self) { try requests[0].write([1]) }
      #expect(throws: HTTPOutputError.self) { try requests[0].finish() }
      requests[0].abort()
      requests[0].sendContinue()
      requests[1].answer("two")
      #expect(try await client.response().text == "one")
      #expect(try await client.response().text == "two")
      client.close()
      try await server.loop.wait { server.context.connectionCount == 0 }
      #expect(throws: HTTPOutputError.self) { try requests[1].write([1]) }
      await requests[1].drain()
    }
  }

  @Test func `interim answers come before the final one`() throws {
    let text = try exchange { request in
      try request.connection.writeInformational(103, HTTPHeaders([("Link", "</a>")]), for: request)
      for status in [101, 200, 99] {
        #expect(throws: HTTPOutputError.self) {
          try request.connection.writeInformational(status, HTTPHeaders(), for: request)
        }
      }
      request.answer("final")
    }
    #expect(text.hasPrefix("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\n"))
    let old = try exchange("GET / HTTP/1.0\r\n\r\n") { request in
      try request.connection.writeInformational(103, HTTPHeaders(), for: request)
      request.answer("final")
    }
    #expect(old.hasPrefix("HTTP/1.1 200 OK\r\n"))
  }

  @Test func `an aborted answer is seen to be cut off`() throws {
    let text = try exchange { request in
      try request.writeHeaders(200, HTTPHeaders())
      try request.write(Array("half".utf8))
      request.connection.flush(for: request)
      request.abort()
      #expect(request.responseFinished)
    }
    #expect(text.hasSuffix("|reset"))
    #expect(!text.contains("0\r\n\r\n"))
  }

  /// R10.
  @Test(arguments: PollerKind.allCases)
  func `a slow reader is waited for`(_ poller: PollerKind) throws {
    var most = 0
    var sent = 0
    let total = 40
    try withServer(
      HTTPServerConfiguration(), poller,
      start: { _ in
        Exchange { request in
          request.connection.loop.spawn {
            try request.writeHeaders(200, HTTPHeaders())
            for _ in 0..<total {
              try request.write([UInt8](repeating: 65, count: 500_000))
              sent += 1
              await request.drain()
              most = max(most, request.connection.unsentCount)
            }
            try request.finish()
          }
        }
      }
    ) { server async throws in
      let client = try await server.connect()
      try await client.send(get("/"))
      try await server.loop.wait { sent > 0 }
      try await server.loop.sleep(for: .milliseconds(50))
      #expect(sent < total)
      let response = try await client.response()
      #expect(response.body.count == total * 500_000)
      #expect(most <= 500_100)
    }
  }

  /// R10: what a delegate writes without waiting is bounded.
  @Test func `a delegate that never waits is refused when much waits for its client`() throws {
    var written = 0
    var failure: HTTPOutputError?
    try withServer(
      start: { _ in
        Exchange { request in
          let piece = [UInt8](repeating: 120, count: 1 << 16)
          do throws(HTTPOutputError) {
            try request.writeHeaders(200, HTTPHeaders())
            for _ in 0..<3000 {
              try request.write(piece)
              written += piece.count
            }
          } catch {
            failure = error
            request.abort()
          }
        }
      }
    ) { server async throws in
      let client = try await server.connect()
      try await client.send(get("/"))
      try await server.loop.wait { failure != nil }
      #expect(failure?.description.contains("drain()") ?? false)
      #expect(written < 32 << 20, "what the sockets hold, and 8 MiB")
    }
  }

  /// R10: also when the answer was queued whole.
  @Test func `a large answer to a slow reader arrives whole`() throws {
    let body = String(decoding: [UInt8](repeating: 97, count: 8_000_000), as: UTF8.self)
    try withServer(start: { _ in Exchange { $0.answer(body) } }) { server async throws in
      let client = try await server.connect()
      try await client.send(get("/1") + get("/2", "Connection: close\r\n"))
      try await server.loop.sleep(for: .milliseconds(20))
      for _ in 0..<2 { #expect(areEqual(try await client.response().body, Array(body.utf8))) }
      #expect(try await client.rest() == "")
    }
  }

  @Test(arguments: [100, 3_000_000])
  func `files are answers too, also when the next request waits behind them`(_ size: Int) throws {
    let directory = try TemporaryDirectory()
    let content = pattern(size)
    try directory.write(content, to: "file")
    let file = unsafe gale_open_read(directory.path("file"))
    defer { _ = gale_close(file) }
    try withServer(
      start: { _ in
        Exchange { request in
          guard request.path == "/file" else { return request.answer(request.path) }
          do {
            try request.writeHeaders(200, HTTPHeaders([("Content-Length", "\(size + 4)")]))
            try request.write([1, 2])
            try request.connection.writeFile(file, offset: 0, count: size, for: request)
            try request.write([3, 4])
            try request.finish()
          } catch {
            Issue.record(error)
          }
        }
      }
    ) { server async throws in
      let client = try await server.connect()
      let requests = ["/file", "/between", "/file", "/file", "/last"]
      try await client.send(requests.map { get($0) }.joined())
      try await server.loop.sleep(for: .milliseconds(10))
      for path in requests {
        let response = try await client.response()
        #expect(areEqual(response.body, path == "/file" ? [1, 2] + content + [3, 4] : Array(path.utf8)))
      }
      #expect(
        try await client.request("HEAD /file HTTP/1.1\r\nHost: a\r\n\r\n", isBodiless: true).status == 200)
      #expect(try await client.request(get("/after")).text == "/after")
    }
  }

  @Test func `a file that is longer than promised, or of unknown length, is refused`() throws {
    let directory = try TemporaryDirectory()
    try directory.write([1, 2, 3], to: "file")
    let file = unsafe gale_open_read(directory.path("file"))
    defer { _ = gale_close(file) }
    _ = try exchange { request in
      try request.writeHeaders(200, HTTPHeaders([("Content-Length", "2")]))
      #expect(throws: HTTPOutputError.self) {
        try request.connection.writeFile(file, offset: 0, count: 3, for: request)
      }
      try request.connection.writeFile(file, offset: 1, count: 2, for: request)
      try request.finish()
    }
    _ = try exchange { request in
      try request.writeHeaders(200, HTTPHeaders())
      #expect(throws: HTTPOutputError.self) {
        try request.connection.writeFile(file, offset: 0, count: 3, for: request)
      }
      try request.finish()
    }
  }

  @Test func `every answer of the server itself carries a date`() throws {
    try withServer { server async throws in
      let response = try await server.connect().request("BAD\r\n\r\n")
      #expect(response["Server"] == "Gale/\(galeVersion)")
      let date = try #require(response["Date"])
      let bytes = Array(date.utf8)
      let parsed = HTTPDate(parsing: bytes.span, relativeTo: HTTPDate(unixSeconds: Int(gale_wall_seconds())))
      #expect(parsed != nil)
      #expect(date.hasSuffix(" GMT") && bytes.count == 29)
    }
  }
}
