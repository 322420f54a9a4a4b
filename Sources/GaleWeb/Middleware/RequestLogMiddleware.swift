// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

public import GaleHTTP
import GaleWire

/// What there is to say of a request that is over.
public struct RequestRecord: Sendable {
  /// The request's name in the log.
  public let id: RequestID
  /// As it was sent.
  public let method: String
  /// Without the query.
  public let path: String
  /// See ``RequestHandler/routePath``.
  public let routePath: String?
  /// The answer's status; 0 when the connection was gone before there was one.
  public let status: Int
  /// From the head of the request to the end of the answer.
  public let duration: Duration
  /// Bytes of the request's body that were announced, or collected.
  public let requestByteCount: Int
  /// Bytes of the answer's body.
  public let responseByteCount: Int
  /// The client's address.
  public let remoteIP: String

  init(_ request: HTTPServerRequest, routePath: String?) {
    id = request.id
    method = request.method
    path = request.path
    self.routePath = routePath
    status = request.responseStatus
    duration = request.requestTime
    requestByteCount = max(request.body.count, request.head.contentLength, 0)
    responseByteCount = request.responseByteCount
    remoteIP = request.remoteIP
  }
}

/// Calls a function at the end of each request that it stands around, whatever answered it.
///
/// For logs and statistics of one's own. The access log is another one: ``Application/Settings/logFunction``.
public struct RequestLogMiddleware: Middleware {
  private let log: @Sendable (RequestRecord) -> Void

  /// Creates the middleware.
  /// - Parameter log: Called on the request's loop, which waits for it.
  public init(_ log: @escaping @Sendable (RequestRecord) -> Void) { self.log = log }

  /// Has the end of the request told.
  public func handle(_ handler: RequestHandler, next: Next) async throws {
    let routePath = handler.routePath
    let log = log
    handler.request.onEnd { log(RequestRecord($0, routePath: routePath)) }
    try await next()
  }
}
