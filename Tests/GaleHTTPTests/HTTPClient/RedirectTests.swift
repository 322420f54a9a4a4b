// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleLoop
import GaleWire
import TestSupport
import Testing

@testable import GaleHTTP

/// CLI-012, CLI-035.
@Suite("httpclient: redirects")
struct ClientRedirectTests {
  /// `/to/STATUS/TARGET` redirects there; everything else is described.
  private static func start(_ request: HTTPServerRequest) -> any HTTPMessageDelegate {
    guard request.path.hasPrefix("/to/") else { return Exchange.describe() }
    return Exchange { request in
      let rest = request.uri.dropFirst(4)
      let status = Int(rest.prefix(3)) ?? 500
      request.answer("moved", status: status, [("Location", String(rest.dropFirst(4)))])
    }
  }

  @Test(arguments: [
    (301, "GET", "GET", true), (302, "GET", "GET", true), (303, "GET", "GET", true),
    (307, "GET", "GET", true),
    (308, "GET", "GET", true), (301, "POST", "GET", false), (302, "POST", "GET", false),
    (303, "POST", "GET", false),
    (307, "POST", "POST", true), (308, "POST", "POST", true), (301, "PUT", "PUT", true),
    (302, "PUT", "PUT", true),
    (303, "PUT", "GET", false), (303, "HEAD", "HEAD", true), (302, "HEAD", "HEAD", true),
    (303, "DELETE", "GET", false), (301, "DELETE", "DELETE", true),
  ])
  func `the method of the next request follows from the status`(
    _ status: Int, _ method: String, _ next: String, _ keepsBody: Bool
  ) throws {
    var last = ""
    try withClient(start: { request in
      last = request.method
      return ClientRedirectTests.start(request)
    }) { bench, _ async throws in
      let hasBody = method == "POST" || method == "PUT"
      let fields = hasBody ? [("Content-Type", "text/x"), ("Content-Encoding", "y")] : []
      let response = try await bench.fetch(
        "/to/\(status)//end", method: method, headers: fields, body: hasBody ? "body" : nil)
      #expect(response.status == 200)
      #expect(response.effectiveURL == bench.base + "/end")
      #expect(response.request.method == method)
      #expect(response.timeInfo.redirect > .zero)
      #expect(last == next)
      guard method != "HEAD" else { return }
      #expect(response.text.hasSuffix("\n\nbody") == (hasBody && keepsBody))
      #expect(response.sent("Content-Type") == (hasBody && keepsBody ? "text/x" : nil))
      #expect(response.sent("Content-Encoding") == (hasBody && keepsBody ? "y" : nil))
      #expect(response.sent("Content-Length") == (hasBody && keepsBody ? "4" : nil))
      #expect(bench.engine.idleConnectionCount == 1)
    }
  }

  @Test func `redirects end after so many`() throws {
    try withClient(start: { _ in Exchange { $0.answer("again", status: 302, [("Location", $0.uri + "x")]) } })
    {
      bench, _ async throws in
      let response = try await bench.fetch("/", raisesErrors: false)
      #expect(response.status == 302)
      #expect(response.text == "again")
      #expect(response.effectiveURL == bench.base + "/xxxxx")
      #expect(await bench.failure()?.status == 302)
      let none = try await bench.fetch("/", raisesErrors: false) { $0.followsRedirects = false }
      #expect(none.effectiveURL == bench.base + "/")
      let two = try await bench.fetch("/", raisesErrors: false) { $0.maxRedirects = 2 }
      #expect(two.effectiveURL == bench.base + "/xx")
    }
  }

  @Test func `without Location, or with another status, nothing is followed`() throws {
    try withClient(start: { _ in
      Exchange { request in
        request.answer(
          "x", status: request.path == "/300" ? 300 : 302, request.path == "/300" ? [("Location", "/")] : [])
      }
    }) { bench, _ async throws in
      #expect(try await bench.fetch("/300", raisesErrors: false).status == 300)
      #expect(try await bench.fetch("/302", raisesErrors: false).status == 302)
    }
  }

  @Test func `who we are is for one origin`() throws {
    try withServer(start: { _ in Exchange.describe() }) { other async throws in
      let server = HTTPServer(ClosureDelegate(ClientRedirectTests.start), on: other.loop)
      try server.listen(port: 0, address: "127.0.0.1")
      defer {
        server.stop()
        server.closeAllConnections()
      }
      let client = AsyncHTTPClient(on: other.loop)
      defer { client.close() }
      let base = "http://127.0.0.1:\(server.addresses[0].port)"
      let elsewhere = "http://127.0.0.1:\(other.address.port)/end"
      for (target, isKept) in [("/end", true), (base + "/end", true), (elsewhere, false)] {
        var request = HTTPRequest(base + "/to/302/" + target)
        request.headers = try HTTPHeaders([
          ("Cookie", "a=b"), ("X-Other", "c"), ("Host", "named"), ("Proxy-Authorization", "p"),
        ])
        request.credentials = HTTPCredentials(username: "me", password: "secret")
        let response = try await client.fetch(request)
        #expect((response.sent("Cookie") == "a=b") == isKept)
        #expect((response.sent("Authorization") == "Basic bWU6c2VjcmV0") == isKept)
        #expect((response.sent("Proxy-Authorization") == "p") == isKept)
        #expect(response.sent("X-Other") == "c")
        #expect(response.sent("Host") == (isKept ? base : elsewhere).split(separator: "/")[1].description)
        var inURL = HTTPRequest(base.replacing("//", with: "//me:secret@") + "/to/307/" + target)
        inURL.headers = try HTTPHeaders([("Authorization", "Bearer token")])
        let second = try await client.fetch(inURL)
        #expect((second.sent("Authorization") == "Bearer token") == isKept)
        #expect(isKept || second.sent("Authorization") == nil)
        #expect(!second.effectiveURL.contains("secret"))
      }
    }
  }

  @Test(arguments: ["ftp://x/", "javascript:alert(1)", "http://", "//", "http://a:99999/", "https://[x]/"])
  func `a target that cannot be fetched is an error`(_ target: String) throws {
    try withClient(start: { _ in Exchange { $0.answer("", status: 302, [("Location", target)]) } }) {
      bench, _ async throws in
      #expect(await bench.failure()?.code == .invalidURL)
    }
  }

  @Test func `callbacks see the last answer only`() throws {
    try withClient(start: ClientRedirectTests.start) { bench, _ async throws in
      var lines: [String] = []
      var body: [UInt8] = []
      let response = try await bench.fetch("/to/302//end") {
        $0.headerCallback = { lines.append($0) }
        $0.streamingCallback = { body += $0 }
      }
      #expect(lines.first == "HTTP/1.1 200 OK\r\n" && lines.last == "\r\n")
      #expect(lines.count { $0.hasPrefix("HTTP/") } == 1)
      #expect(String(decoding: body, as: UTF8.self).hasPrefix("GET /end"))
      #expect(response.body.isEmpty)
    }
  }

  @Test func `a large body of a redirect is not read to its end`() throws {
    try withScript({ stream, number in
      let head = try await stream.readHead()
      guard head.hasPrefix("GET / ") else {
        return try await stream.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
      }
      try await stream.send("HTTP/1.1 302 Found\r\nLocation: /end\r\nContent-Length: 1000000000\r\n\r\n")
      while true { try await stream.write([UInt8](repeating: 0, count: 65536)) }
    }) { bench, server async throws in
      #expect(try await bench.fetch("/").text == "ok")
      #expect(server.accepted == 2)
    }
  }

  @Test(
    arguments: [
      ("g", "http://a/b/c/g"), ("./g", "http://a/b/c/g"), ("g/", "http://a/b/c/g/"), ("/g", "http://a/g"),
      ("?y", "http://a/b/c/d?y"), ("g?y", "http://a/b/c/g?y"), ("#s", "http://a/b/c/d?q"),
      ("g#s", "http://a/b/c/g"), ("", "http://a/b/c/d?q"), (".", "http://a/b/c/"), ("./", "http://a/b/c/"),
      ("..", "http://a/b/"), ("../g", "http://a/b/g"), ("../..", "http://a/"), ("../../g", "http://a/g"),
      ("../../../g", "http://a/g"), ("/./g", "http://a/g"), ("/../g", "http://a/g"),
      ("g.", "http://a/b/c/g."),
      ("..g", "http://a/b/c/..g"), ("./../g", "http://a/b/g"), ("./g/.", "http://a/b/c/g/"),
      ("g/../h", "http://a/b/c/h"), ("g?y/../x", "http://a/b/c/g?y/../x"), ("//g", "http://g/"),
      ("//g:8/x", "http://g:8/x"), ("https://h/i", "https://h/i"), ("HTTP://H/i", "http://h/i"),
      ("é ü", "http://a/b/c/%C3%A9%20%C3%BC"), ("g:h", nil),
    ] as [(String, String?)])
  func `a reference is resolved as RFC 3986 says`(_ reference: String, _ expected: String?) throws {
    let base = try HTTPClientURL("http://a/b/c/d?q")
    guard let expected else {
      #expect(throws: HTTPClientError.self) { try base.resolving(reference) }
      return
    }
    #expect(try base.resolving(reference).text == expected)
  }

  @Test(arguments: [
    ("http://a", "a", 80, "/", "a"), ("https://A.B/", "a.b", 443, "/", "a.b"),
    ("http://a:81?q", "a", 81, "/?q", "a:81"),
    ("http://a:80/x#y", "a", 80, "/x", "a"), ("http://[::1]:8/x", "::1", 8, "/x", "[::1]:8"),
    ("http://u:p@a/x@y", "a", 80, "/x@y", "a"), ("HTTP://a/%20", "a", 80, "/%20", "a"),
    ("http://u@v@a/", "a", 80, "/", "a"), ("https://a:80/", "a", 80, "/", "a:80"),
    ("http://a:/", "a", 80, "/", "a"),
  ])
  func `a URL is taken apart`(
    _ url: String, _ host: String, _ port: UInt16, _ target: String, _ authority: String
  ) throws {
    let parsed = try HTTPClientURL(url)
    #expect((parsed.host, parsed.port, parsed.target) == (host, port, target))
    #expect(parsed.authority == authority)
  }

  @Test func `a URL's user and password are unescaped`() throws {
    let url = try HTTPClientURL("http://m%40e:a%3Ab%20c@host/")
    #expect(url.credentials == HTTPCredentials(username: "m@e", password: "a:b c"))
    #expect(try HTTPClientURL("http://me@host/").credentials?.password == "")
  }
}
