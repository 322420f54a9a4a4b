// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleLoop
import GaleWire
import TestSupport
import Testing

@testable import GaleHTTP

@Suite("server: requests that come through proxies")  // SRV-003 to SRV-006, SRV-008
struct ProxyRequestTests {
  /// Answers with what is known of the client.
  static func start(_ request: HTTPServerRequest) -> any HTTPMessageDelegate {
    Exchange { $0.answer("\($0.remoteIP) \($0.protocol) \($0.host) \($0.hostName) \($0.fullURL)") }
  }

  static func ask(_ fields: String, _ configuration: HTTPServerConfiguration) throws -> String {
    try withServer(configuration, start: start) { server in
      let answer = try await server.exchange(get("/x", fields + "Connection: close\r\n"))
      return String(answer.split(separator: "\r\n").last ?? "")
    }
  }

  static let believed: [(fields: String, answer: String)] = [
    ("", "127.0.0.1 http"), ("X-Forwarded-For: 192.0.2.1\r\n", "192.0.2.1 http"),
    ("X-Forwarded-For: 198.51.100.9, 192.0.2.1, 10.1.2.3\r\n", "192.0.2.1 http"),
    ("X-Forwarded-For: 198.51.100.9\r\nX-Forwarded-For: 192.0.2.1\r\n", "192.0.2.1 http"),
    ("X-Forwarded-For: 10.0.0.1, 127.0.0.1\r\n", "10.0.0.1 http"),
    ("X-Forwarded-For: 192.0.2.1, nonsense\r\n", "127.0.0.1 http"),
    ("X-Forwarded-For: nonsense, 10.0.0.7\r\n", "10.0.0.7 http"),
    ("X-Forwarded-For: [2001:db8::1]:80\r\n", "2001:db8::1 http"),
    ("X-Forwarded-For: 192.0.2.1\r\nX-Real-Ip: 192.0.2.9\r\n", "192.0.2.9 http"),
    ("X-Real-Ip: nonsense\r\n", "127.0.0.1 http"), ("X-Forwarded-Proto: https\r\n", "127.0.0.1 https"),
    ("X-Forwarded-Proto: http, HTTPS\r\n", "127.0.0.1 https"),
    ("X-Scheme: https\r\nX-Forwarded-Proto: http\r\n", "127.0.0.1 https"),
    ("X-Forwarded-Proto: gopher\r\n", "127.0.0.1 http"), ("Forwarded: for=192.0.2.1\r\n", "127.0.0.1 http"),
    ("X-Forwarded-Host: evil.example\r\n", "127.0.0.1 http"),
  ]

  @Test(arguments: believed)
  func `trusted ones are believed`(_ row: (fields: String, answer: String)) throws {
    var configuration = HTTPServerConfiguration()
    configuration.trustedProxies = try TrustedProxies("127.0.0.1", "10.0.0.0/8")
    let scheme = row.answer.hasSuffix("https") ? "https" : "http"
    #expect(try Self.ask(row.fields, configuration) == "\(row.answer) a a \(scheme)://a/x")
  }

  @Test(arguments: ["X-Forwarded-For: 192.0.2.1\r\n", "X-Real-Ip: 192.0.2.1\r\n", "X-Scheme: https\r\n"])
  func `others are not`(_ fields: String) throws {
    #expect(try Self.ask(fields, HTTPServerConfiguration()) == "127.0.0.1 http a a http://a/x")
    var configuration = HTTPServerConfiguration()
    configuration.trustedProxies = try TrustedProxies("192.0.2.0/24", "::1")
    #expect(try Self.ask(fields, configuration) == "127.0.0.1 http a a http://a/x")
  }

  static let forwarded: [(field: String, answer: String)] = [
    ("for=192.0.2.1;proto=https;host=b.example", "192.0.2.1 https b.example"),
    ("for=198.51.100.1;host=c, for=192.0.2.1;host=\"B.example:80\"", "192.0.2.1 http B.example:80"),
    ("for=192.0.2.1;proto=https, for=10.0.0.2;proto=http", "192.0.2.1 https a"),
    ("for=192.0.2.1, for=_hidden", "127.0.0.1 http a"), ("for=unknown", "127.0.0.1 http a"),
    ("for=192.0.2.1;host=\"b c\"", "192.0.2.1 http a"), ("proto=https", "127.0.0.1 http a"),
    ("nonsense", "127.0.0.1 http a"),
  ]

  @Test(arguments: forwarded)
  func `the standard's field can be chosen`(_ row: (field: String, answer: String)) throws {
    var configuration = HTTPServerConfiguration()
    configuration.trustedProxies = try TrustedProxies("127.0.0.1", "10.0.0.0/8", headers: .forwarded)
    configuration.trustedProxies.sayHost = true
    let answer = try Self.ask("Forwarded: \(row.field)\r\nX-Forwarded-For: 203.0.113.5\r\n", configuration)
    #expect(answer.hasPrefix(row.answer + " "))
  }

  @Test func `the host can be believed too`() throws {
    var configuration = HTTPServerConfiguration()
    configuration.trustedProxies = try TrustedProxies("127.0.0.1")
    configuration.trustedProxies.sayHost = true
    let answer = try Self.ask("X-Forwarded-Host: x, B.example:81\r\n", configuration)
    #expect(answer == "127.0.0.1 http B.example:81 b.example http://B.example:81/x")
  }

  static let ports: [(fields: String, url: String)] = [
    ("X-Forwarded-Port: 8443\r\n", "http://a:8443/x"), ("X-Forwarded-Port: 80\r\n", "http://a/x"),
    ("X-Forwarded-Port: 443\r\nX-Forwarded-Proto: https\r\n", "https://a/x"),
    ("X-Forwarded-Port: 80\r\nX-Forwarded-Proto: https\r\n", "https://a:80/x"),
    ("X-Forwarded-Port: 81\r\nX-Forwarded-Host: b.example:82\r\n", "http://b.example:82/x"),
    ("X-Forwarded-Port: 81\r\nX-Forwarded-Host: [::1]\r\n", "http://[::1]:81/x"),
    ("X-Forwarded-Port: 0\r\n", "http://a/x"), ("X-Forwarded-Port: 65536\r\n", "http://a/x"),
    ("X-Forwarded-Port: +81\r\n", "http://a/x"), ("X-Forwarded-Port: 81, 82\r\n", "http://a:82/x"),
  ]

  @Test(arguments: ports)
  func `the port can be believed too`(_ row: (fields: String, url: String)) throws {
    var configuration = HTTPServerConfiguration()
    configuration.trustedProxies = try TrustedProxies("127.0.0.1")
    #expect(try Self.ask("X-Forwarded-Port: 8443\r\n", configuration).hasSuffix(" http://a/x"))
    configuration.trustedProxies.sayHost = true
    #expect(try Self.ask(row.fields, configuration).hasSuffix(" " + row.url))
  }

  @Test func `the prefix can be believed too`() throws {
    var configuration = HTTPServerConfiguration()
    configuration.trustedProxies = try TrustedProxies("127.0.0.1")
    let fields = "X-Forwarded-Prefix: /shop/\r\n"
    #expect(try Self.ask(fields, configuration).hasSuffix(" http://a/x"))
    configuration.trustedProxies.sayPrefix = true
    #expect(try Self.ask(fields, configuration).hasSuffix(" http://a/shop/x"))
    #expect(try Self.ask("X-Forwarded-Prefix: //evil.example\r\n", configuration).hasSuffix(" http://a/x"))
  }

  static let either: [(fields: String, answer: String?)] = [
    ("", "127.0.0.1 http a"),
    ("X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\n", "192.0.2.1 https a"),
    ("Forwarded: for=192.0.2.1;proto=https;host=b.example\r\n", "192.0.2.1 https b.example"),
    (
      "Forwarded: for=192.0.2.1;proto=https;host=b\r\nX-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: B\r\n",
      "192.0.2.1 https b"
    ),
    // What only one of them tells may be the client's.
    ("Forwarded: for=192.0.2.1;proto=https;host=b\r\nX-Forwarded-For: 192.0.2.1\r\n", "192.0.2.1 http a"),
    ("Forwarded: for=192.0.2.1\r\nX-Forwarded-For: 192.0.2.1\r\nX-Scheme: https\r\n", "192.0.2.1 http a"),
    ("Forwarded: for=192.0.2.2\r\nX-Forwarded-For: 192.0.2.1\r\n", nil),
    ("Forwarded: for=unknown\r\nX-Forwarded-For: 192.0.2.1\r\n", nil),
    ("Forwarded: for=192.0.2.1\r\nX-Real-Ip: 192.0.2.2\r\n", nil),
    ("Forwarded: for=192.0.2.1\r\nX-Scheme: https\r\n", nil),
    (
      "Forwarded: for=192.0.2.1;proto=http\r\nX-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\n", nil
    ),
    ("Forwarded: for=192.0.2.1;host=b\r\nX-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Host: c\r\n", nil),
  ]

  @Test(arguments: either)
  func `where both are taken they must agree`(_ row: (fields: String, answer: String?)) throws {
    var configuration = HTTPServerConfiguration()
    configuration.trustedProxies = try TrustedProxies(["127.0.0.1", "10.0.0.0/8"], headers: .either)
    configuration.trustedProxies.sayHost = true
    try withServer(configuration, start: Self.start) { server in
      let answer = try await server.exchange(get("/x", row.fields + "Connection: close\r\n"))
      if let expected = row.answer {
        #expect(answer.split(separator: "\r\n").last?.hasPrefix(expected + " ") ?? false)
      } else {
        #expect(answer.hasPrefix("HTTP/1.1 400 "))
        #expect(server.context.requestCount == 0)
      }
    }
  }

  #if HTTP2
  @Test func `in HTTP/2 what contradicts itself is 400 and the connection goes on`() throws {
    var configuration = HTTPServerConfiguration()
    configuration.trustedProxies = try TrustedProxies(["127.0.0.1"], headers: .either)
    try withServer(configuration, start: Self.start) { server in
      let client = try await HTTP2Client.connect(to: server.address, on: server.loop)
      let forwarded = ("forwarded", "for=192.0.2.1")
      try await client.request(1, "GET", "/x", [forwarded, ("x-forwarded-for", "192.0.2.2")])
      #expect(try await client.response(1).status == 400)
      try await client.request(3, "GET", "/x", [forwarded, ("x-forwarded-for", "192.0.2.1")])
      #expect(try await client.response(3).text.hasPrefix("192.0.2.1 "))
      client.stream.close()
      try await server.loop.wait { server.context.connectionCount == 0 }
    }
  }
  #endif

  @Test func `headers can be left unread`() throws {
    var configuration = HTTPServerConfiguration()
    configuration.trustedProxies = try TrustedProxies(["127.0.0.1"], headers: .none)
    configuration.trustedProxies.sayHost = true
    let fields = "X-Forwarded-For: 192.0.2.1\r\nForwarded: for=192.0.2.1\r\nX-Forwarded-Port: 8\r\n"
    #expect(try Self.ask(fields, configuration) == "127.0.0.1 http a a http://a/x")
  }

  @Test func `the scheme can be set`() throws {
    var configuration = HTTPServerConfiguration()
    configuration.scheme = "https"
    #expect(try Self.ask("", configuration) == "127.0.0.1 https a a https://a/x")
  }
}

@Suite("server: compressed request bodies")  // SRV-009, H1C-022
struct RequestDecodingTests {
  /// A delegate that takes decoded bodies.
  final class Taker: HTTPMessageDelegate {
    let bodyDelivery: HTTPBodyDelivery
    let acceptsDecodedBody: Bool
    private var received: [UInt8] = []

    init(streams: Bool = false, accepts: Bool = true) {
      bodyDelivery = streams ? .streamed : .buffered
      acceptsDecodedBody = accepts
    }

    func dataReceived(_ chunk: [UInt8], _ request: HTTPServerRequest) { received += chunk }

    func finish(_ request: HTTPServerRequest) {
      let body = bodyDelivery == .streamed ? received : request.body
      let encoding = request.headers["Content-Encoding"] ?? "none"
      request.answer(
        "\(body.count) \(encoding) \(request.consumedContentEncoding ?? "none") \(body.prefix(3))")
    }
  }

  static func ask(
    _ body: [UInt8], _ coding: String, limit: Int = 100_000, decodes: Bool = true, chunked: Bool = false,
    _ taker: @escaping () -> Taker
  ) throws -> String {
    var configuration = HTTPServerConfiguration()
    configuration.decompressesRequests = decodes
    configuration.limits.body = limit
    return try withServer(configuration, start: { _ in taker() }) { server in
      let client = try await server.connect()
      defer { client.close() }
      let framing = chunked ? "Transfer-Encoding: chunked" : "Content-Length: \(body.count)"
      let head =
        "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Encoding: \(coding)\r\n\(framing)\r\n\r\n"
      var bytes = Array(head.utf8)
      if chunked {
        for byte in body { bytes += Array("1\r\n".utf8) + [byte] + Array("\r\n".utf8) }
        bytes += Array("0\r\n\r\n".utf8)
      } else {
        bytes += body
      }
      try await client.send(bytes)
      return try await client.rest()
    }
  }

  static let text = [UInt8](repeating: 0x61, count: 50_000)

  @Test(arguments: [false, true], [false, true])
  func `are taken apart`(_ streams: Bool, _ chunked: Bool) throws {
    let answer = try Self.ask(gzip(Self.text.span), "gzip", chunked: chunked) { Taker(streams: streams) }
    #expect(answer.hasSuffix("\r\n\r\n50000 none gzip [97, 97, 97]"))
  }

  @Test(arguments: ContentCoding.known)
  func `in each coding are taken apart, and held to the limit`(_ coding: ContentCoding) throws {
    let body = ContentEncoder.encode(Self.text.span, coding)
    let answer = try Self.ask(body, coding.rawValue) { Taker() }
    #expect(answer.hasSuffix("\r\n\r\n50000 none \(coding.rawValue) [97, 97, 97]"))
    #expect(try Self.ask(body, coding.rawValue, limit: 49_999) { Taker() }.hasPrefix("HTTP/1.1 413 "))
    #expect(try Self.ask(Array(body.dropLast()), coding.rawValue) { Taker() }.hasPrefix("HTTP/1.1 400 "))
  }

  @Test func `are left alone when the server or the delegate says so, or in a coding that is unknown`() throws
  {
    let body = gzip(Self.text.span)
    for (coding, decodes, accepts) in [
      ("gzip", false, true), ("gzip", true, false), ("compress", true, true), ("gzip, gzip", true, true),
    ] {
      let answer = try Self.ask(body, coding, decodes: decodes) { Taker(accepts: accepts) }
      #expect(answer.hasSuffix("\r\n\r\n\(body.count) \(coding) none [31, 139, 8]"))
    }
  }

  @Test func `are held to the limit by what comes out`() throws {
    let body = gzip(Self.text.span)
    #expect(try Self.ask(body, "gzip", limit: 49_999) { Taker() }.hasPrefix("HTTP/1.1 413 "))
    #expect(try Self.ask(body, "gzip", limit: 50_000) { Taker() }.hasPrefix("HTTP/1.1 200 "))
  }

  @Test func `that are damaged or cut off are 400`() throws {
    let body = gzip(Self.text.span)
    for damaged in [
      Array(body.dropLast()), Array("nonsense".utf8), body + [0], Array(body.dropLast(5)) + [0, 0, 0, 0, 0],
    ] {
      #expect(try Self.ask(damaged, "gzip") { Taker() }.hasPrefix("HTTP/1.1 400 "))
    }
  }
}
