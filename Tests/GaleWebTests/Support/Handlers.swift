// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleHTTP
import GaleWeb

/// What a ``ScriptedHandler`` does.
struct Script: Sendable {
  typealias Step = @Sendable (RequestHandler) async throws -> Void

  var prepare: Step?
  var method: Step?
  var onFinish: (@Sendable (RequestHandler) -> Void)?
}

/// A handler whose parts are closures of the route, the same for all methods.
class ScriptedHandler: RequestHandler {
  private var script = Script()

  override func initialize(_ arguments: HandlerArguments) throws {
    guard let script = arguments["script"] as? Script else { throw HTTPError(500, "no script") }
    self.script = script
  }

  override func prepare() async throws { try await script.prepare?(self) }
  override func get() async throws { try await script.method?(self) }
  override func head() async throws { try await script.method?(self) }
  override func post() async throws { try await script.method?(self) }
  override func put() async throws { try await script.method?(self) }
  override func patch() async throws { try await script.method?(self) }
  override func delete() async throws { try await script.method?(self) }
  override func options() async throws { try await script.method?(self) }
  override func onFinish() { script.onFinish?(self) }
}

extension URLSpec {
  /// A route to a ``ScriptedHandler``, or to `handler`, which is one.
  static func to(
    _ pattern: String, handler: ScriptedHandler.Type = ScriptedHandler.self, name: String? = nil,
    prepare: Script.Step? = nil, onFinish: (@Sendable (RequestHandler) -> Void)? = nil,
    _ method: @escaping Script.Step
  ) -> URLSpec {
    let script = Script(prepare: prepare, method: method, onFinish: onFinish)
    return URLSpec(pattern, handler, ["script": script], name: name)
  }

  /// A route that answers with `text`.
  static func text(_ pattern: String, _ text: String, name: String? = nil) -> URLSpec {
    to(pattern, name: name) { $0.write(text) }
  }
}
