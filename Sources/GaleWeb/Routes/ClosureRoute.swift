// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleHTTP
import GaleWire

/// What a route to a closure does.
struct ClosureRoute: Sendable {
  typealias Answer = @Sendable (RequestHandler) async throws -> Void

  /// Of the closure's parameters, in order.
  let types: [any PathParameter.Type]
  let streamsBody: Bool
  /// Gives the closure its parameters; `nil` when a part of the path is not what it must be.
  let bind: @Sendable (HTTPServerRequest, PathCaptures) -> Answer?

  init<each P: PathParameter>(
    streamsBody: Bool, _ answer: @escaping @Sendable (RequestHandler, repeat each P) async throws -> Void
  ) {
    var types: [any PathParameter.Type] = []
    repeat types.append((each P).self)
    self.types = types
    self.streamsBody = streamsBody
    bind = { request, captures in
      var next = 0
      func value<T: PathParameter>(_ type: T.Type) throws -> T {
        defer { next += 1 }
        guard let text = request.pathText(next, captures), let value = T(pathParameter: text) else {
          throw Unconvertible()
        }
        return value
      }
      guard let values = try? (repeat value((each P).self)) else { return nil }
      return { handler in try await answer(handler, repeat each values) }
    }
  }

  /// A closure without parameters, which needs nothing bound.
  init(streamsBody: Bool, plain answer: @escaping Answer) {
    types = []
    self.streamsBody = streamsBody
    bind = { _, _ in answer }
  }

  private struct Unconvertible: Error {}
}

extension HTTPServerRequest {
  /// What a group of the pattern matched, percent-decoded; `nil` when it took no part or is not UTF-8.
  func pathText(_ index: Int, _ captures: PathCaptures) -> String? {
    guard index < captures.count, let bytes = withPath({ captures.decoded(index, in: $0) }) else {
      return nil
    }
    return String(validating: bytes, as: UTF8.self)
  }
}

/// Answers with the closure of its route, whatever the method.
class ClosureHandler: RequestHandler {
  var answer: ClosureRoute.Answer?

  override func get() async throws { try await answer?(self) }
  override func head() async throws { try await answer?(self) }
  override func post() async throws { try await answer?(self) }
  override func put() async throws { try await answer?(self) }
  override func patch() async throws { try await answer?(self) }
  override func delete() async throws { try await answer?(self) }
  override func options() async throws { try await answer?(self) }
  override func other(method: String) async throws { try await answer?(self) }

  /// The route has looked at the method already.
  override func knowsMethod() -> Bool { true }
}

/// The same for closures that take the body in pieces.
final class StreamingClosureHandler: ClosureHandler {
  override class var pullsRequestBody: Bool { true }
}

/// Answers requests whose path has routes, but none for their method.
final class MethodNotAllowedHandler: RequestHandler {
  var allowed: [String] = []

  override func knowsMethod() -> Bool { true }

  override func allowedMethodNames() -> [String] { allowed }

  /// Nothing is done for these requests.
  override func checkXSRFCookie() {}

  override func prepare() async throws { if request.head.methodKind != .options { throw HTTPError(405) } }

  override func options() async throws {
    setStatus(204)
    try setHeader("Allow", allowed.joined(separator: ", "))
  }
}
