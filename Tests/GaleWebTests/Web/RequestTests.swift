// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleHTTP
import GaleWeb
import GaleWire
import Testing

@Suite("web: request")
struct RequestTests {
  static let targets: [(target: String, host: String, seen: String)] = [
    ("/", "x", "/ / - x x http://x/"),
    (
      "/a%20b?c=d&e", "Example.COM:8080",
      "/a%20b?c=d&e /a%20b c=d&e Example.COM:8080 example.com"
        + " http://Example.COM:8080/a%20b?c=d&e"
    ),
    ("/?", "x", "/? / - x x http://x/?"),
    ("/a?b?c", "x", "/a?b?c /a b?c x x http://x/a?b?c"),
    ("//a", "[::1]:80", "//a //a - [::1]:80 [::1] http://[::1]:80//a"),
    ("http://y:1/a?b", "y:1", "http://y:1/a?b /a b y:1 y http://y:1/a?b"),
    ("http://y", "y", "http://y / - y y http://y"),
  ]

  @Test(arguments: targets)
  func `is seen as it was sent`(_ target: String, _ host: String, _ seen: String) throws {
    let route = URLSpec.to(".*") { handler in
      let request = handler.request
      let query = request.query.isEmpty ? "-" : request.query
      handler.write(
        "\(request.uri) \(request.path) \(query) \(request.host) \(request.hostName) \(request.fullURL)")
      #expect(request.method == "GET")
      #expect(request.version == "HTTP/1.1")
      #expect(request.remoteIP == "127.0.0.1")
      #expect(request.protocol == "http")
      #expect(request.body.isEmpty)
    }
    try serving([route]) { server in
      let response = try await server.fetch("GET", target, ["Host: \(host)"])
      #expect(response.status == 200)
      #expect(response.text == seen)
    }
  }

  @Test func `header, body and trailers are there`() throws {
    let route = URLSpec.to("/") { handler in
      let request = handler.request
      handler.write("\(request.headers["x-a"] ?? "") \(request.headers.values("X-A")) ")
      handler.write(request.body)
      handler.write(" \(request.trailers["X-Sum"] ?? "none")")
    }
    try serving([route]) { server in
      let client = try await server.connect()
      try await client.send(
        "POST / HTTP/1.1\r\nHost: x\r\nX-A: 1\r\nx-a: 2\r\nTransfer-Encoding: chunked\r\n\r\n")
      try await client.send("3\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 5\r\n\r\n")
      #expect(try await client.response().text == #"1,2 ["1", "2"] abcde 5"#)
    }
  }

  @Test func `of HTTP/1.0 may have no host`() throws {
    try serving([.to("/") { $0.write("\($0.request.version) \($0.request.host)") }]) { server in
      let client = try await server.connect()
      try await client.send("GET / HTTP/1.0\r\n\r\n")
      #expect(try await client.response().text == "HTTP/1.0 127.0.0.1")
    }
  }

  @Test func `of one client do not see each other`() throws {
    let route = URLSpec.to("/(.*)") { handler in
      let argument = handler.request.body.isEmpty ? "-" : try handler.bodyArgument("a") ?? "-"
      handler.write(
        "\(try handler.pathArgument(0) ?? "") \(argument) \(handler.request.headers["X-A"] ?? "-")"
          + " \(try handler.queryArgument("q") ?? "-") \(handler.cookie("c") ?? "-")")
    }
    try serving([route]) { server in
      let client = try await server.connect()
      for _ in 0..<3 {
        let headers = ["X-A: 1", "Cookie: c=1", "Content-Type: application/x-www-form-urlencoded"]
        try await client.send("POST", "/one?q=1", headers, body: Array("a=1".utf8))
        #expect(try await client.response().text == "one 1 1 1 1")
        try await client.send("GET", "/two")
        #expect(try await client.response().text == "two - - - -")
      }
    }
  }
}
