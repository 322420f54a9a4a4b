// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

public import GaleHTTP

/// One route: a path and what answers the requests for it.
///
/// Tornado's `URLSpec` (`url`).
public struct URLSpec: Sendable {
  enum Target: Sendable {
    case handler(RequestHandler.Type, HandlerArguments)
    case closure(ClosureRoute)
    case delegate(any HTTPServerConnectionDelegate)
    case mount(any HTTPServerConnectionDelegate, prefixCount: Int)
    case group([URLSpec])
    /// Tried in their order; a request that none of them takes goes on.
    case routes([URLSpec])
  }

  enum Path: Sendable {
    /// A regular expression.
    case pattern(String)
    /// With parameters in braces.
    case template(String)
    /// Literal, and everything below it.
    case mount(String)
  }

  let path: Path
  /// The name for ``Application/reverseURL(_:_:)``.
  public let name: String?
  let target: Target
  /// `nil` for all.
  let methods: MethodSet?
  /// Around the target, outermost first.
  var middleware: [any Middleware] = []
  /// What else must hold.
  private(set) var matcher: (any Matcher)?

  /// The path as it was written: a regular expression, or a path with parameters in braces.
  public var pattern: String {
    switch path {
    case .pattern(let text), .template(let text), .mount(let text): text
    }
  }

  init(path: Path, name: String? = nil, target: Target, methods: MethodSet? = nil) {
    self.path = path
    self.name = name
    self.target = target
    self.methods = methods
  }

  /// A route to handlers of a class.
  /// - Parameters:
  ///   - pattern: A regular expression that the whole path must match, percent escapes and all. Its groups become the
  ///     handler's path arguments.
  ///   - handler: The class; each request gets an object of it.
  ///   - arguments: Given to ``RequestHandler/initialize(_:)``.
  ///   - name: For ``Application/reverseURL(_:_:)``.
  public init(
    _ pattern: String, _ handler: RequestHandler.Type, _ arguments: HandlerArguments = [:],
    name: String? = nil
  ) {
    self.init(path: .pattern(pattern), handler, arguments, name)
  }

  /// A route to handlers of a class, by a path with parameters in braces, as ``MethodRoute`` has them.
  ///
  /// A part that does not convert to the type that the path names does not match.
  public init(
    path: String, _ handler: RequestHandler.Type, _ arguments: HandlerArguments = [:], name: String? = nil
  ) {
    self.init(path: .template(path), handler, arguments, name)
  }

  private init(
    path: Path, _ handler: RequestHandler.Type, _ arguments: HandlerArguments, _ name: String?
  ) {
    if handler == FallbackHandler.self,
      let fallback = arguments["fallback"] as? any HTTPServerConnectionDelegate
    {
      self.init(path: path, name: name, target: .delegate(fallback))
    } else {
      self.init(path: path, name: name, target: .handler(handler, arguments))
    }
  }

  /// A route to whatever answers requests by itself: another application, a WSGI container.
  public init(_ pattern: String, _ delegate: any HTTPServerConnectionDelegate, name: String? = nil) {
    self.init(path: .pattern(pattern), name: name, target: .delegate(delegate))
  }

  /// A route to routes for some hosts, or whatever else `matcher` says: Tornado's rules with a list as their target.
  ///
  /// What none of `routes` takes goes to the next route.
  public init(_ matcher: any Matcher, _ routes: [URLSpec]) {
    self.init(path: .pattern(".*"), target: .routes(routes))
    self.matcher = matcher
  }

  /// A route to whatever answers requests by itself, for requests that `matcher` takes.
  public init(_ matcher: any Matcher, _ delegate: any HTTPServerConnectionDelegate) {
    self.init(path: .pattern(".*"), target: .delegate(delegate))
    self.matcher = matcher
  }

  /// The same route, or group of routes, for requests that `matcher` takes, too.
  public func when(_ matcher: any Matcher) -> URLSpec {
    var route = self
    route.matcher = both(self.matcher, matcher)
    return route
  }

  /// Everything at and below `path` goes to `delegate`, which sees the rest of the path: a WSGI
  /// application finds `path` in `SCRIPT_NAME` and what follows in `PATH_INFO`.
  /// - Parameters:
  ///   - path: Begins with a slash and does not end with one; empty for everything.
  ///   - delegate: What answers the requests.
  public static func mount(_ path: String, _ delegate: any HTTPServerConnectionDelegate) -> URLSpec {
    precondition(path.isEmpty || path.hasPrefix("/") && !path.hasSuffix("/"), "a mount path looks like /app")
    return URLSpec(path: .mount(path), target: .mount(delegate, prefixCount: path.utf8.count))
  }

  /// Routes below a common path, which may have parameters: those come before the routes' own.
  ///
  /// The routes stand in the table where the group stands, in their order.
  /// - Parameters:
  ///   - prefix: Begins with a slash and does not end with one; empty to share nothing but middleware.
  ///   - routes: With paths that begin with a slash, or empty ones for `prefix` itself.
  public static func group(_ prefix: String, _ routes: [URLSpec]) -> URLSpec {
    precondition(
      prefix.isEmpty || prefix.hasPrefix("/") && !prefix.hasSuffix("/"), "a group's prefix looks like /api")
    return URLSpec(path: .template(prefix), target: .group(routes))
  }

  /// The same route, or group of routes, with `middleware` around it: the first is the outermost.
  ///
  /// What was added before stays inside of it. A ``Router`` with middleware around it answers all requests that its route
  /// matches: whether it has an answer is only known inside.
  public func through(_ middleware: any Middleware...) -> URLSpec {
    var copy = self
    copy.middleware = middleware + self.middleware
    return copy
  }
}

/// What both say; each may be missing.
func both(_ first: (any Matcher)?, _ second: (any Matcher)?) -> (any Matcher)? {
  guard let first, let second else { return first ?? second }
  return RequestMatches { first.matches($0) && second.matches($0) }
}
