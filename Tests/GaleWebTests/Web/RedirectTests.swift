// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleHTTP
import GaleWeb
import Testing

@Suite("web: redirect")
struct RedirectTests {
  @Test(arguments: [
    (nil, false, 302), (nil, true, 301), (303, false, 303), (308, true, 308), (307, false, 307),
  ])
  func `sends the client elsewhere without a body`(_ status: Int?, _ permanent: Bool, _ sent: Int) throws {
    let route = URLSpec.to("/") { handler in
      try handler.redirect(to: "/there?a=1#b", permanent: permanent, status: status)
    }
    try serving([route]) { server in
      let response = try await server.fetch("GET", "/")
      #expect(response.status == sent)
      #expect(response["Location"] == "/there?a=1#b")
      #expect(response.body.isEmpty)
    }
  }

  @Test(arguments: [
    ("/ä/日本", "/%C3%A4/%E6%97%A5%E6%9C%AC"),
    ("http://example.com/é?q=ü", "http://example.com/%C3%A9?q=%C3%BC"),
    ("relative", "relative"), ("/%C3%A4", "/%C3%A4"), ("", ""),
  ])
  func `escapes what no header may hold`(_ url: String, _ location: String) throws {
    try serving([.to("/") { try $0.redirect(to: url) }]) { server in
      let response = try await server.fetch("GET", "/")
      #expect(response.status == 302)
      #expect(response["Location"] == location)
    }
  }

  @Test(arguments: ["/a\r\nX-Evil: 1", "/a\nX-Evil: 1", "/\u{0}", "/a\r\n\r\n<script>", "/\u{7F}"])
  func `refuses a URL that would become another header`(_ url: String) throws {
    try serving([.to("/") { try $0.redirect(to: url) }]) { server in
      let response = try await server.fetch("GET", "/")
      #expect(response.status == 500)
      #expect(response["Location"] == nil)
      #expect(response["X-Evil"] == nil)
    }
  }
}

@Suite("web: RedirectHandler")
struct RedirectHandlerTests {
  static let targets: [(pattern: String, url: String, path: String, location: String)] = [
    ("/old", "/new", "/old", "/new"),
    ("/old", "http://example.com/", "/old", "http://example.com/"),
    ("/old", "https://example.com", "/old", "https://example.com"),
    ("/old/(.*)", "/new/{0}", "/old/a/b", "/new/a/b"),
    ("/(a)/(b)", "/{1}/{0}", "/a/b", "/b/a"),
    ("/old/(?P<page>.*)", "/new/{page}.html", "/old/x", "/new/x.html"),
    ("/old", "/new", "/old?a=1&b=%20", "/new?a=1&b=%20"),
    ("/old", "/new?c=3", "/old?a=1", "/new?c=3&a=1"),
    ("/old/(.*)", "http://example.com/{0}", "/old/a?b=c", "http://example.com/a?b=c"),
    ("/old/(.*)", "/new/{0}", "/old/%C3%A9", "/new/%C3%A9"),
    ("/old/(.*)", "http://example.com/{0}", "/old//evil.com", "http://example.com//evil.com"),
    ("/old/(.*)", "/new/{0}", "/old//evil.com", "/new//evil.com"),
  ]

  @Test(arguments: targets)
  func `fills in the groups and keeps the query`(
    _ pattern: String, _ url: String, _ path: String, _ location: String
  ) throws {
    try serving([URLSpec(pattern, RedirectHandler.self, ["url": url])]) { server in
      let response = try await server.fetch("GET", path)
      #expect(response.status == 301)
      #expect(response["Location"] == location)
      #expect(try await server.fetch("POST", path).status == 405)
    }
  }

  @Test func `is temporary on demand`() throws {
    try serving([URLSpec("/", RedirectHandler.self, ["url": "/x", "permanent": false])]) { server in
      let response = try await server.fetch("GET", "/")
      #expect(response.status == 302)
    }
  }

  /// SEC: CVE-2026-116578, GHSA-5cjw-f85j-cv6r.
  static let attacks: [(pattern: String, url: String, path: String)] = [
    ("/a/(.*)", "/{0}", "/a//example.com/b"),
    ("/a/(.*)", "/{0}", "/a/%5Cexample.com/b"),
    ("/a/(.*)", "/{0}", "/a/%5c%5cexample.com/b"),
    ("/a/(.*)", "/{0}", "/a/%09/example.com/b"),
    ("/a/(.*)", "/{0}", "/a/%0a/example.com/b"),
    ("/a/(.*)", "/{0}", "/a/%0D%0AX-Evil:%201"),
    ("/a/(.*)", "/{0}", "/a/%2Fexample.com/b"),
    ("/a/(.*)", "/{0}", "/a/%2F%2Fexample.com/b"),
    ("/any(.*)", "/{0}", "/any/example.com"),
    ("/any(.*)", "/{0}", "/any////evil.com/"),
    ("/any/(.*)", "{0}", "/any////evil.com/"),
    ("/any(.*)", "{0}", "/any//evil.com/"),
    ("/any/(.*)", "{0}", "/any/https://evil.com"),
    ("/any/(.*)", "{0}", "/any/javascript:alert(1)"),
    ("/any/(.*)", "{0}", "/any/evil.com"),
    ("/moved(.*)", "https://example.com{0}", "/moved.evil.com"),
    ("/moved(.*)", "https://example.com{0}", "/moved@evil.com"),
    ("/moved(.*)", "https://example.com{0}", "/moved%40evil.com"),
    ("/moved(.*)", "https://example.com{0}", "/moved:80@evil.com/"),
    ("/moved(.*)", "https://example.com{0}", "/moved%5c@evil.com/"),
    ("/moved/(.*)", "https:{0}", "/moved///evil.com"),
    ("/moved/(.*)", "https:{0}", "/moved/evil.com"),
    ("/moved/(.*)", "https://{0}", "/moved/evil.com"),
    ("/moved/(.*)", "https://{0}/x", "/moved/evil.com"),
    ("/moved/(.*)", "{0}://example.com/", "/moved/javascript"),
    ("/moved/(.*)", "//{0}", "/moved/evil.com"),
    ("/a/(.*)", "http://example.com/{0}", "/a/%5cevil.com%09"),
  ]

  @Test(arguments: attacks)
  func `never leaves the site that its URL names`(_ pattern: String, _ url: String, _ path: String) throws {
    try serving([URLSpec(pattern, RedirectHandler.self, ["url": url])]) { server in
      let response = try await server.fetch("GET", path)
      #expect(response.status == 400)
      #expect(response["Location"] == nil)
      #expect(response["X-Evil"] == nil)
    }
  }

  @Test func `a group that is not UTF-8 is 400`() throws {
    try serving([URLSpec("/a/(.*)", RedirectHandler.self, ["url": "/{0}"])]) { server in
      let response = try await server.fetch("GET", "/a/%ff")
      #expect(response.status == 400)
    }
  }

  @Test func `without a URL is 500`() throws {
    try serving([URLSpec("/", RedirectHandler.self)]) { server in
      let response = try await server.fetch("GET", "/")
      #expect(response.status == 500)
    }
  }
}
