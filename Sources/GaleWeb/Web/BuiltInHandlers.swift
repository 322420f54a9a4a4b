// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleHTTP
import GaleWire

/// Answers every request with one status: Tornado's `ErrorHandler`.
///
/// Argument: `status` (Int).
public final class ErrorHandler: RequestHandler {
  private var errorStatus = 404

  public override func initialize(_ arguments: HandlerArguments) throws {
    errorStatus = arguments["status"] as? Int ?? 404
  }

  public override func prepare() async throws { throw HTTPError(errorStatus) }

  /// Nothing: a POST to a path that does not exist is 404, not 403.
  public override func checkXSRFCookie() throws {}
}

/// Answers `OPTIONS *`: what the server as a whole can do (RFC 9110, section 9.3.7).
final class ServerOptionsHandler: RequestHandler {
  override func options() async throws {
    setStatus(204)
    try setHeader("Allow", "GET, HEAD, POST, DELETE, PATCH, PUT, OPTIONS")
  }
}

/// Sends GET requests elsewhere: Tornado's `RedirectHandler`.
///
/// Arguments: `url` (String), in which `{0}`, `{1}` … and `{name}` stand for the groups of the route's
/// pattern; `permanent` (Bool, default `true`). The query is kept. Scheme and host come from `url`
/// alone: a path argument that would change them is refused with 400.
public final class RedirectHandler: RequestHandler {
  private var url = ""
  private var permanent = true

  public override func initialize(_ arguments: HandlerArguments) throws {
    guard let url = arguments["url"] as? String else { throw HTTPError(500, "RedirectHandler needs a url") }
    self.url = url
    permanent = arguments["permanent"] as? Bool ?? true
  }

  public override class var allowedMethods: [String] { ["GET"] }

  public override func get() async throws {
    var target = try fill(url)
    guard RedirectHandler.keepsOrigin(of: url, target) else {
      throw HTTPError(400, "Redirect to another site")
    }
    let query = request.query
    if !query.isEmpty { target += (target.contains("?") ? "&" : "?") + query }
    try redirect(to: target, permanent: permanent)
  }

  private func fill(_ template: String) throws -> String {
    var result = ""
    var rest = template[...]
    while let open = rest.firstIndex(of: "{") {
      guard let close = rest[open...].firstIndex(of: "}") else { break }
      result += rest[..<open]
      let name = String(rest[rest.index(after: open)..<close])
      let value = try Int(name).map { try $0 < captures.count ? pathArgument($0) : nil } ?? pathArgument(name)
      result += value ?? ""
      rest = rest[rest.index(after: close)...]
    }
    return result + rest
  }

  /// Whether a browser goes to the site that the template names, or stays on this one.
  static func keepsOrigin(of template: String, _ target: String) -> Bool {
    guard let scheme = template.range(of: "://") else { return isLocalRedirectTarget(target) }
    // The authority of the template must be whole and fixed, and end where it ends in the template.
    let afterScheme = template[scheme.upperBound...]
    let authority = afterScheme.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    let prefix = template[..<authority.endIndex]
    guard !prefix.contains("{"), !authority.isEmpty, target.hasPrefix(prefix) else { return false }
    guard !target.utf8.contains(where: { $0 < 0x20 || $0 == 0x5C || $0 == 0x7F }) else { return false }
    let rest = target[prefix.endIndex...]
    return rest.isEmpty || rest.hasPrefix("/") || rest.hasPrefix("?") || rest.hasPrefix("#")
  }
}

/// Names the route to something that answers requests by itself, like Tornado's `FallbackHandler`.
///
/// Argument: `fallback`, an ``/GaleHTTP/HTTPServerConnectionDelegate``.
///
/// ```swift
/// URLSpec("/environ.*", FallbackHandler.self, ["fallback": WSGIContainer(application)])
/// ```
public final class FallbackHandler: RequestHandler {
  public override func prepare() async throws {
    throw HTTPError(500, "FallbackHandler needs a fallback")
  }
}

extension String {
  /// Where `text` first stands.
  func range(of text: String) -> Range<String.Index>? {
    var at = startIndex
    while at < endIndex {
      if self[at...].hasPrefix(text), let end = index(at, offsetBy: text.count, limitedBy: endIndex) {
        return at..<end
      }
      at = index(after: at)
    }
    return nil
  }
}
