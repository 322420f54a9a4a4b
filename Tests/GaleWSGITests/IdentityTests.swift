// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleHTTP
import GaleWeb
import Testing

/// Says who the user is, as a login wall does.
private struct Introduction: Middleware {
  func handle(_ handler: RequestHandler, next: Next) async throws {
    handler.request.changeFields(
      removing: { $0.count == 16 }, adding: [(name: "X-Forwarded-User", value: "ann é")])
    handler.request.gateway = GatewayFacts(
      identity: "ann",
      variables: [
        ("REMOTE_USER", "ann é"), ("AUTH_TYPE", "OpenIDConnect"), ("gale.claims", "{\"name\": \"é\"}"),
      ])
    try await next()
  }
}

extension GaleWSGITests {
  @Suite("who the user is, for Python (OID-043)")
  struct IdentityTests {
    @Test("the environ has what the gateway says, and not what the client says", arguments: TestLane.allCases)
    func variables(_ lane: TestLane) throws {
      let port = try TestServer.port(lane, middleware: Introduction())
      let page = try RawClient.get(port, "/app/environ", headers: "X-Forwarded-User: root\r\n")
      #expect(page.status == 200)
      // Texts of CGI are bytes in disguise (PEP 3333), and what has a dot in its name is ours.
      let disguised = "ann \\u00c3\\u00a9"
      #expect(page.text.contains("\"REMOTE_USER\": \"\(disguised)\""))
      #expect(page.text.contains("\"HTTP_X_FORWARDED_USER\": \"\(disguised)\""))
      #expect(page.text.contains("\"AUTH_TYPE\": \"OpenIDConnect\""))
      #expect(page.text.contains("\"gale.claims\": \"{\\\"name\\\": \\\"\\u00e9\\\"}\""))
      #expect(!page.text.contains("root"))
    }

    @Test("without a gateway there is none", arguments: TestLane.allCases)
    func nobody(_ lane: TestLane) throws {
      let port = try TestServer.port("torture:app", lane)
      let page = try RawClient.get(port, "/environ", headers: "X-Forwarded-User: root\r\n")
      #expect(!page.text.contains("REMOTE_USER"))
      #expect(page.text.contains("\"HTTP_X_FORWARDED_USER\": \"root\""))
    }
  }
}
#endif
