// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore

/// A `Content-Security-Policy`: from where a page may load what, directive by directive.
///
/// ```swift
/// var policy = ContentSecurityPolicy()
/// policy["default-src"] = [.same]
/// policy["script-src"] = [.nonce, "https://cdn.example.com"]
/// ```
///
/// With `.nonce` each answer has a nonce of its own, ``RequestHandler/contentSecurityNonce``, which the page repeats in
/// `<script nonce="…">`.
public struct ContentSecurityPolicy: Sendable, Hashable {
  /// A source: a keyword, a scheme as `"https:"`, a host, or a hash.
  public struct Source: Sendable, Hashable, ExpressibleByStringLiteral {
    let text: String

    /// A source as the policy writes it.
    public init(stringLiteral value: String) { text = value }

    /// `'self'`: the page's own origin.
    public static let same: Source = "'self'"
    /// `'none'`: nothing.
    public static let none: Source = "'none'"
    /// `'strict-dynamic'`: whatever a trusted script loads.
    public static let strictDynamic: Source = "'strict-dynamic'"
    /// `'unsafe-inline'`: what stands in the page itself.
    public static let unsafeInline: Source = "'unsafe-inline'"
    /// `'unsafe-eval'`: code that scripts make of text.
    public static let unsafeEval: Source = "'unsafe-eval'"
    /// `data:` URLs.
    public static let data: Source = "data:"
    /// What carries the nonce of this answer.
    public static let nonce: Source = "'nonce'"
  }

  /// Whether browsers only report what they would have kept from loading.
  public var isReportOnly: Bool
  private var directives: [(name: String, sources: [Source])] = []

  /// A policy without directives, which forbids nothing.
  public init(isReportOnly: Bool = false) { self.isReportOnly = isReportOnly }

  /// `default-src 'self'`, no plug-ins, no `<base>` and no frames of other sites.
  public static var sameOrigin: ContentSecurityPolicy {
    var policy = ContentSecurityPolicy()
    policy["default-src"] = [.same]
    policy["object-src"] = [.none]
    policy["base-uri"] = [.none]
    policy["frame-ancestors"] = [.same]
    return policy
  }

  /// The sources of a directive; `nil` for one that is not there.
  public subscript(directive: String) -> [Source]? {
    get { directives.first { $0.name == directive }?.sources }
    set {
      let index = directives.firstIndex { $0.name == directive }
      guard let sources = newValue else {
        if let index { directives.remove(at: index) }
        return
      }
      for text in [directive] + sources.map(\.text) {
        let isPlain = text.utf8.allSatisfy {
          (0x21...0x7E).contains($0) && $0 != ASCII.semicolon && $0 != 0x2C
        }
        precondition(
          isPlain && !directive.isEmpty, "a directive or source holds no space, comma or semicolon")
      }
      if let index { directives[index].sources = sources } else { directives.append((directive, sources)) }
    }
  }

  var usesNonce: Bool { directives.contains { $0.sources.contains(.nonce) } }

  var fieldName: String {
    isReportOnly ? "Content-Security-Policy-Report-Only" : "Content-Security-Policy"
  }

  func text(nonce: String?) -> String {
    let parts = directives.map { directive in
      let sources = directive.sources.map { $0 == .nonce ? "'nonce-\(nonce ?? "")'" : $0.text }
      return ([directive.name] + sources).joined(separator: " ")
    }
    return parts.joined(separator: "; ")
  }

  /// Whether both say the same.
  public static func == (left: Self, right: Self) -> Bool {
    left.isReportOnly == right.isReportOnly && left.text(nonce: nil) == right.text(nonce: nil)
  }

  /// Mixes in what it says.
  public func hash(into hasher: inout Hasher) { hasher.combine(text(nonce: nil)) }
}

/// Under which a request keeps its nonce.
private enum NonceKey: HandlerKey { typealias Value = String }

extension RequestHandler {
  /// 128 random bits in base64, the same for the whole of this request: what `<script nonce="…">` repeats when the
  /// ``ContentSecurityPolicy`` around the handler has `.nonce`.
  public var contentSecurityNonce: String {
    if let nonce = self[NonceKey.self] { return nonce }
    var random = SystemRandomNumberGenerator()
    var text = ""
    let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
    // 22 digits of 6 bits; two of the last one's are not needed.
    var bits: (UInt64, UInt64) = (random.next(), random.next())
    for _ in 0..<22 {
      text.append(digits[Int(bits.0 & 63)])
      bits.0 = bits.0 >> 6 | bits.1 << 58
      bits.1 >>= 6
    }
    self[NonceKey.self] = text + "=="
    return text + "=="
  }
}
