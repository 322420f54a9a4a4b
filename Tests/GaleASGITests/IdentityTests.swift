// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleCore
import GaleHTTP
import GaleLoop
import GaleTesting
import GaleWire
import Testing

@testable import GaleASGI

/// Says who the user is, as a login wall does.
private final class Introduction: HTTPServerConnectionDelegate {
  private let target: any HTTPServerConnectionDelegate

  init(_ target: any HTTPServerConnectionDelegate) { self.target = target }

  func startRequest(_ request: HTTPServerRequest) -> any HTTPMessageDelegate {
    if request.path != "/nobody" {
      request.gateway = GatewayFacts(
        identity: "ann",
        variables: [
          ("REMOTE_USER", "ann \u{e9}"), ("AUTH_TYPE", "OpenIDConnect"),
          ("gale.claims", #"{"name": "\u00e9", "groups": ["a"]}"#), ("gale.more", "1"),
        ])
    }
    return target.startRequest(request)
  }
}

extension GaleASGITests {
  @Suite("ASGI: who the user is (OID-043)", .loop(timeLimit: .seconds(60)))
  struct IdentityTests {
    private static let text = """
      async def app(scope, receive, send):
          text = json.dumps(scope["extensions"])
          if scope["type"] == "http":
              return await answer(send, text.encode())
          await receive()
          await send({"type": "websocket.accept"})
          await send({"type": "websocket.send", "text": text})
      """

    @Test(arguments: [false, true]) func `the scope has what the gateway says`(_ isWebSocket: Bool)
      async throws
    {
      let container = try GaleASGITests.container(GaleASGITests.answer + Self.text)
      let server = try HTTPTestServer(Introduction(container))
      func extensions(_ path: String) async throws -> JSONValue {
        guard isWebSocket else { return try jsonDecode(try await server.fetch(path).body) }
        let client = try await webSocketConnect("ws://127.0.0.1:\(server.port)\(path)", on: server.loop)
        return try jsonDecode(try #require(try await client.readMessage()).bytes)
      }
      let wanted: JSONValue = [
        "user": "ann \u{e9}", "type": "OpenIDConnect", "claims": ["name": "\u{e9}", "groups": ["a"]],
        "gale.more": "1",
      ]
      #expect(try await extensions("/")["gale.login"] == wanted)
      // What one request has stays with it.
      let nobody = try await extensions("/nobody")
      #expect(nobody["gale.login"] == nil)
      #expect(nobody[isWebSocket ? "websocket.http.response" : "http.response.pathsend"] == [:])
    }
  }
}

#endif
