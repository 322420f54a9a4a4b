// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

public import GaleHTTP

/// One route: a pattern and what answers the paths that match it.
///
/// Tornado's `URLSpec` (`url`).
public struct URLSpec: Sendable {
  enum Target: Sendable {
    case handler(RequestHandler.Type, HandlerArguments)
    case delegate(any HTTPServerConnectionDelegate)
    case mount(any HTTPServerConnectionDelegate, prefixCount: Int)
  }

  /// A regular expression that must match the whole path, percent escapes and all.
  ///
  /// Its groups become the handler's path arguments.
  public let pattern: String
  /// The name for ``Application/reverseURL(_:_:)``.
  public let name: String?
  let target: Target

  /// A route to handlers of a class.
  /// - Parameters:
  ///   - pattern: The regular expression that the whole path must match.
  ///   - handler: The class; each request gets an object of it.
  ///   - arguments: Given to ``RequestHandler/initialize(_:)``.
  ///   - name: For ``Application/reverseURL(_:_:)``.
  public init(
    _ pattern: String, _ handler: RequestHandler.Type, _ arguments: HandlerArguments = [:],
    name: String? = nil
  ) {
    self.pattern = pattern
    self.name = name
    if handler == FallbackHandler.self,
      let fallback = arguments["fallback"] as? any HTTPServerConnectionDelegate
    {
      target = .delegate(fallback)
    } else {
      target = .handler(handler, arguments)
    }
  }

  /// A route to whatever answers requests by itself: another application, a WSGI container.
  public init(_ pattern: String, _ delegate: any HTTPServerConnectionDelegate, name: String? = nil) {
    self.pattern = pattern
    self.name = name
    target = .delegate(delegate)
  }

  /// Everything at and below `path` goes to `delegate`, which sees the rest of the path: a WSGI
  /// application finds `path` in `SCRIPT_NAME` and what follows in `PATH_INFO`.
  /// - Parameters:
  ///   - path: Begins with a slash and does not end with one; empty for everything.
  ///   - delegate: What answers the requests.
  public static func mount(_ path: String, _ delegate: any HTTPServerConnectionDelegate) -> URLSpec {
    precondition(path.isEmpty || path.hasPrefix("/") && !path.hasSuffix("/"), "a mount path looks like /app")
    return URLSpec(mount: path, delegate)
  }

  private init(mount path: String, _ delegate: any HTTPServerConnectionDelegate) {
    pattern = PathPattern.escape(path) + "(?:/.*)?"
    name = nil
    target = .mount(delegate, prefixCount: path.utf8.count)
  }
}
