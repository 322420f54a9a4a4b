// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleHTTP
import GaleLoop
import GaleWire

/// Adds to every answer the fields with which browsers are told to be careful; a field that the handler has set stays.
///
/// By default `X-Content-Type-Options: nosniff`, `Referrer-Policy: strict-origin-when-cross-origin` and
/// `X-Frame-Options: SAMEORIGIN`. The others are to be chosen.
public struct SecurityHeaders: Middleware {
  /// For how long browsers come back by HTTPS alone (RFC 6797).
  public struct StrictTransportSecurity: Sendable, Hashable {
    /// Counted from each answer.
    public var maxAge: Duration
    /// Whether it holds for hosts below this one too.
    public var includesSubdomains: Bool
    /// Whether browsers may know it before they have been here, which is hard to take back.
    public var preload: Bool

    /// Creates the rule.
    public init(
      maxAge: Duration = .seconds(365 * 86400), includesSubdomains: Bool = false, preload: Bool = false
    ) {
      self.maxAge = maxAge
      self.includesSubdomains = includesSubdomains
      self.preload = preload
    }

    var text: String {
      let parts = ["max-age=\(maxAge.components.seconds)", includesSubdomains ? "includeSubDomains" : nil]
      return (parts + [preload ? "preload" : nil]).compactMap { $0 }.joined(separator: "; ")
    }
  }

  /// Who may show a page in a frame.
  public enum FrameOptions: String, Sendable, Hashable {
    /// Nobody.
    case deny = "DENY"
    /// Pages of the same origin.
    case sameOrigin = "SAMEORIGIN"
  }

  /// Only sent over HTTPS.
  public var strictTransportSecurity: StrictTransportSecurity?
  /// Whether browsers are to take the type of the content as it is said.
  public var forbidsSniffing = true
  /// What other sites learn of the page that led to them; `nil` to leave it to the browser.
  public var referrerPolicy: String? = "strict-origin-when-cross-origin"
  /// See ``FrameOptions``.
  public var frameOptions: FrameOptions? = .sameOrigin
  /// What a page may load.
  public var contentSecurityPolicy: ContentSecurityPolicy?
  /// What of the browser a page may use: the value of `Permissions-Policy`.
  public var permissionsPolicy: String?

  /// The defaults above.
  public init() {}

  /// Adds the fields.
  public func handle(_ handler: RequestHandler, next: Next) async throws {
    handler.request.onResponseHead { [self, unowned handler] _, headers in
      for (name, value) in fields(for: handler) where !headers.contains(name) { headers.put(name, value) }
    }
    try await next()
  }

  private func fields(for handler: RequestHandler) -> [(String, String)] {
    var fields: [(String, String)] = []
    if let strictTransportSecurity, handler.request.protocol == "https" {
      fields.append(("Strict-Transport-Security", strictTransportSecurity.text))
    }
    if forbidsSniffing { fields.append(("X-Content-Type-Options", "nosniff")) }
    if let referrerPolicy { fields.append(("Referrer-Policy", referrerPolicy)) }
    if let frameOptions { fields.append(("X-Frame-Options", frameOptions.rawValue)) }
    if let permissionsPolicy { fields.append(("Permissions-Policy", permissionsPolicy)) }
    if let policy = contentSecurityPolicy {
      let nonce = policy.usesNonce ? handler.contentSecurityNonce : nil
      fields.append((policy.fieldName, policy.text(nonce: nonce)))
    }
    return fields
  }
}
