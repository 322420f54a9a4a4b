// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

public import GaleHTTP
import GaleLoop
public import GaleWire

extension HTTPTestServer {
  /// Fetches a path of this server, or any URL: Tornado's `AsyncHTTPTestCase.fetch`.
  ///
  /// - Parameters:
  ///   - path: A path with its query, or an absolute URL.
  ///   - method: The method.
  ///   - headers: Fields to be sent.
  ///   - body: What is sent behind the header.
  ///   - raisesErrors: Whether an answer that is not 2xx is thrown.
  /// - Throws: ``/GaleHTTP/HTTPClientError``.
  public func fetch(
    _ path: String, method: String = "GET", headers: HTTPHeaders = HTTPHeaders(),
    body: HTTPRequestBody? = nil, raisesErrors: Bool = false
  ) async throws -> HTTPResponse {
    let request = HTTPRequest(path, method: method, headers: headers, body: body)
    return try await fetch(request, raisesErrors: raisesErrors)
  }

  /// Sends a request, whose URL may be a path of this server.
  ///
  /// It takes no longer than a test may, unless it says otherwise. The certificate of a server that made its own is trusted.
  /// - Throws: ``/GaleHTTP/HTTPClientError``.
  public func fetch(_ request: HTTPRequest, raisesErrors: Bool = false) async throws -> HTTPResponse {
    try await client.fetch(prepared(request), raisesErrors: raisesErrors)
  }

  /// A request to this server, for a client of one's own: with the whole URL, and the way to the server.
  public func prepared(_ request: HTTPRequest) -> HTTPRequest {
    var request = request
    request.url = url(request.url)
    if request.options.requestTimeout == nil { request.requestTimeout = asyncTestTimeout() }
    guard request.url.hasPrefix(url("")) else { return request }
    if address.isPath { request.address = address }
    #if TLS
    if request.options.tls == nil, let clientTLS { request.tls = clientTLS }
    #endif
    return request
  }
}
