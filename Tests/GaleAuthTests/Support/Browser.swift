// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Auth

import GaleHTTP
import GaleTesting
import GaleWire

@testable import GaleAuth

/// A client that keeps cookies as a browser does, and follows nothing by itself.
final class Browser {
  let server: HTTPTestServer
  var cookies: [String: String] = [:]
  /// The attributes of the cookies that came, by name.
  var attributes: [String: String] = [:]

  init(_ server: HTTPTestServer) { self.server = server }

  /// The names of the cookies of logins under way.
  var attempts: [String] { cookies.keys.filter { $0.hasPrefix("gale_login_") } }

  @discardableResult
  func get(_ path: String, _ headers: [(String, String)] = [("Accept", "text/html")]) async throws
    -> HTTPResponse
  {
    try await send(HTTPRequest(path), headers)
  }

  @discardableResult
  func post(_ path: String, _ form: String = "", _ headers: [(String, String)] = []) async throws
    -> HTTPResponse
  {
    try await send(
      HTTPRequest(path, method: "POST", body: .text(form)),
      [("Content-Type", "application/x-www-form-urlencoded")] + headers)
  }

  private func send(_ request: HTTPRequest, _ headers: [(String, String)]) async throws -> HTTPResponse {
    var request = request
    for (name, value) in headers { try request.headers.add(name, value) }
    if !cookies.isEmpty {
      try request.headers.add(
        "Cookie", cookies.sorted { $0.key < $1.key }.map { "\($0)=\($1)" }.joined(separator: "; "))
    }
    request.followsRedirects = false
    let response = try await server.fetch(request)
    for field in response.headers.values("Set-Cookie") { keep(field) }
    return response
  }

  private func keep(_ field: String) {
    let parts = field.split(separator: ";", maxSplits: 1)
    let pair = parts[0].split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    // Quotes are the server's way to write some characters; it reads the value without them, too.
    let (name, value) = (String(pair[0]), String(pair[1].filter { $0 != "\"" }))
    attributes[name] = parts.count > 1 ? String(parts[1]) : ""
    cookies[name] = value.isEmpty ? nil : value  // What is cleared is empty.
  }
}

extension HTTPResponse {
  /// Where a redirect leads.
  var location: String { headers["Location"] ?? "" }
}

extension String {
  /// The arguments of a URL.
  var query: [String: String] {
    guard let mark = firstIndex(of: "?") else { return [:] }
    let fields = FormText.decode(Array(self[index(after: mark)...].utf8)) ?? []
    return Dictionary(fields.map { ($0.name, $0.value) }) { $1 }
  }
}

#endif
