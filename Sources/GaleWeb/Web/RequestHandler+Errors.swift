// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleHTTP
import GaleWire
import Logging

extension RequestHandler {
  /// Answers with an error page, like Tornado's `send_error`.
  ///
  /// Once the header is sent there is nothing left to say: the connection is cut.
  public func sendError(_ status: Int = 500, _ error: (any Error)? = nil) {
    guard !headersWritten else {
      HTTPLog.general.error("Cannot send error response after headers written")
      isFinished = true
      return request.abort()
    }
    clear()
    setStatus(status, reason: (error as? HTTPError)?.reason)
    if status == 405 { headers.append("Allow", allowedMethodNames()) }
    do {
      if status != 304 { try writeError(status, error) }
      if !isFinished { try finish() }
    } catch {
      logException(error)
      isFinished = true
      request.abort()
    }
  }

  func writeDefaultError(_ status: Int, _ error: (any Error)?) {
    let reason = xhtmlEscape(self.reason ?? HTTPStatus(status).reason)
    if let error = error as? BodyError {
      writeBodyError(error)
    } else if settings.serveTraceback, let error, !(error is HTTPError) {
      headers.replaceContentType("text/plain; charset=UTF-8")
      write("\(status): \(self.reason ?? HTTPStatus(status).reason)\n\n\(String(reflecting: error))\n")
    } else {
      write("<html><title>\(status): \(reason)</title><body>\(status): \(reason)</body></html>")
    }
  }

  func logExceptionDefault(_ error: any Error) {
    if let error = error as? any StatusError {
      guard let message = error.logMessage else { return }
      HTTPLog.general.warning(
        "\(error.status) \(request.summary): \(HTTPServerRequest.escapeForLog(message))")
    } else {
      // A text of several lines stays readable, but none of them can pass for a line of the log.
      let lines = String(reflecting: error).split(separator: "\n", omittingEmptySubsequences: false)
      let text = lines.map { "  " + HTTPServerRequest.escapeForLog(String($0)) }.joined(separator: "\n")
      HTTPLog.application.error("Uncaught exception \(request.summary) [\(request.id)]\n\(text)")
    }
  }
}

extension HTTPHeaders {
  mutating func append(_ name: String, _ methods: [String]) {
    append(uncheckedName: name.utf8, uncheckedValue: methods.joined(separator: ", ").utf8)
  }
}
