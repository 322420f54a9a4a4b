// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleWire
import Testing

private func build(
  _ fields: [(String, String)], endsStream: Bool = true, limits: HTTPLimits = HTTPLimits()
) throws(HTTPInputError) -> RequestHead {
  var builder = RequestHeadBuilder(limits: limits)
  for (name, value) in fields { builder.add(Array(name.utf8).span, Array(value.utf8).span) }
  return try builder.finish(endsStream: endsStream)
}

private func code(_ fields: [(String, String)], endsStream: Bool = true) -> Int {
  do throws(HTTPInputError) { _ = try build(fields, endsStream: endsStream) } catch {
    return error.code.status
  }
  return 200
}

private func request(_ more: [(String, String)] = [], path: String = "/", method: String = "GET")
  -> [(String, String)]
{
  [(":method", method), (":scheme", "https"), (":path", path), (":authority", "a.test:81")] + more
}

@Suite("HTTP/2: request heads")
struct RequestHeadBuilderTests {
  @Test func `fields become the head that HTTP 1 would have`() throws {
    let head = try build(request([("accept", "x"), ("x-many", "1"), ("x-many", "2")], path: "/p/q?r=s?t"))
    #expect(head.text(head.method) == "GET")
    #expect(head.text(head.target) == "/p/q?r=s?t")
    #expect(head.text(head.path) == "/p/q")
    #expect(head.text(head.query) == "r=s?t")
    #expect(head.text(head.host) == "a.test:81")
    #expect(head.methodKind == .get)
    #expect(head.traits == [.http11, .http2])
    #expect(
      head.headers.map { "\($0.name): \($0.value)" } == [
        "Host: a.test:81", "Accept: x", "X-Many: 1", "X-Many: 2",
      ])
    #expect(!head.hasBody)
  }

  @Test func `pseudo-header fields may come in any order`() throws {
    let head = try build([
      (":authority", "b"), (":path", "*"), (":scheme", "http"), (":method", "OPTIONS"),
    ])
    #expect(head.text(head.path) == "*")
    #expect(head.methodKind == .options)
  }

  @Test func `a Host field stands for the authority`() throws {
    let head = try build([(":method", "HEAD"), (":scheme", "http"), (":path", "/"), ("host", "c")])
    #expect(head.text(head.host) == "c")
    #expect(head.traits.contains(.head))
    #expect(try build(request([("host", "a.test:81")])).headers.values("Host") == ["a.test:81"])
  }

  @Test func `cookies are joined`() throws {
    let head = try build(request([("cookie", "a=1"), ("x", "y"), ("cookie", "b=2"), ("cookie", "c=3")]))
    #expect(head.headers.values("Cookie") == ["a=1; b=2; c=3"])
  }

  @Test func `a body has a length or an end`() throws {
    let known = try build(request([("content-length", "7")], method: "POST"), endsStream: false)
    #expect(known.contentLength == 7 && known.hasBody && !known.traits.contains(.chunked))
    let unknown = try build(request(method: "POST"), endsStream: false)
    #expect(unknown.contentLength == -1 && unknown.hasBody)
    #expect(try build(request([("expect", "100-continue")])).traits.contains(.expectContinue))
  }

  @Test(arguments: [
    [(":method", "GET"), (":path", "/"), (":authority", "a")],
    [(":method", "GET"), (":scheme", "http"), (":authority", "a")],
    [(":scheme", "http"), (":path", "/"), (":authority", "a")],
    [(":method", "GET"), (":scheme", "http"), (":path", "/")],
    [(":method", "CONNECT"), (":authority", "a:1")],
    request() + [(":method", "GET")],
    request() + [(":foo", "x")],
    request([("x", "y"), (":path", "/")]),
    request(path: ""), request(path: "x"), request(path: "*"), request(path: "/a b"), request(path: "/#f"),
    request(path: "/\u{e9}"), request(method: "G T"), request(method: ""),
    [(":method", "GET"), (":scheme", "ftp"), (":path", "/"), (":authority", "a")],
    [(":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "u@a")],
    [(":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "")],
    request([("host", "other")]), request([("host", "a.test:81"), ("host", "a.test:81")]),
    request([("X-Upper", "v")]), request([("x y", "v")]), request([("", "v")]),
    request([("x", "a\r\nb")]), request([("x", "a\0b")]), request([("x", " a")]), request([("x", "a ")]),
    request([("connection", "close")]), request([("keep-alive", "1")]), request([("upgrade", "h2c")]),
    request([("proxy-connection", "x")]), request([("transfer-encoding", "chunked")]),
    request([("te", "gzip")]),
    request([("content-length", "1"), ("content-length", "1")]), request([("content-length", "")]),
    request([("content-length", "+1")]), request([("content-length", "1")]),
  ])
  func `what breaks the protocol is refused`(_ fields: [(String, String)]) {
    #expect(code(fields) == 400)
  }

  @Test func `what is allowed beside is taken`() {
    #expect(code(request([("te", "trailers"), ("x-empty", ""), ("content-length", "0")])) == 200)
  }

  @Test func `limits have their status`() {
    #expect(code(request([("expect", "200-maybe")])) == 417)
    #expect(code(request(path: "/" + String(repeating: "p", count: 8192))) == 414)
    #expect(code(request([("x", String(repeating: "v", count: 16384))])) == 431)
    #expect(code(request((0..<127).map { ("x\($0)", "v") })) == 200)
    #expect(code(request((0..<128).map { ("x\($0)", "v") })) == 431)
    #expect(code(request((0..<5).map { ("x\($0)", String(repeating: "v", count: 14000)) })) == 431)
    #expect(code(request((0..<10).map { _ in ("cookie", String(repeating: "v", count: 2000)) })) == 431)
    #expect(
      code(request([("content-length", "99999999999999999999")], method: "POST"), endsStream: false) == 413)
  }

  @Test func `what is beyond a limit is counted and not kept`() {
    var builder = RequestHeadBuilder()
    let value = [UInt8](repeating: 0x61, count: 1000)
    for _ in 0..<1000 { builder.add(Array("x".utf8).span, value.span) }
    #expect(builder.decodedByteCount == 1000 * 1033)
    #expect(throws: HTTPInputError.self) { try builder.finish(endsStream: true) }
  }

  @Test func `a head that is over serves the next request`() throws {
    let first = try build(request([("x", "old")]))
    var builder = RequestHeadBuilder(recycling: first)
    for (name, value) in request(path: "/new") { builder.add(Array(name.utf8).span, Array(value.utf8).span) }
    let second = try builder.finish(endsStream: true)
    #expect(second === first)
    #expect(second.text(second.target) == "/new" && !second.hasField("X"))
  }

  @Test func `trailers are fields without pseudo-header fields, within limits`() throws {
    var trailers = TrailerBuilder()
    trailers.add(Array("x-sum".utf8).span, Array("1".utf8).span)
    #expect(try trailers.finish()["X-Sum"] == "1")
    var pseudo = TrailerBuilder()
    pseudo.add(Array(":path".utf8).span, Array("/".utf8).span)
    #expect(throws: HTTPInputError.self) { try pseudo.finish() }
    var many = TrailerBuilder()
    for _ in 0..<33 { many.add(Array("x".utf8).span, Array("1".utf8).span) }
    #expect(throws: HTTPInputError.self) { try many.finish() }
  }
}
