// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import GaleCore
import GaleHTTP
import GaleLoop
import GaleWeb
import GaleWire
import Testing

private struct Registration: Codable, Equatable {
  struct Address: Codable, Equatable { var city: String }
  var name: String
  var age: Int?
  var tags: [String]
  var address: Address?
  var subscribed: Bool?
}

private struct Event: Codable, Equatable {
  var at: Date
  var payload: Data
}

private struct Search: Decodable {
  var q: String
  var page: Int?
}

private final class SignUpHandler: RequestHandler {
  override func post() async throws {
    let form = try decodeBody(as: Registration.self)
    try write(encoding: form)
  }
}

/// Text, one `key: value` a line: a format of the application's own.
private struct LineFormat: ContentFormat {
  let mediaTypes = ["text/lines", "text/x-lines"]

  func encode<T: Encodable>(_ value: T) throws -> [UInt8] {
    guard case .object(let members) = try JSONValue(encoding: value) else { throw TestFailure("no object") }
    return Array(members.map { "\($0.key): \(jsonEncode($0.value))\n" }.joined().utf8)
  }

  func decode<T: Decodable>(_ type: T.Type, from body: [UInt8]) throws -> T {
    guard String(decoding: body, as: UTF8.self).hasPrefix("name: ") else {
      throw BodyError(.malformed, field: nil, "no name")
    }
    return try JSONValue.object([JSONMember("name", "lines"), JSONMember("tags", [])]).decode(as: type)
  }
}

@Suite("web: bodies in Swift types (SWF-006)")
struct BodyCodingTests {
  private static let json = "Content-Type: application/json"
  private static let form = "Content-Type: application/x-www-form-urlencoded"

  private static let routes: [URLSpec] = [
    URLSpec("/class", SignUpHandler.self),
    .post("/closure") { handler in try handler.decodeBody(as: Registration.self) },
    .get("/search") { handler in
      let search = try handler.decodeQuery(as: Search.self)
      return "\(search.q) \(search.page ?? 1)"
    },
    .post("/event") { handler in try handler.decodeBody(as: Event.self) },
    .post("/pulled", body: .streamed) { handler in
      let body = try await handler.requestBody.collect(upTo: 1000)
      return try handler.decodeBody(as: Registration.self, from: body)
    },
  ]

  @Test(arguments: ["/class", "/closure"]) func `JSON and forms become the same value`(target: String) throws
  {
    let answer = #"{"name": "Ada", "age": 36, "tags": ["a", "b"], "address": {"city": "London"}}"#
    let boundary = "Content-Type: multipart/form-data; boundary=B"
    let parts =
      [("name", "Ada"), ("age", "36"), ("tags", "a"), ("tags", "b"), ("address[city]", "London")]
      .map { "--B\r\nContent-Disposition: form-data; name=\"\($0.0)\"\r\n\r\n\($0.1)\r\n" }.joined()
      + "--B--\r\n"
    try serving(Self.routes) { server async throws in
      for (type, body) in [
        (Self.json, answer), ("Content-Type: application/vnd.x+json; charset=utf-8", answer),
        (boundary, parts),
        (Self.form, "name=Ada&age=36&tags=a&tags=b&address[city]=London"),
        (Self.form, "name=Bob&name=Ada&age=+36&tags[]=a&tags[]=b&address%5Bcity%5D=London&extra=1"),
      ] {
        let response = try await server.fetch("POST", target, [type], body: Array(body.utf8))
        #expect(response.status == 200 && response.text == answer, "\(type) \(body): \(response.text)")
      }
    }
  }

  @Test func `a form says less, and it is enough`() throws {
    try serving(Self.routes) { server async throws in
      let response = try await server.fetch(
        "POST", "/class", [Self.form], body: Array("name=&age=&subscribed=on".utf8))
      #expect(response.text == #"{"name": "", "tags": [], "subscribed": true}"#)
    }
  }

  @Test(
    arguments: [
      (json, #"{"tags": []}"#, 422, "name", "is missing"),
      (json, #"{"name": 1, "tags": []}"#, 422, "name", "must be text, not a number"),
      (json, #"{"name": "x", "tags": ["a", null]}"#, 422, "tags[1]", "must not be null"),
      (json, #"{"name": "x", "tags": [], "address": {}}"#, 422, "address.city", "is missing"),
      (json, #"{"name": "x", "tags": [], "age": 1.5}"#, 422, "age", "must be a whole number that fits Int"),
      (form, "tags=a", 422, "name", "is missing"),
      (form, "name=x&age=old", 422, "age", "must be a whole number that fits Int"),
      (form, "name=x&address=London", 422, "address", "must be an object, not text"),
      (form, "name=x&a=1&a[b]=2", 422, "a[b]", "is a value and has fields"),
      (form, "name=x&a[b]=2&a=1", 422, "a", "is a value and has fields"),
      (form, "name=%FF", 400, "name", "is not UTF-8"),
      (json, #"{"name": "#, 400, nil, "invalid JSON at byte 9: unexpected end"),
      (json, "", 400, nil, "invalid JSON at byte 0: unexpected end"),
      ("Content-Type: text/plain", "x", 415, nil, "Bodies of type text/plain are not read here"),
      (
        "Content-Type: application/json; charset=latin1", "{}", 415, nil,
        "Bodies of type application/json are not read here"
      ),
      ("X-None: 1", "x", 415, nil, "The body needs a Content-Type"),
    ] as [(String, String, Int, String?, String)])
  func `errors name the field`(type: String, body: String, status: Int, field: String?, message: String)
    throws
  {
    try serving(Self.routes) { server async throws in
      for target in ["/class", "/closure"] {
        let page = try await server.fetch("POST", target, [type], body: Array(body.utf8))
        #expect(page.status == status)
        let error = try jsonDecode(page.text)["error"]
        #expect(
          error?["field"]?.stringValue == field && error?["message"]?.stringValue == message, "\(page.text)")
        let html = try await server.fetch(
          "POST", target, [type, "Accept: text/html"], body: Array(body.utf8))
        #expect(html["Content-Type"] == "text/html; charset=UTF-8" && html.text.contains(message))
      }
    }
  }

  @Test func `a page for people escapes what a client sent`() throws {
    try serving(Self.routes) { server async throws in
      let body = Array("name=x&%3Cscript%3E=1&%3Cscript%3E[a]=1".utf8)
      let page = try await server.fetch("POST", "/class", [Self.form, "Accept: text/html"], body: body)
      #expect(page.status == 422 && !page.text.contains("<script>"))
    }
  }

  @Test func `a query is read like a form`() throws {
    try serving(Self.routes) { server async throws in
      #expect(try await server.fetch("GET", "/search?q=a+b&page=3").text == "a b 3")
      #expect(try await server.fetch("GET", "/search?q=").text == " 1")
      let wrong = try await server.fetch("GET", "/search?page=x")
      #expect(wrong.status == 422 && wrong.text.contains(#""field": "q""#))
    }
  }

  @Test func `a body in pieces is decoded once it is collected`() throws {
    try serving(Self.routes) { server async throws in
      let body = Array(#"{"name": "x", "tags": []}"#.utf8)
      #expect(try await server.fetch("POST", "/pulled", [Self.json], body: body).status == 200)
      let form = try await server.fetch("POST", "/pulled", [Self.form], body: Array("name=x&age=+7+".utf8))
      #expect(form.text == #"{"name": "x", "age": 7, "tags": []}"#)
      let parts = "Content-Type: multipart/form-data; boundary=B"
      #expect(try await server.fetch("POST", "/pulled", [parts], body: Array("--B".utf8)).status == 400)
      #expect(try await server.fetch("POST", "/pulled", [Self.json], body: Array("[]".utf8)).status == 422)
    }
  }

  @Test func `nesting in names is bounded`() throws {
    try serving(Self.routes) { server async throws in
      let name = "a" + String(repeating: "[b]", count: 17)
      let answer = try await server.fetch("POST", "/class", [Self.form], body: Array("\(name)=1".utf8))
      #expect(answer.status == 400 && answer.text.contains("nested too deep"))
    }
  }

  // MARK: - Foundation's types

  @Test(arguments: [
    (JSONFormat(), #"{"at": "2026-01-31T08:15:30Z", "payload": "AQID"}"#),
    (JSONFormat(), #"{"at": "2026-01-31T08:15:30.500Z", "payload": ""}"#),
    (JSONFormat(dates: .secondsSince1970), #"{"at": 1769847330, "payload": "AQID"}"#),
    (JSONFormat(dates: .millisecondsSince1970), #"{"at": 1769847330500, "payload": "AQID"}"#),
    (JSONFormat(dates: .asEncoded, data: .asEncoded), #"{"at": 791540130.0, "payload": [1, 2, 3]}"#),
  ])
  func `dates and data have the forms that were chosen`(format: JSONFormat, body: String) throws {
    var settings = Application.Settings.quiet
    settings.contentFormats.add(format)
    try serving(Self.routes, settings: settings) { server async throws in
      let answer = try await server.fetch("POST", "/event", [Self.json], body: Array(body.utf8))
      #expect(answer.text == body)
    }
  }

  @Test(arguments: [#"{"at": "yesterday", "payload": ""}"#, #"{"at": 1, "payload": ""}"#])
  func `what is no date is an error of the field`(body: String) throws {
    try serving(Self.routes) { server async throws in
      let answer = try await server.fetch("POST", "/event", [Self.json], body: Array(body.utf8))
      #expect(answer.status == 422 && answer.text.contains(#""field": "at""#))
      let data = try await server.fetch(
        "POST", "/event", [Self.json], body: Array(#"{"at": "2026-01-31T08:15:30Z", "payload": "?"}"#.utf8))
      #expect(data.status == 422 && data.text.contains(#""field": "payload""#))
    }
  }

  // MARK: - Negotiation

  @Test(
    arguments: [
      (nil, "application/json; charset=UTF-8"), ("*/*", "application/json; charset=UTF-8"),
      ("application/x-www-form-urlencoded", "application/x-www-form-urlencoded"),
      ("text/html, application/*;q=0.5", "application/json; charset=UTF-8"),
      ("application/json;q=0.4, text/lines;q=0.5", "text/lines"),
      ("text/*, application/json;q=0.9", "text/lines"),
      ("*/*;q=0.1, application/json;q=0", "application/x-www-form-urlencoded"),
      ("text/html", nil), ("application/json;q=0", nil), ("*/*;q=0", nil), (";;;", nil),
    ] as [(String?, String?)])
  func `the answer has the form that the client prefers`(accept: String?, type: String?) throws {
    var settings = Application.Settings.quiet
    settings.contentFormats.add(LineFormat())
    let routes: [URLSpec] = [.get("/") { _ in ["a": "b c"] }]
    try serving(routes, settings: settings) { server async throws in
      let answer = try await server.fetch("GET", "/", accept.map { ["Accept: \($0)"] } ?? [])
      guard let type else {
        #expect(answer.status == 406)
        return
      }
      #expect(answer["Content-Type"] == type && answer["Vary"] == "Accept")
      let texts = [
        "application/json; charset=UTF-8": #"{"a": "b c"}"#, "application/x-www-form-urlencoded": "a=b+c",
        "text/lines": "a: \"b c\"\n",
      ]
      #expect(answer.text == texts[type])
    }
  }

  @Test func `an application reads formats of its own`() throws {
    var settings = Application.Settings.quiet
    settings.contentFormats.add(LineFormat())
    try serving(Self.routes, settings: settings) { server async throws in
      let type = "Content-Type: text/x-lines"
      #expect(try await server.fetch("POST", "/class", [type], body: Array("name: x".utf8)).status == 200)
      #expect(try await server.fetch("POST", "/class", [type], body: Array("x".utf8)).status == 400)
    }
  }

  @Test func `a form holds objects, nested by brackets`() throws {
    let value = Registration(
      name: "A&B", age: nil, tags: ["x", "y"], address: .init(city: "Köln"), subscribed: false)
    let text = String(decoding: try FormFormat().encode(value), as: UTF8.self)
    #expect(text == "name=A%26B&tags=x&tags=y&address%5Bcity%5D=K%C3%B6ln&subscribed=false")
    #expect(try FormFormat().decode(Registration.self, from: Array(text.utf8)) == value)
    #expect(throws: EncodingError.self) { try FormFormat().encode([1]) }
  }

  @Test func `with one format there is nothing to vary`() throws {
    var settings = Application.Settings.quiet
    settings.contentFormats = ContentFormats([JSONFormat()])
    let routes: [URLSpec] = [
      .get("/") { _ in ["a": 1] }, .post("/") { try $0.decodeBody(as: Registration.self) },
    ]
    try serving(routes, settings: settings) { server async throws in
      #expect(try await server.fetch("GET", "/")["Vary"] == nil)
      #expect(try await server.fetch("POST", "/", [Self.form], body: Array("name=x".utf8)).status == 415)
    }
  }
}
