// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleHTTP
import GaleWire
public import Logging

/// Gives each request an id that its log lines carry, and the answer.
///
/// Log lines get it as `request-id`: those of ``RequestHandler/logger``, and those of every logger whose back end knows
/// ``/GaleCore/LogContext/provider``, wherever the request's task, or one that it starts, writes them.
public struct RequestIDMiddleware: Middleware {
  private let header: String
  private let trustsClients: Bool

  /// Creates the middleware.
  /// - Parameters:
  ///   - header: The field of the answer.
  ///   - trustsClients: Whether an id that comes with the request in this field is kept: for servers that can only be
  ///     reached through a proxy that sets it. Only up to 128 letters, digits and `-_.+/=` are taken.
  public init(header: String = "X-Request-Id", trustsClients: Bool = false) {
    self.header = header
    self.trustsClients = trustsClients
  }

  /// Sets the id around the handler.
  public func handle(_ handler: RequestHandler, next: Next) async throws {
    let request = handler.request
    var id = request.id.description
    if trustsClients, let given = request.headers.first(header), Self.isFit(given) { id = given }
    handler[RequestIDKey.self] = id
    let (header, chosen) = (header, id)
    request.onResponseHead { _, headers in headers.put(header, chosen) }
    var metadata = LogContext.metadata
    metadata["request-id"] = "\(id)"
    try await LogContext.$metadata.withValue(metadata) { try await next() }
  }

  private static func isFit(_ id: String) -> Bool {
    !id.isEmpty && id.utf8.count <= 128
      && id.utf8.allSatisfy { byte in
        byte | 0x20 &- 0x61 < 26 || byte.isASCIIDigit || "-_.+/=".utf8.contains(byte)
      }
  }
}

/// Under which a request keeps the id that its middleware chose.
private enum RequestIDKey: HandlerKey { typealias Value = String }

extension RequestHandler {
  /// The id by which logs know the request: what ``RequestIDMiddleware`` chose, or that of the server.
  public var requestID: String { self[RequestIDKey.self] ?? request.id.description }

  /// The application's log, with the request's id in each line.
  public var logger: Logger {
    var logger = HTTPLog.application
    logger[metadataKey: "request-id"] = "\(requestID)"
    return logger
  }
}
