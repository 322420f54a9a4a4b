// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleHTTP
import GaleLoop
import GaleWeb
import GaleWire
import Testing

/// Answers with a fixed text and what it sees of the path.
private final class PlainDelegate: HTTPServerConnectionDelegate {
  private let text: String

  init(_ text: String) { self.text = text }

  func startRequest(_ request: HTTPServerRequest) -> any HTTPMessageDelegate { Answer(text) }

  private final class Answer: HTTPMessageDelegate {
    private let text: String
    init(_ text: String) { self.text = text }

    func finish(_ request: HTTPServerRequest) {
      let body =
        "\(text) \(request.method) mount=\(request.mountPath) path=\(request.path) query=\(request.query)"
      do {
        try request.writeHeaders(200, HTTPHeaders([("Content-Length", String(body.utf8.count))]))
        try request.write(Array(body.utf8))
        try request.finish()
      } catch {
        request.abort()
      }
    }
  }
}

/// The page for what is not there.
private final class MissingHandler: RequestHandler {
  private var word = ""
  override func initialize(_ arguments: HandlerArguments) throws { word = arguments["word"] as? String ?? "" }
  override func prepare() async throws {
    setStatus(404)
    try finish("no such page: \(word)")
  }
}

@Suite("web: routes")
struct RouteTests {
  static let order: [(path: String, text: String)] = [
    ("/a", "first"), ("/a/", "any"), ("/a/b", "two"), ("/b", "any"), ("/", "any"), ("/A", "any"),
    ("//a", "any"), ("/a?x=/a/b", "first"), ("/a/%62", "any"), ("/a/./b", "any"), ("/xa", "any"),
    ("/ax", "any"),
  ]

  @Test(arguments: order)
  func `the first pattern that matches the whole path wins`(_ path: String, _ text: String) throws {
    let routes: [URLSpec] = [
      .text("/a", "first"), .text("/a", "never"), .text("/a/b", "two"), .text("/.*", "any"),
      .text("/b", "never"),
    ]
    try serving(routes) { server in
      let response = try await server.fetch("GET", path)
      #expect(response.text == text)
    }
  }

  @Test func `what no route takes is 404, whatever the method`() throws {
    try serving([.text("/a", "a")]) { server in
      for method in ["GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD"] {
        #expect(try await server.fetch(method, "/b").status == 404)
      }
      let posted = try await server.fetch("POST", "/b", body: Array("x".utf8))
      #expect(posted.text == ErrorTests.page(404, "Not Found"))
    }
  }

  @Test func `an application without routes answers 404`() throws {
    try serving([]) { server in
      let response = try await server.fetch("GET", "/")
      #expect(response.status == 404)
    }
  }

  @Test func `the default handler takes what no route takes`() throws {
    var settings = Application.Settings.quiet
    settings.defaultHandler = MissingHandler.self
    settings.defaultHandlerArguments = ["word": "sorry"]
    try serving([.text("/a", "a")], settings: settings) { server in
      #expect(try await server.fetch("GET", "/a").text == "a")
      let response = try await server.fetch("POST", "/b")
      #expect(response.status == 404)
      #expect(response.text == "no such page: sorry")
    }
  }

  // MARK: - Hosts

  private static func hosts(defaultHost: String? = nil) throws -> Application {
    var settings = Application.Settings.quiet
    settings.defaultHost = defaultHost
    let application = try Application([.text("/", "any"), .text("/only", "only")], settings: settings)
    try application.addHandlers(host: #"www\.example\.com"#, [.text("/", "www"), .text("/x", "www x")])
    try application.addHandlers(host: #".*\.example\.com"#, [.text("/", "sub"), .text("/x", "sub x")])
    try application.addHandlers(host: #"\[::1\]|::1"#, [.text("/", "six")])
    return application
  }

  static let hostCases: [(host: String, path: String, text: String?)] = [
    ("www.example.com", "/", "www"), ("WWW.Example.Com", "/", "www"), ("www.example.com:8080", "/", "www"),
    ("a.example.com", "/", "sub"), ("a.example.com", "/x", "sub x"), ("example.com", "/", "any"),
    ("www.example.com", "/only", "only"), ("www.example.com.evil", "/", "any"),
    ("xwww.example.com", "/", "sub"),
    ("other", "/", "any"), ("other", "/x", nil), ("[::1]:80", "/", "six"),
  ]

  @Test(arguments: hostCases)
  func `of a host are tried before those of any host`(_ host: String, _ path: String, _ text: String?) throws
  {
    try serving(try Self.hosts()) { server in
      let response = try await server.fetch("GET", path, ["Host: \(host)"])
      if let text { #expect(response.text == text) } else { #expect(response.status == 404) }
    }
  }

  @Test func `of the default host serve unknown hosts, but not behind a proxy`() throws {
    try serving(try Self.hosts(defaultHost: "www.example.com")) { server in
      #expect(try await server.fetch("GET", "/", ["Host: 10.0.0.1"]).text == "www")
      #expect(try await server.fetch("GET", "/x", ["Host: 10.0.0.1"]).text == "www x")
      #expect(try await server.fetch("GET", "/", ["Host: a.example.com"]).text == "sub")
      let proxied = try await server.fetch("GET", "/", ["Host: 10.0.0.1", "X-Real-Ip: 1.2.3.4"])
      #expect(proxied.text == "any")
    }
  }

  @Test func `an absolute target is routed by its path and its host`() throws {
    try serving(try Self.hosts()) { server in
      let response = try await server.fetch(
        "GET", "http://www.example.com/x?y=1", ["Host: www.example.com"])
      #expect(response.text == "www x")
    }
  }

  // MARK: - Names

  @Test func `a named route gives its URL back`() throws {
    let application = try Application(
      [
        .text("/", "", name: "home"), .text(#"/story/([0-9]+)/([^/]*)"#, "", name: "story"),
        .text("/twice", "", name: "twice"), .text("/thrice", "", name: "twice"),
      ], settings: .quiet)
    try application.addHandlers(host: "example.com", [.text("/there", "", name: "hosted")])
    #expect(try application.reverseURL("home") == "/")
    #expect(try application.reverseURL("story", ["7", "a b/ü"]) == "/story/7/a%20b/%C3%BC")
    #expect(try application.reverseURL("twice") == "/thrice")
    #expect(try application.reverseURL("hosted") == "/there")
    #expect(throws: HTTPError.self) { try application.reverseURL("nowhere") }
    #expect(throws: RoutingError.self) { try application.reverseURL("story", ["7"]) }
    #expect(throws: RoutingError.self) { try application.reverseURL("home", ["7"]) }
  }

  @Test func `a handler can name routes`() throws {
    let route = URLSpec.to("/go/(.*)", name: "go") { $0.write(try $0.reverseURL("go", "x")) }
    try serving([route]) { server in
      let response = try await server.fetch("GET", "/go/a")
      #expect(response.text == "/go/x")
    }
  }

  @Test func `a pattern that cannot be understood is refused`() {
    #expect(throws: RoutingError.self) { try Application([.text("/(", "")]) }
    #expect(throws: RoutingError.self) { try Application().addHandlers(host: "(", []) }
  }

  // MARK: - Delegates

  @Test func `a route may lead to a delegate`() throws {
    try serving([URLSpec("/d/.*", PlainDelegate("plain")), .text("/.*", "any")]) { server in
      let response = try await server.fetch("POST", "/d/x?y=1")
      #expect(response.text == "plain POST mount= path=/d/x query=y=1")
      #expect(try await server.fetch("GET", "/d").text == "any")
    }
  }

  @Test func `FallbackHandler hands every method on`() throws {
    let route = URLSpec("/f/.*", FallbackHandler.self, ["fallback": PlainDelegate("fallback")])
    try serving([route]) { server in
      for method in ["GET", "POST", "PROPFIND"] {
        let response = try await server.fetch(method, "/f/x")
        #expect(response.text == "fallback \(method) mount= path=/f/x query=")
      }
    }
  }

  @Test func `FallbackHandler without a fallback is 500`() throws {
    try serving([URLSpec("/", FallbackHandler.self)]) { server in
      let response = try await server.fetch("GET", "/")
      #expect(response.status == 500)
    }
  }

  static let mounts: [(path: String, text: String?)] = [
    ("/app", "mount=/app path=/ query="), ("/app/", "mount=/app path=/ query="),
    ("/app/x/y?z=1", "mount=/app path=/x/y query=z=1"), ("/app//x", "mount=/app path=//x query="),
    ("/app/%2Fx", "mount=/app path=/%2Fx query="), ("/apple", nil), ("/", nil), ("/a.p", nil),
    ("/a+b/c", "mount=/a+b path=/c query="), ("/aab/c", nil),
  ]

  @Test(arguments: mounts)
  func `a mount cuts its path off`(_ path: String, _ text: String?) throws {
    let routes: [URLSpec] = [.mount("/app", PlainDelegate("m")), .mount("/a+b", PlainDelegate("m"))]
    try serving(routes) { server in
      let response = try await server.fetch("GET", path)
      if let text { #expect(response.text == "m GET " + text) } else { #expect(response.status == 404) }
    }
  }

  @Test func `applications can be mounted in each other`() throws {
    let inner = try Application(
      [
        .to("/(.*)") { handler in
          handler.write(
            "\(handler.request.mountPath) \(handler.request.path) \(try handler.pathArgument(0) ?? "")")
        }
      ], settings: .quiet)
    let middle = try Application([.mount("/two", inner)], settings: .quiet)
    try serving([.mount("/one", middle), .text("/.*", "outside")]) { server in
      let response = try await server.fetch("GET", "/one/two/x%20y")
      #expect(response.text == "/one/two /x%20y x y")
      #expect(try await server.fetch("GET", "/one/three").status == 404)
      #expect(try await server.fetch("GET", "/two/x").text == "outside")
    }
  }

  @Test func `an empty mount takes everything`() throws {
    try serving([.text("/a", "a"), .mount("", PlainDelegate("m"))]) { server in
      #expect(try await server.fetch("GET", "/a").text == "a")
      let response = try await server.fetch("GET", "/b/c")
      #expect(response.text == "m GET mount= path=/b/c query=")
    }
  }

  @Test func `ErrorHandler answers every method with its status`() throws {
    try serving([URLSpec("/gone", ErrorHandler.self, ["status": 410]), URLSpec("/", ErrorHandler.self)]) {
      server in
      for method in ["GET", "POST", "DELETE"] {
        #expect(try await server.fetch(method, "/gone").status == 410)
      }
      let response = try await server.fetch("GET", "/")
      #expect(response.status == 404)
    }
  }
}
