// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleHTTP
import GaleLoop
import GaleWire

@testable import GaleWeb

/// What a test's handler does.
struct SocketScript: Sendable {
  var open: (@Sendable (WebSocketHandler) async throws -> Void)?
  var message: @Sendable (WebSocketHandler, WebSocketMessage) async throws -> Void = { handler, message in
    try await handler.writeMessage(message)
  }
  var get: (@Sendable (WebSocketHandler) throws -> Void)?
  var close: (@Sendable (WebSocketHandler) -> Void)?
  var origins: [String]?
  var subprotocol: (@Sendable ([String]) -> String?)?
  var compression: WebSocketCompression?
  var versions = [7, 8, 13]
}

private final class ScriptedSocket: WebSocketHandler {
  private var script = SocketScript()

  override func initialize(_ arguments: HandlerArguments) throws {
    script = arguments["script"] as? SocketScript ?? SocketScript()
  }
  override func prepare() async throws {
    try setHeader("X-Prepared", "yes")
    try setCookie("seen", "1")
  }
  override func get() async throws {
    try script.get?(self)
    try await super.get()
  }
  override func open() async throws { try await script.open?(self) }
  override func onMessage(_ message: WebSocketMessage) async throws {
    try await script.message(self, message)
  }
  override func onClose() { script.close?(self) }
  override func checkOrigin(_ origin: String) -> Bool {
    script.origins?.contains(origin) ?? super.checkOrigin(origin)
  }
  override func selectSubprotocol(_ offered: [String]) -> String? {
    script.subprotocol?(offered) ?? super.selectSubprotocol(offered)
  }
  override var compressionOptions: WebSocketCompression? { script.compression }
  override var webSocketVersions: [Int] { script.versions }
}

/// Overrides nothing.
final class BareSocket: WebSocketHandler {}

extension URLSpec {
  static func socket(_ pattern: String = "/ws", _ script: SocketScript = SocketScript())
    -> URLSpec
  {
    URLSpec(pattern, ScriptedSocket.self, ["script": script])
  }
}

extension TestServer {
  func socket(
    _ path: String = "/ws", _ change: (inout WebSocketRequest) -> Void = { _ in },
    _ configuration: WebSocketConfiguration = WebSocketConfiguration()
  ) async throws -> WebSocketClientConnection {
    var request = WebSocketRequest("ws://127.0.0.1:\(server.addresses[0].port)\(path)")
    change(&request)
    return try await webSocketConnect(request, configuration: configuration, on: loop)
  }
}
