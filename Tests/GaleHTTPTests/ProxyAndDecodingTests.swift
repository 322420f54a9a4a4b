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

  @Test func `are left alone when the server or the delegate says so, or in a coding that is unknown`() throws
  {
    let body = gzip(Self.text.span)
    for (coding, decodes, accepts) in [
      ("gzip", false, true), ("gzip", true, false), ("br", true, true), ("gzip, gzip", true, true),
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
