// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleCore
import GaleHTTP
import GaleLoop
import GaleWire
import Logging

/// Answers that the server makes by itself.
enum ServerAnswer {
  static func send(_ status: Int, _ request: HTTPServerRequest) {
    let reason = HTTPStatus(status).reason
    let body = "<html><title>\(status): \(reason)</title><body>\(status): \(reason)</body></html>"
    var headers = HTTPHeaders()
    request.context.appendServerFields(to: &headers)
    headers.append("Content-Type", "text/html; charset=UTF-8")
    headers.append("Content-Length", decimal: body.utf8.count)
    if status == 503 { headers.append("Retry-After", "1") }
    do throws(HTTPOutputError) {
      try request.writeHeaders(status, headers)
      try request.write(Array(body.utf8))
      try request.finish()
    } catch {
      HTTPLog.general.info("\(error.description)")
    }
    request.logAccess()
  }
}

/// Ends an answer so that the client sees that it is not complete.
enum Cutting {
  /// Sends what is queued, then resets the connection.
  static func cut(_ request: HTTPServerRequest) {
    request.connection.flush(for: request)
    if request.connection.unsentCount > 0 {
      request.connection.whenDrained(request) { request.abort() }
    } else {
      request.abort()
    }
    request.logAccess()
  }
}

/// Sends a part of a file and then ends the answer.
enum FileSending {
  /// Takes `descriptor` over.
  ///
  /// With `isShort` the answer is cut after the file: more was promised.
  static func send(
    _ descriptor: Int32, offset: Int64, count: Int, isShort: Bool, _ request: HTTPServerRequest,
    _ connection: any HTTPConnection
  ) {
    do throws(HTTPOutputError) {
      if count > 0 { try connection.writeFile(descriptor, offset: offset, count: count, for: request) }
    } catch {
      System.close(descriptor)
      return Cutting.cut(request)
    }
    connection.flush(for: request)
    connection.whenDrained(request) {
      System.close(descriptor)
      guard !request.responseFinished else { return request.logAccess() }
      if isShort { return Cutting.cut(request) }
      do throws(HTTPOutputError) { try request.finish() } catch {
        HTTPLog.general.info("\(error.description)")
      }
      request.logAccess()
    }
  }
}

#endif
