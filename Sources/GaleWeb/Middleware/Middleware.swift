// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleHTTP

/// Something that stands around handlers: it sees a request before its handler does, and its end.
///
/// ```swift
/// struct Maintenance: Middleware {
///   func handle(_ handler: RequestHandler, next: Next) async throws {
///     guard !isUnderRepair else { throw HTTPError(503) }
///     try await next()
///   }
/// }
/// ```
///
/// It stands around a whole application (`Application(_:middleware:settings:)`), a group or a single route
/// (``URLSpec/through(_:)``), whatever the route leads to: a class, a closure, or what is mounted, a WSGI application too.
///
/// - Before `next()` it may answer by itself: it writes with the handler and does not call `next`, or throws.
/// - What the handler throws comes out of `next()`, before there is an error page: it may be handled, changed, or passed on.
/// - After `next()` the answer is complete as a rule. To change its header, or that of an error page, ask for
///   ``/GaleHTTP/HTTPServerRequest/onResponseHead(_:)`` before; to hear of the end, ask for
///   ``/GaleHTTP/HTTPServerRequest/onEnd(_:)``.
/// - Values of a `TaskLocal` that are set around `next()` are seen by the handler.
///
/// The body of the request is there already, unless the handler takes it in pieces; then none of it was read, and none
/// will be if `next` is not called. Forms are parsed, and methods are looked at, inside.
public protocol Middleware: Sendable {
  /// Handles a request, as a rule by calling `next`.
  func handle(_ handler: RequestHandler, next: Next) async throws
}

/// The rest of the way of a request: further middleware, then its handler.
public struct Next {
  let handler: RequestHandler
  let pipeline: Pipeline
  let index: Int

  /// Goes on with the request; to be called once at the most.
  /// - Throws: What the handler, or the middleware before it, throws.
  public func callAsFunction() async throws { try await pipeline.run(handler, from: index) }
}

/// What stands around a route's target.
final class Pipeline: Sendable {
  private let middleware: [any Middleware]

  /// `nil` for none.
  init?(_ middleware: [any Middleware]) {
    guard !middleware.isEmpty else { return nil }
    self.middleware = middleware
  }

  func run(_ handler: RequestHandler, from index: Int = 0) async throws {
    guard index < middleware.count else {
      precondition(!handler.more.hasPassedMiddleware, "next() was called twice")
      handler.more.hasPassedMiddleware = true
      guard !handler.isFinished else { return }
      return try await handler.performTarget()
    }
    try await middleware[index].handle(
      handler, next: Next(handler: handler, pipeline: self, index: index + 1))
  }
}
