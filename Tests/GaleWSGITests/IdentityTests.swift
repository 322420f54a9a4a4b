// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleHTTP
import GaleWeb
import Synchronization
import Testing

/// Says who the user is, as a login wall does.
private struct Introduction: Middleware {
  func handle(_ handler: RequestHandler, next: Next) async throws {
    handler.request.changeFields(
      removing: { $0.count == 16 },
      adding: [(name: Array("X-Forwarded-User".utf8), value: Array("ann é".utf8))])
    handler.request.gateway = GatewayFacts(
      identity: "ann",
      variables: [
        ("REMOTE_USER", "ann é"), ("AUTH_TYPE", "OpenIDConnect"), ("gale.claims", "{\"name\": \"é\"}"),
      ])
    try await next()
  }
}

/// Says of each user what it said the first time.
private final class ManyUsers: Middleware {
  private let known = Mutex<[String: GatewayFacts]>([:])

  func handle(_ handler: RequestHandler, next: Next) async throws {
    let name = handler.request.query
    handler.request.gateway = known.withLock { known in
      let facts = known[name] ?? GatewayFacts(identity: name, variables: [("REMOTE_USER", name)])
      known[name] = facts
      return facts
    }
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

    @Test("however many there are, each is told apart, and known again", arguments: TestLane.allCases)
    func many(_ lane: TestLane) throws {
      let port = try TestServer.port(lane, middleware: ManyUsers())
      for _ in 0..<2 {
        for number in 0..<150 {
          let page = try RawClient.get(port, "/app/environ?user\(number)")
          #expect(page.text.contains("\"REMOTE_USER\": \"user\(number)\""))
        }
      }
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
