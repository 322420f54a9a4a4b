// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Auth

import GaleCore
import GaleHTTP
import GaleWire

/// Requests to a provider, with limits: no redirect is followed, no answer is longer than it need be, none is waited for
/// for long.
struct AuthFetch: Sendable {
  /// Whose connections are used: Tornado's `get_auth_http_client`.
  var client: @Sendable () -> AsyncHTTPClient = { .current }
  /// Whether `http` URLs are asked: for tests and development only.
  var allowsInsecureHTTP = false
  var timeout = Duration.seconds(10)
  /// The most bytes of an answer.
  static let answerLimit = 256 * 1024

  /// Sends a request and returns its answer, whatever its status; a redirect is an error.
  func send(
    _ url: String, form: FormFields? = nil, headers: [(String, String)] = []
  ) async throws(AuthError) -> HTTPResponse {
    try await send(HTTPRequest(url), form: form, headers: headers)
  }

  /// As the other one, for a request that is begun.
  func send(
    _ request: HTTPRequest, form: FormFields? = nil, headers: [(String, String)] = []
  ) async throws(AuthError) -> HTTPResponse {
    var request = request
    let place = try AuthFetch.place(request.url, allowsInsecureHTTP)
    do {
      try request.headers.set("Accept", "application/json")
      if let form {
        request.method = "POST"
        request.body = .text(FormText.encode(form))
        try request.headers.set("Content-Type", "application/x-www-form-urlencoded")
      }
      for (name, value) in headers { try request.headers.set(name, value) }
    } catch {
      throw AuthError(.invalidConfiguration, "a header cannot be sent: \(error)")
    }
    request.followsRedirects = false
    request.requestTimeout = timeout
    request.connectTimeout = timeout
    request.maxBodySize = Self.answerLimit
    let response: HTTPResponse
    do {
      response = try await client().fetch(request, raisesErrors: false)
    } catch {
      throw AuthFetch.failure(error, place)
    }
    switch response.status {
    case 300...399: throw AuthError(.invalidResponse, "\(place) redirects, which is not followed")
    case 500...: throw AuthError(.providerUnavailable, "\(place) answers \(response.status)")
    default: return response
    }
  }

  /// The JSON object that a URL answers with status 200.
  func object(_ url: String, headers: [(String, String)] = []) async throws(AuthError) -> JSONValue {
    let response = try await send(url, headers: headers)
    guard response.status == 200 else {
      throw AuthError(.invalidResponse, "\(try AuthFetch.place(url, true)) answers \(response.status)")
    }
    return try AuthFetch.object(response)
  }

  /// The JSON object in an answer.
  static func object(_ response: HTTPResponse) throws(AuthError) -> JSONValue {
    guard let value = try? jsonDecode(response.body, depthLimit: 32), value.objectValue != nil else {
      throw AuthError(
        .invalidResponse, "\(try place(response.effectiveURL, true)) does not answer with a JSON object")
    }
    return value
  }

  /// Where a URL leads, without what may be secret in it.
  static func place(_ url: String, _ allowsInsecureHTTP: Bool) throws(AuthError) -> String {
    let parsed: HTTPClientURL
    do { parsed = try HTTPClientURL(url) } catch {
      throw AuthError(.invalidConfiguration, "not a URL of a provider: \(error.message)")
    }
    guard parsed.isSecure || allowsInsecureHTTP else {
      throw AuthError(.invalidConfiguration, "only https is asked, not \(parsed.authority)")
    }
    return "\(parsed.authority)\(parsed.target.prefix { $0 != "?" })"
  }

  private static func failure(_ error: any Error, _ place: String) -> AuthError {
    guard let error = error as? HTTPClientError else {
      return AuthError(.providerUnavailable, "\(place) was not asked to the end", underlyingError: error)
    }
    switch error.code {
    case .bodyTooLarge, .headersTooLarge, .invalidResponse, .invalidFraming, .invalidChunk,
      .invalidContentEncoding:
      return AuthError(
        .invalidResponse, "\(place) does not answer as it should: \(error.message)", underlyingError: error)
    default:
      return AuthError(
        .providerUnavailable, "\(place) is not there: \(error.message)", underlyingError: error)
    }
  }
}

#endif
