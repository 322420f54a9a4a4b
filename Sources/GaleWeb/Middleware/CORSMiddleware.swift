// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleHTTP
import GaleLoop
import GaleWire

/// Lets pages of other origins use what it stands around: Cross-Origin Resource Sharing, as the Fetch standard has it.
///
/// ```swift
/// .group("/api", […]).through(CORSMiddleware(origins: ["https://app.example.com"], allowsCredentials: true))
/// ```
///
/// A preflight request is answered here and goes no further, whether the route answers OPTIONS or not. Requests without
/// `Origin`, and those of other origins, go on without a field that would let a page read the answer: it is the browser
/// that keeps the answer from the page, so this is no replacement for authentication.
public struct CORSMiddleware: Middleware {
  /// Which origins may.
  public struct Origins: Sendable, ExpressibleByArrayLiteral {
    fileprivate enum Rule {
      case any
      case listed(Set<String>)
      case matching(@Sendable (String) -> Bool)
    }

    fileprivate let rule: Rule

    /// Every one; not together with credentials.
    public static let any = Origins(rule: .any)

    /// Those named, as browsers write them: `https://app.example.com`, without a slash at the end.
    public init(arrayLiteral elements: String...) { rule = .listed(Set(elements)) }

    /// Those for which `isAllowed` is true.
    public static func matching(_ isAllowed: @escaping @Sendable (_ origin: String) -> Bool) -> Origins {
      Origins(rule: .matching(isAllowed))
    }

    private init(rule: Rule) { self.rule = rule }

    fileprivate func allow(_ origin: String) -> Bool {
      switch rule {
      case .any: true
      case .listed(let origins): origins.contains(origin)
      case .matching(let isAllowed): isAllowed(origin)
      }
    }

    fileprivate var isAny: Bool { if case .any = rule { true } else { false } }
  }

  private let origins: Origins
  private let allowsCredentials: Bool
  private let methods: String
  /// `nil` to allow what is asked for.
  private let headers: String?
  private let exposedHeaders: String?
  private let maxAge: Int?

  /// Creates the rules.
  /// - Parameters:
  ///   - origins: Which origins may.
  ///   - methods: The methods that pages may use.
  ///   - headers: The request's fields that pages may set, beyond those that need no permission; `nil` for whatever they ask.
  ///   - exposedHeaders: The answer's fields that pages may read, beyond those that need no permission.
  ///   - allowsCredentials: Whether requests may carry cookies and the like.
  ///   - maxAge: How long browsers may remember a preflight; `nil` for as long as they like, five seconds as a rule.
  public init(
    origins: Origins, methods: [String] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
    headers: [String]? = nil, exposedHeaders: [String] = [], allowsCredentials: Bool = false,
    maxAge: Duration? = nil
  ) {
    precondition(
      !(origins.isAny && allowsCredentials),
      "credentials need origins that are named: any site could use them")
    self.origins = origins
    self.allowsCredentials = allowsCredentials
    self.methods = methods.joined(separator: ", ")
    self.headers = headers?.joined(separator: ", ")
    self.exposedHeaders = exposedHeaders.isEmpty ? nil : exposedHeaders.joined(separator: ", ")
    self.maxAge = maxAge.map { Int($0.components.seconds) }
  }

  /// Answers a preflight, and adds its fields to what is answered inside.
  public func handle(_ handler: RequestHandler, next: Next) async throws {
    let request = handler.request
    let origin = request.headers.first("Origin")
    let isAllowed = origin.map { origins.allow($0) } ?? false
    request.onResponseHead { [self] _, headers in
      // What is the same for every origin may be kept by caches for all of them.
      if !origins.isAny { headers.addVary("Origin") }
      guard isAllowed, let origin else { return }
      grant(origin, &headers)
      if let exposedHeaders { headers.put("Access-Control-Expose-Headers", exposedHeaders) }
    }
    guard isAllowed, let method = request.headers.first("Access-Control-Request-Method"),
      request.head.methodKind == .options
    else { return try await next() }
    try answerPreflight(handler, method, request.headers["Access-Control-Request-Headers"])
  }

  private func answerPreflight(_ handler: RequestHandler, _ method: String, _ asked: String?) throws {
    handler.setStatus(204)
    try handler.setHeader("Access-Control-Allow-Methods", methods)
    if let allowed = headers ?? asked, !allowed.isEmpty {
      try handler.setHeader("Access-Control-Allow-Headers", allowed)
    }
    if let maxAge { try handler.setHeader("Access-Control-Max-Age", "\(maxAge)") }
    if headers == nil { handler.headers.addVary("Access-Control-Request-Headers") }
    try handler.finish()
  }

  private func grant(_ origin: String, _ headers: inout HTTPHeaders) {
    headers.put("Access-Control-Allow-Origin", origins.isAny ? "*" : origin)
    if allowsCredentials { headers.put("Access-Control-Allow-Credentials", "true") }
  }
}

extension HTTPHeaders {
  /// Replaces a field by a value that is fit to stand in a header: it came from one, or was written in the program.
  mutating func put(_ name: String, _ value: String) {
    remove(name)
    append(uncheckedName: name.utf8, uncheckedValue: value.utf8)
  }
}
