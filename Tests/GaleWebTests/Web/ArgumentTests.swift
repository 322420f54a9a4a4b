// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleHTTP
import GaleWeb
import GaleWire
import Testing

@Suite("web: path arguments")
struct PathArgumentTests {
  private static func route(_ pattern: String) -> URLSpec {
    .to(pattern) { handler in
      let arguments = try handler.pathArguments()
      handler.write(arguments.map { $0.map { "[\($0)]" } ?? "nil" }.joined(separator: ","))
      let named = try handler.pathArgument("name").map { " name=\($0)" } ?? ""
      handler.write(named)
    }
  }

  static let cases: [(pattern: String, path: String, body: String)] = [
    ("/", "/", ""),
    ("/(.*)", "/", "[]"),
    ("/(.*)", "/a/b", "[a/b]"),
    ("/(.*)", "/a%2Fb%20c", "[a/b c]"),
    ("/(.*)", "/a+b", "[a+b]"),
    ("/(.*)", "/%C3%A9%e2%82%ac", "[é€]"),
    ("/(.*)", "/%252F", "[%2F]"),
    ("/(.*)", "/100%", "[100%]"),
    ("/(.*)", "/%zz", "[%zz]"),
    ("/([0-9]+)/([a-z]+)", "/12/ab", "[12],[ab]"),
    ("/(?P<name>[^/]+)", "/bob", "[bob] name=bob"),
    ("/(?P<name>[^/]+)/(?P<number>[0-9]+)", "/b%6Fb/7", "[bob],[7] name=bob"),
    ("/a(/b)?", "/a", "nil"),
    ("/a(/b)?", "/a/b", "[/b]"),
    ("/(?P<name>x)?", "/", "nil"),
  ]

  @Test(arguments: cases)
  func `are what the groups matched, decoded`(_ pattern: String, _ path: String, _ body: String) throws {
    try serving([Self.route(pattern)]) { server in
      let response = try await server.fetch("GET", path)
      #expect(response.status == 200)
      #expect(response.text == body)
    }
  }

  @Test(arguments: ["/%ff", "/%C3", "/%ED%A0%80", "/%C0%AF"])
  func `that are not UTF-8 are 400`(_ path: String) throws {
    try serving([Self.route("/(.*)")]) { server in
      let response = try await server.fetch("GET", path)
      #expect(response.status == 400)
      #expect(!response.text.contains("unicode"))
    }
  }
}

@Suite("web: arguments")
struct ArgumentTests {
  /// Writes what the handler's accessors say about `a`, as one line.
  private static let route = URLSpec.to("/") { handler in
    let strip = handler.request.headers["X-Strip"] != "no"
    let all = try handler.arguments("a", strip: strip)
    let query = try handler.queryArguments("a", strip: strip)
    let body = try handler.bodyArguments("a", strip: strip)
    handler.write("\(all) \(query) \(body) \(try handler.argument("a", default: "-", strip: strip))")
  }

  static let form = ["Content-Type: application/x-www-form-urlencoded"]

  static let cases: [(query: String, body: String, line: String)] = [
    ("", "", #"[] [] [] -"#),
    ("a=1", "", #"["1"] ["1"] [] 1"#),
    ("a=1&a=2", "", #"["1", "2"] ["1", "2"] [] 2"#),
    ("a=1&b=3&a=2", "a=4&a=5", #"["1", "2", "4", "5"] ["1", "2"] ["4", "5"] 5"#),
    ("", "a=4", #"["4"] [] ["4"] 4"#),
    ("a=", "", #"[""] [""] [] "#),
    ("a=x+y%20z", "", #"["x y z"] ["x y z"] [] x y z"#),
    ("a=%20%09x%20", "", #"["x"] ["x"] [] x"#),
    ("a=%E2%80%83x", "", #"["x"] ["x"] [] x"#),
    ("a=x%00%01%1Fy", "", #"["x   y"] ["x   y"] [] x   y"#),
    ("a=%00x", "", #"["x"] ["x"] [] x"#),
    ("a=%C3%A9", "a=%E2%82%AC", #"["é", "€"] ["é"] ["€"] €"#),
    ("a;b=1", "", #"[] [] [] -"#),
    ("%61=1", "", #"["1"] ["1"] [] 1"#),
  ]

  @Test(arguments: cases)
  func `come from query and body; the last one wins`(_ query: String, _ body: String, _ line: String) throws {
    try serving([Self.route]) { server in
      let method = body.isEmpty ? "GET" : "POST"
      let target = query.isEmpty ? "/" : "/?\(query)"
      let response = try await server.fetch(method, target, Self.form, body: Array(body.utf8))
      #expect(response.status == 200)
      #expect(response.text == line)
    }
  }

  @Test func `keep their white space without strip`() throws {
    try serving([Self.route]) { server in
      let response = try await server.fetch("GET", "/?a=%20x%0Ay%09", ["X-Strip: no"])
      #expect(response.text.hasSuffix(" x\ny\t"))
    }
  }

  @Test func `that are missing are 400 without a word about them to the client`() throws {
    try serving([.to("/") { _ = try $0.argument("secret-name") }]) { server in
      let response = try await server.fetch("GET", "/?other=1")
      #expect(response.status == 400)
      #expect(response.text == "<html><title>400: Bad Request</title><body>400: Bad Request</body></html>")
    }
  }

  @Test func `a missing argument tells its name to the program`() {
    let error = HTTPError(missingArgument: "page")
    #expect(error.status == 400)
    #expect(error.missingArgument == "page")
    #expect(error.description == "HTTP 400: Bad Request (Missing argument page)")
  }

  @Test(arguments: ["a=%ff", "a=%C3%28"])
  func `that are not UTF-8 are 400`(_ text: String) throws {
    try serving([Self.route]) { server in
      #expect(try await server.fetch("GET", "/?\(text)").status == 400)
      let posted = try await server.fetch("POST", "/", Self.form, body: Array(text.utf8))
      #expect(posted.status == 400)
    }
  }

  @Test func `more than a thousand are 400, in the query and in the body`() throws {
    try serving([Self.route]) { server in
      let fitting = (0..<1000).map { "a=\($0)" }.joined(separator: "&")
      #expect(try await server.fetch("GET", "/?\(fitting)").status == 200)
      #expect(try await server.fetch("POST", "/", Self.form, body: Array(fitting.utf8)).status == 200)
      #expect(try await server.fetch("GET", "/?\(fitting)&b=1").status == 400)
      let tooMany = try await server.fetch("POST", "/", Self.form, body: Array((fitting + "&b=1").utf8))
      #expect(tooMany.status == 400)
    }
  }

  @Test func `JSON bodies and unknown types are not parsed`() throws {
    try serving([Self.route]) { server in
      for type in ["application/json", "text/plain", "application/octet-stream"] {
        let response = try await server.fetch("POST", "/", ["Content-Type: \(type)"], body: Array("a=1".utf8))
        #expect(response.text == "[] [] [] -")
      }
      let untyped = try await server.fetch("POST", "/", body: Array("a=1".utf8))
      #expect(untyped.text == "[] [] [] -")
    }
  }

  @Test(arguments: ["POST", "PUT", "PATCH", "DELETE", "GET"])
  func `are read from the body whatever the method`(_ method: String) throws {
    try serving([Self.route]) { server in
      let response = try await server.fetch(method, "/", Self.form, body: Array("a=1".utf8))
      #expect(response.text == #"["1"] [] ["1"] 1"#)
    }
  }

  @Test func `names are counted once`() throws {
    try serving([.to("/") { $0.write("\(try $0.argumentNames().sorted())") }]) { server in
      let response = try await server.fetch("POST", "/?b=1&a=2&b=3", Self.form, body: Array("c=1&a=2".utf8))
      #expect(response.text == #"["a", "b", "c"]"#)
    }
  }
}

@Suite("web: multipart forms")
struct MultipartTests {
  private static let route = URLSpec.to("/") { handler in
    let files = handler.files.map { file in
      "\(file.fieldName)|\(file.filename)|\(file.contentType)|\(String(decoding: file.body, as: UTF8.self))"
    }
    let arguments = try handler.bodyArguments("text")
    handler.write((arguments + files).joined(separator: "\n"))
  }

  private static func body(_ lines: [String]) -> [UInt8] { Array(lines.joined(separator: "\r\n").utf8) }

  private static let type = ["Content-Type: multipart/form-data; boundary=XX"]

  @Test func `arguments and files are told apart`() throws {
    let body = Self.body([
      "--XX", "Content-Disposition: form-data; name=\"text\"", "", "value",
      "--XX", "Content-Disposition: form-data; name=\"up\"; filename=\"a b.txt\"", "Content-Type: text/plain",
      "",
      "line 1\r\nline 2",
      "--XX", "Content-Disposition: form-data; name=\"up\"; filename=\"b\"", "", "",
      "--XX--", "",
    ])
    try serving([Self.route]) { server in
      let response = try await server.fetch("POST", "/", Self.type, body: body)
      #expect(response.status == 200)
      #expect(response.text == "value\nup|a b.txt|text/plain|line 1\r\nline 2\nup|b|application/unknown|")
    }
  }

  @Test func `files are found by their field`() throws {
    let route = URLSpec.to("/") {
      $0.write("\($0.files("up").count) \($0.files("none").count) \($0.files.count)")
    }
    let body = Self.body([
      "--XX", "Content-Disposition: form-data; name=\"up\"; filename=\"a\"", "", "1",
      "--XX", "Content-Disposition: form-data; name=\"down\"; filename=\"b\"", "", "2", "--XX--", "",
    ])
    try serving([route]) { server in
      let response = try await server.fetch("POST", "/", Self.type, body: body)
      #expect(response.text == "1 0 2")
    }
  }

  static let malformed: [(type: String, lines: [String])] = [
    ("multipart/form-data", ["--XX", "Content-Disposition: form-data; name=a", "", "1", "--XX--", ""]),
    ("multipart/form-data; boundary=", ["--XX--", ""]),
    ("multipart/form-data; boundary=XX", ["no boundary at all"]),
    ("multipart/form-data; boundary=XX", ["--XX", "Content-Disposition: form-data; name=a", "", "no end"]),
    (
      "multipart/form-data; boundary=XX",
      ["--XX", "Content-Disposition: attachment; name=a", "", "1", "--XX--", ""]
    ),
    ("multipart/form-data; boundary=XX", ["--XX", "Content-Disposition: form-data", "", "1", "--XX--", ""]),
    ("multipart/form-data; boundary=XX", ["--XX", "no colon", "", "1", "--XX--", ""]),
    ("multipart/form-data-x; boundary=XX", ["--XX--", ""]),
  ]

  @Test(arguments: malformed)
  func `that are malformed are 400 before anything of the handler runs`(_ type: String, _ lines: [String])
    throws
  {
    let journal = Journal()
    let route = URLSpec.to("/", prepare: { _ in journal.note("prepare") }) { _ in }
    try serving([route]) { server in
      let client = try await server.connect()
      try await client.send("POST", "/", ["Content-Type: \(type)"], body: Self.body(lines))
      let response = try await client.response()
      #expect(response.status == 400)
      #expect(!response.text.contains("boundary"))
      #expect(await client.isAlive("/"), "the body was read, so the connection is in order")
    }
    #expect(journal.entries == ["prepare"])
  }

  @Test func `too many parts are 400`() throws {
    let part = "--XX\r\nContent-Disposition: form-data; name=\"text\"\r\n\r\nv\r\n"
    let body = Array((String(repeating: part, count: 20_000) + "--XX--\r\n").utf8)
    try serving([Self.route]) { server in
      let response = try await server.fetch("POST", "/", Self.type, body: body)
      #expect(response.status == 400)
    }
  }

  @Test func `a form with a content encoding is 400`() throws {
    try serving([Self.route]) { server in
      let headers = Self.type + ["Content-Encoding: gzip"]
      let response = try await server.fetch("POST", "/", headers, body: Self.body(["--XX--", ""]))
      #expect(response.status == 400)
    }
  }
}

@Suite("web: limits of forms")
struct FormLimitTests {
  /// Says how much it got; takes larger forms when its route has a `limit`.
  private final class SizeHandler: RequestHandler {
    override func initialize(_ arguments: HandlerArguments) throws {
      if let limit = arguments["limit"] as? Int { request.maxBodySize = limit }
    }
    override func post() async throws { write("\(request.body.count)") }
  }

  private static let large = Array("text=".utf8) + [UInt8](repeating: 120, count: 10 << 20)
  private static let urlEncoded = ["Content-Type: Application/x-www-form-urlencoded"]

  private static let routes = [
    URLSpec("/", SizeHandler.self), URLSpec("/large", SizeHandler.self, ["limit": 11 << 20]),
  ]

  /// 10 MiB, unless the route, the settings or the type say otherwise.
  @Test(arguments: [
    ("/", "application/x-www-form-urlencoded", 413), ("/", "multipart/form-data; boundary=XX", 413),
    ("/", "Multipart/Form-Data; boundary=XX", 413), ("/", "text/plain", 200),
    ("/large", "application/x-www-form-urlencoded", 200),
  ])
  func `a form over 10 MiB is 413`(_ path: String, _ type: String, _ status: Int) throws {
    try serving(Self.routes) { server async throws in
      let client = try await server.connect()
      try await client.send(
        "POST \(path) HTTP/1.1\r\nHost: x\r\nContent-Type: \(type)\r\nContent-Length: \(Self.large.count)\r\n\r\n"
      )
      if status == 200 { try await client.send(Self.large) }
      #expect(try await client.response().status == status)
    }
  }

  @Test func `a chunked form over the limit is 413`() throws {
    var settings = Application.Settings.quiet
    settings.maxFormSize = 10
    try serving(Self.routes, settings: settings) { server async throws in
      for (body, status) in [("a\r\ntext=12345\r\n0\r\n\r\n", 200), ("b\r\ntext=123456\r\n0\r\n\r\n", 413)] {
        let headers = Self.urlEncoded + ["Transfer-Encoding: chunked"]
        #expect(try await server.fetch("POST", "/", headers, body: Array(body.utf8)).status == status)
      }
    }
  }

  @Test func `numbers of arguments and parts are settings`() throws {
    var settings = Application.Settings.quiet
    settings.queryArgumentCount = 2
    settings.formLimits.argumentCount = 3
    settings.formLimits.multipart.partCount = 1
    let route = URLSpec.to("/") { $0.write("\(try $0.argumentNames().count)") }
    let part = "--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nv\r\n"
    try serving([route], settings: settings) { server async throws in
      #expect(try await server.fetch("GET", "/?a=1&b=2").text == "2")
      #expect(try await server.fetch("GET", "/?a=1&b=2&c=3").status == 400)
      #expect(
        try await server.fetch("POST", "/", Self.urlEncoded, body: Array("a=1&b=2&c=3".utf8)).text == "3")
      #expect(try await server.fetch("POST", "/", Self.urlEncoded, body: Array("a&b&c&d".utf8)).status == 400)
      for (count, status) in [(1, 200), (2, 400)] {
        let body = Array((String(repeating: part, count: count) + "--XX--\r\n").utf8)
        let type = ["Content-Type: multipart/form-data; boundary=XX"]
        #expect(try await server.fetch("POST", "/", type, body: body).status == status)
      }
    }
  }
}
