// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

public import GaleHTTP
import GaleWire

/// Finds what answers a request: Tornado's `Router`.
///
/// An ``Application`` is one, and asks others that its routes lead to: what they do not take goes to the next route. An
/// application that is a route without a ``Matcher`` answers 404 itself, with its own page. So does every router that has
/// ``Middleware`` around it, which must see the request before the router does anything with it.
public protocol Router: HTTPServerConnectionDelegate {
  /// What answers the request: Tornado's `find_handler`.
  /// - Returns: `nil` to leave it to others.
  func findHandler(_ request: HTTPServerRequest) -> (any HTTPMessageDelegate)?
}

extension Router {
  /// What answers the request; an empty 404 when nobody does.
  public func startRequest(_ request: HTTPServerRequest) -> any HTTPMessageDelegate {
    findHandler(request) ?? NobodyAnswers()
  }
}

/// A router whose routes have names: Tornado's `ReversibleRouter`.
public protocol ReversibleRouter: Router {
  /// The path of a named route: Tornado's `reverse_url`.
  /// - Returns: `nil` for a name that is unknown here.
  /// - Throws: ``RoutingError`` when the arguments do not fit.
  func findURL(_ name: String, _ arguments: [String]) throws -> String?
}

/// Answers 404 without a page.
private final class NobodyAnswers: HTTPMessageDelegate {
  func finish(_ request: HTTPServerRequest) {
    do {
      try request.writeHeaders(404, try HTTPHeaders([("Content-Length", "0")]))
      try request.finish()
    } catch {
      request.abort()
    }
  }
}

/// Says of a request whether a route is for it: Tornado's `Matcher`.
///
/// ```swift
/// URLSpec("/.*", OldHandler.self).when(RequestMatches { $0.headers["X-Version"] == "1" })
/// ```
public protocol Matcher: Sendable {
  /// Whether the route is for this request; only asked when its pattern matches.
  func matches(_ request: HTTPServerRequest) -> Bool
}

/// Matches everything: Tornado's `AnyMatches`.
public struct AnyMatches: Matcher {
  /// Creates the matcher.
  public init() {}
  /// Always.
  public func matches(_ request: HTTPServerRequest) -> Bool { true }
}

/// Matches the host that a request is addressed to: Tornado's `HostMatches`.
public struct HostMatches: Matcher {
  private let pattern: HostPattern

  /// - Parameter pattern: A regular expression that the whole name must match, in lower case and without the port.
  /// - Throws: ``RoutingError`` for a pattern that cannot be understood.
  public init(_ pattern: String) throws(RoutingError) { self.pattern = try HostPattern(pattern) }

  /// Whether the host matches.
  public func matches(_ request: HTTPServerRequest) -> Bool {
    let name = Array(request.hostName.utf8)
    return pattern.matches(name.span)
  }
}

/// Matches what a closure says.
public struct RequestMatches: Matcher {
  private let condition: @Sendable (HTTPServerRequest) -> Bool

  /// - Parameter condition: Called on the request's loop.
  public init(_ condition: @escaping @Sendable (HTTPServerRequest) -> Bool) { self.condition = condition }

  /// What the closure says.
  public func matches(_ request: HTTPServerRequest) -> Bool { condition(request) }
}
