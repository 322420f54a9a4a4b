// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleLoop
import GaleWire
import TestSupport
import Testing

@testable import GaleHTTP

/// CLI-004, CLI-008, CLI-011, CLI-013, CLI-014, CLI-020, CLI-026 to CLI-028, CLI-036, CLI-037.
@Suite("httpclient: fetch")
struct FetchTests {
  @Test(arguments: PollerKind.allCases)
  func `a URL becomes a request and its answer a response`(_ poller: PollerKind) throws {
    try withClient(poller: poller) { bench, _ async throws in
      let response = try await bench.fetch("/a/b?c=d#e")
      #expect(response.status == 200)
      #expect(response.reason == "OK")
      #expect(response.lines.first == "GET /a/b?c=d")
      #expect(response.sent("Host") == "127.0.0.1:\(bench.address.port)")
      #expect(response.sent("User-Agent") == "Gale/\(galeVersion)")
      #expect(response.sent("Accept-Encoding") == ContentCoding.known.map(\.rawValue).joined(separator: ", "))
      #expect(response.headers["Content-Length"] == String(response.body.count))
      #expect(response.effectiveURL == bench.base + "/a/b?c=d#e")
      #expect(response.request.url == bench.base + "/a/b?c=d#e")
      #expect(response.error == nil)
    }
  }

  @Test func `times are filled in`() throws {
    try withClient { bench, _ async throws in
      let before = Double(System.wallNanoseconds) * 1e-9
      let first = try await bench.fetch("/").timeInfo
      #expect(first.connect > .zero)
      #expect(first.nameLookup <= first.connect && first.connect <= first.pretransfer)
      #expect(first.pretransfer <= first.startTransfer && first.startTransfer <= first.total)
      #expect(first.queue == .zero && first.appConnect == .zero && first.redirect == .zero)
      let second = try await bench.fetch("/")
      #expect(second.timeInfo.connect == .zero)  // The connection was there.
      #expect(second.startTime >= before - 0.1 && second.startTime < before + 60)
      #expect(second.requestTime == second.timeInfo.total)
    }
  }

  @Test(arguments: [("POST", "a=b"), ("PUT", "x"), ("PATCH", "y"), ("POST", "")])
  func `a body is sent with its length`(_ method: String, _ body: String) throws {
    try withClient { bench, _ async throws in
      let response = try await bench.fetch("/", method: method, body: .text(body))
      #expect(response.lines.first == "\(method) /")
      #expect(response.sent("Content-Length") == String(body.utf8.count))
      #expect(response.text.hasSuffix("\n\n" + body))
      let form = "application/x-www-form-urlencoded"
      #expect(response.sent("Content-Type") == (method == "POST" ? form : nil))
    }
  }

  @Test func `a large body goes whole`() throws {
    let body = pattern(5_000_000)
    try withClient(start: { _ in Exchange { $0.answer("\(areEqual($0.body, body))") } }) {
      bench, _ async throws in
      #expect(try await bench.fetch("/", method: "PUT", body: .bytes(body)).text == "true")
    }
  }

  @Test(arguments: ["GET", "HEAD", "DELETE", "OPTIONS"])
  func `methods without body have none`(_ method: String) throws {
    try withClient { bench, _ async throws in
      let response = try await bench.fetch("/", method: method)
      #expect(method == "HEAD" ? response.body.isEmpty : response.lines.first == "\(method) /")
      let error = await clientError { _ = try await bench.fetch("/", method: method, body: "x") }
      #expect(error?.code == .invalidRequest)
      #expect(error?.description == "Body must be nil for method \(method)")
      #expect(error?.isCallersFault == true)
    }
  }

  @Test(arguments: ["POST", "PUT", "PATCH"])
  func `methods with body need one`(_ method: String) throws {
    try withClient { bench, _ async throws in
      let error = await clientError { _ = try await bench.fetch("/", method: method) }
      #expect(error?.description == "Body must not be nil for method \(method)")
    }
  }

  @Test func `other methods go when they are allowed`() throws {
    try withClient { bench, _ async throws in
      let error = await clientError { _ = try await bench.fetch("/", method: "PROPFIND") }
      #expect(error?.description == "Unknown method PROPFIND")
      let response = try await bench.fetch("/", method: "PROPFIND", body: "x") {
        $0.allowsNonstandardMethods = true
      }
      #expect(response.lines.first == "PROPFIND /")
      let get = try await bench.fetch("/", body: "with a body") { $0.allowsNonstandardMethods = true }
      #expect(get.text.hasSuffix("with a body"))
    }
  }

  @Test(arguments: ["GET /x", "", "GE\r\nT", "G:T", "CONNECT"])
  func `what is no method is refused`(_ method: String) throws {
    try withClient { bench, _ async throws in
      let error = await clientError {
        _ = try await bench.fetch("/", method: method) { $0.allowsNonstandardMethods = true }
      }
      #expect(error?.code == .invalidRequest)
    }
  }

  @Test func `fields of the request win over the client's`() throws {
    try withClient { bench, _ async throws in
      let fields = [
        ("User-Agent", "mine"), ("Accept-Encoding", "identity"), ("Host", "other"), ("X-A", "1"),
        ("X-A", "2"),
        ("Content-Length", "99"), ("Transfer-Encoding", "gzip"),
      ]
      let response = try await bench.fetch("/", method: "POST", headers: fields, body: "x")
      #expect(response.sent("User-Agent") == "mine")
      #expect(response.sent("Accept-Encoding") == "identity")
      #expect(response.sent("Host") == "other")
      #expect(response.lines.filter { $0.hasPrefix("X-A") } == ["X-A: 1", "X-A: 2"])
      #expect(response.sent("Content-Length") == "1")  // Not what would break the framing.
      #expect(response.sent("Transfer-Encoding") == nil)
      let empty = try await bench.fetch(
        "/", headers: [("Content-Length", "9"), ("Transfer-Encoding", "chunked")])
      #expect(empty.sent("Content-Length") == nil && empty.sent("Transfer-Encoding") == nil)
      let other = try await bench.fetch("/") {
        $0.userAgent = "Agent 7"
        $0.decompressesResponse = false
        $0.ifModifiedSince = HTTPDate(unixSeconds: 0)
        $0.keepsAlive = false
      }
      #expect(other.sent("User-Agent") == "Agent 7")
      #expect(other.sent("Accept-Encoding") == nil)
      #expect(other.sent("If-Modified-Since") == "Thu, 01 Jan 1970 00:00:00 GMT")
      #expect(other.sent("Connection") == "close")
      #expect(try await bench.fetch("/") { $0.userAgent = "" }.sent("User-Agent") == nil)
      let bad = await bench.failure { $0.userAgent = "a\r\nb" }
      #expect(bad?.code == .invalidRequest)
    }
  }

  @Test func `defaults hold where a request says nothing`() throws {
    var configuration = HTTPClientConfiguration()
    configuration.defaults.userAgent = "default"
    configuration.defaults.followsRedirects = false
    try withClient(configuration) { bench, _ async throws in
      #expect(try await bench.fetch("/").sent("User-Agent") == "default")
      #expect(try await bench.fetch("/") { $0.userAgent = "own" }.sent("User-Agent") == "own")
    }
  }

  @Test(arguments: [200, 204, 299, 300, 304, 400, 404, 500, 599])
  func `a status that is not 2xx is an error with the answer in it`(_ status: Int) throws {
    try withClient(start: { _ in
      Exchange { request in
        if HTTPStatus(status).forbidsBody {
          do {
            try request.writeHeaders(status, HTTPHeaders())
            try request.finish()
          } catch { preconditionFailure("\(error)") }
        } else {
          request.answer("text", status: status)
        }
      }
    }) { bench, _ async throws in
      let response = try await bench.fetch("/", raisesErrors: false)
      #expect(response.status == status)
      #expect(response.text == (HTTPStatus(status).forbidsBody ? "" : "text"))
      let error = await bench.failure()
      guard status >= 300 else {
        #expect(error == nil && response.error == nil)
        return try response.rethrow()
      }
      #expect(error?.code == .status)
      #expect(error?.status == status)
      #expect(error?.response?.text == response.text)
      #expect(error?.description == "HTTP \(status): \(HTTPStatus(status).reason)")
      #expect(error?.isCallersFault == false && error?.isTimeout == false)
      #expect(throws: HTTPClientError.self) { try response.rethrow() }
    }
  }

  @Test func `interim answers are skipped`() throws {
    try withScript({ stream, _ in
      _ = try await stream.readHead()
      try await stream.send("HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 102 Processing\r\n\r\n")
      try await stream.send("HTTP/1.1 200 Fine\r\nContent-Length: 2\r\n\r\nok")
      await stream.awaitClose()
    }) { bench, _ async throws in
      var lines: [String] = []
      let response = try await bench.fetch("/") { $0.headerCallback = { lines.append($0) } }
      #expect(response.text == "ok")
      #expect(response.reason == "Fine")
      #expect(lines == ["HTTP/1.1 200 Fine\r\n", "Content-Length: 2\r\n", "\r\n"])
    }
  }

  @Test func `a chunked body may have trailers`() throws {
    try withScript({ stream, _ in
      _ = try await stream.readHead()
      try await stream.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n")
      try await stream.send("3;x=y\r\ncde\r\n0\r\nX-Sum: 5\r\n\r\n")
      await stream.awaitClose()
    }) { bench, _ async throws in
      let response = try await bench.fetch("/")
      #expect(response.text == "abcde")
      #expect(response.trailers["X-Sum"] == "5")
      #expect(response.headers["X-Sum"] == nil)
      #expect(bench.engine.idleConnectionCount == 1)
    }
  }

  @Test func `an answer of HTTP 1-0 ends with its connection`() throws {
    try withScript({ stream, _ in
      _ = try await stream.readHead()
      try await stream.send("HTTP/1.0 200 OK\r\n\r\nall ")
      try await stream.send("of it")
    }) { bench, server async throws in
      #expect(try await bench.fetch("/").text == "all of it")
      #expect(try await bench.fetch("/").text == "all of it")
      #expect(server.accepted == 2)
    }
  }

  /// The bodies of Tornado's and Python's compressors, and a raw one as some servers send it.
  @Test(arguments: ["x-gzip", "GZIP", "raw"] + ContentCoding.known.map(\.rawValue))
  func `compressed bodies are taken apart`(_ coding: String) throws {
    let text = String(repeating: "Hello, compression! ", count: 500)
    let buffer = ByteBuffer()
    if let known = ContentCoding(named: coding) {
      ContentEncoder(known).encode(Array(text.utf8).span, into: buffer, flush: .finish)
    } else {
      Deflater(.raw).deflate(Array(text.utf8).span, into: buffer, flush: .finish)
    }
    let bytes = buffer.take(buffer.count)
    let name = coding == "raw" ? "deflate" : coding
    try withClient(start: { _ in Exchange { $0.answer(bytes: bytes, [("Content-Encoding", name)]) } }) {
      bench, _ async throws in
      let response = try await bench.fetch("/")
      #expect(response.text == text)
      #expect(response.headers["Content-Encoding"] == nil)
      #expect(response.headers["Content-Length"] == nil)
      #expect(response.headers["X-Consumed-Content-Encoding"] == name)
      let raw = try await bench.fetch("/") { $0.decompressesResponse = false }
      #expect(raw.body == bytes)
      #expect(raw.headers["Content-Encoding"] == name)
      let head = try await bench.fetch("/", method: "HEAD")
      #expect(head.headers["Content-Encoding"] == name)
      var streamed: [UInt8] = []
      let callback = try await bench.fetch("/") { $0.streamingCallback = { streamed += $0 } }
      #expect(String(decoding: streamed, as: UTF8.self) == text && callback.body.isEmpty)
    }
  }

  @Test(arguments: ContentCoding.known)
  func `a bomb is stopped at the limit`(_ coding: ContentCoding) throws {
    let bomb = ContentEncoder.encode([UInt8](repeating: 0, count: 20_000_000).span, coding)
    #expect(bomb.count < 40_000)
    var configuration = HTTPClientConfiguration()
    configuration.maxBodySize = 1_000_000
    try withClient(
      configuration,
      start: { _ in Exchange { $0.answer(bytes: bomb, [("Content-Encoding", coding.rawValue)]) } }
    ) { bench, _ async throws in
      var most = 0
      #expect(await bench.failure()?.code == .bodyTooLarge)
      #expect(await bench.failure { $0.streamingCallback = { most += $0.count } }?.code == .bodyTooLarge)
      #expect(most <= 1_000_000)
      #expect(bench.engine.idleConnectionCount == 0)
    }
  }

  @Test(arguments: [("not gzip at all", false), ("", true)])
  func `what cannot be inflated is an error`(_ body: String, _ isFine: Bool) throws {
    try withClient(start: { _ in
      Exchange { $0.answer(bytes: Array(body.utf8), [("Content-Encoding", "gzip")]) }
    }) { bench, _ async throws in
      #expect(await bench.failure()?.code == (isFine ? nil : .invalidContentEncoding))
    }
    let half = Array(gzip(pattern(10_000).span).dropLast(9))
    try withClient(start: { _ in Exchange { $0.answer(bytes: half, [("Content-Encoding", "gzip")]) } }) {
      bench, _ async throws in
      #expect(await bench.failure()?.code == .invalidContentEncoding)
    }
  }

  @Test(arguments: [
    "ftp://a/", "/path", "", "http://", "http:///a", "http://a:99999/", "http://a:b/", "http://a b/",
    "http://[::1/",
    "http://a/\r\nX: y", "http://a/\u{7F}", "http://é/", "https//a", "http://a:0/",
  ])
  func `what is no URL is refused`(_ url: String) throws {
    try withClient { bench, _ async throws in
      let error = await clientError { _ = try await bench.client.fetch(url) }
      #expect(error?.code == .invalidURL)
      #expect(error?.isCallersFault == true)
      #expect(error?.status == 599)
    }
  }

  @Test func `names that lead elsewhere are the client's own affair`() throws {
    try withServer(start: { _ in Exchange.describe() }) { server async throws in
      var configuration = HTTPClientConfiguration()
      configuration.hostnameMapping = [
        .init("www.example.com", port: 80): .init("127.0.0.1", port: server.address.port)
      ]
      let client = AsyncHTTPClient(configuration, on: server.loop)
      defer { client.close() }
      #expect(try await client.fetch("http://www.EXAMPLE.com/a").sent("Host") == "www.example.com")
    }
  }

  @Test func `an address may be given beside the URL`() throws {
    let directory = try TemporaryDirectory()
    try runLoop { loop async throws in
      let server = HTTPServer(ClosureDelegate { _ in Exchange.describe() }, on: loop)
      try server.addSockets([bindUnixSocket(path: directory.path("socket"))])
      defer {
        server.stop()
        server.closeAllConnections()
      }
      let client = AsyncHTTPClient(on: loop)
      defer { client.close() }
      var request = HTTPRequest("http://docker/info")
      request.address = server.addresses[0]
      for _ in 0..<2 { #expect(try await client.fetch(request).sent("Host") == "docker") }
      #expect((client.engine as? SimpleHTTPClient)?.idleConnectionCount == 1)
    }
  }

  @Test func `the source address is chosen`() throws {
    try withClient(start: { _ in Exchange { $0.answer($0.remoteIP) } }) { bench, _ async throws in
      #expect(try await bench.fetch("/") { $0.networkInterface = "127.0.0.3" }.text == "127.0.0.3")
      #expect(try await bench.fetch("/").text == "127.0.0.1")
      #expect(bench.engine.idleConnectionCount == 2)
      #expect(await bench.failure { $0.networkInterface = "eth0" }?.code == .invalidRequest)
    }
  }

  @Test func `IPv6 can be left out`() throws {
    try runLoop { loop async throws in
      let resolver = FakeResolver(on: loop)
      resolver.error = LoopError(.resolution, "no such name")
      var configuration = HTTPClientConfiguration()
      configuration.resolver = resolver
      let client = AsyncHTTPClient(configuration, on: loop)
      defer { client.close() }
      var request = HTTPRequest("http://a.example/")
      request.allowsIPv6 = false
      let error = await clientError { _ = try await client.fetch(request) }
      #expect(error?.code == .nameNotResolved)
      #expect(resolver.questions == ["a.example 80 IPv4"])
    }
  }

  @Test func `a refusal names the address`() throws {
    try runLoop { loop async throws in
      let address = try refusedAddress()
      let client = AsyncHTTPClient(on: loop)
      defer { client.close() }
      let error = await clientError { _ = try await client.fetch("http://\(address)/") }
      #expect(error?.code == .connectionFailed)
      #expect(error?.status == 599)
      #expect(error?.description.contains("\(address): Connection refused") == true)
    }
  }
}
