// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleCore
import GaleHTTP
import GaleWire
import Logging

/// Answers that the server makes by itself.
enum ServerAnswer {
  static func send(_ status: Int, _ request: HTTPServerRequest) {
    let reason = HTTPStatus(status).reason
    let body = "<html><title>\(status): \(reason)</title><body>\(status): \(reason)</body></html>"
    send(status, request, body, "text/html; charset=UTF-8") { _ in }
  }

  /// - Parameter change: Adds to the header.
  static func send(
    _ status: Int, _ request: HTTPServerRequest, text: String, _ change: (inout HTTPHeaders) -> Void
  ) {
    send(status, request, text, "text/plain; charset=UTF-8", change)
  }

  private static func send(
    _ status: Int, _ request: HTTPServerRequest, _ body: String, _ type: String,
    _ change: (inout HTTPHeaders) -> Void
  ) {
    var headers = HTTPHeaders()
    request.context.appendServerFields(to: &headers)
    headers.append("Content-Type", text: type)
    change(&headers)
    do throws(HTTPOutputError) {
      try request.connection.respond(
        status, reason: nil, &headers, Array(body.utf8).span, for: request)
      request.connection.flush(for: request)
    } catch {
      ASGILog.error(error.description)
    }
    request.logAccess()
  }
}

/// Where the gateway logs: as `gale.asgi`.
enum ASGILog {
  static func error(_ text: String) { logger.error("\(text)") }
  static func info(_ text: String) { logger.info("\(text)") }

  private static var logger: Logger { LogTap.tap(own) }
  private static let own = Logger(label: "gale.asgi")
}

#endif
