// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleHTTP
import GaleWire

/// An error that is the answer to a request, like Tornado's `web.HTTPError`.
///
/// ```swift
/// throw HTTPError(404)
/// throw HTTPError(403, "\(user) may not see \(path)")   // the text is for the log, never for the client
/// ```
public struct HTTPError: StatusError, Hashable, CustomStringConvertible {
  /// The answer's status.
  public let status: Int
  /// For the log only.
  public let logMessage: String?
  /// The phrase of the status line, when it is not the standard one.
  public let reason: String?
  /// The argument that is missing, when that is the reason: Tornado's `MissingArgumentError.arg_name`.
  public let missingArgument: String?

  /// Creates an error with `status`.
  public init(_ status: Int, _ logMessage: String? = nil, reason: String? = nil) {
    self.status = status
    self.logMessage = logMessage
    self.reason = reason
    missingArgument = nil
  }

  /// 400 because an argument is missing: Tornado's `MissingArgumentError`.
  public init(missingArgument name: String) {
    status = 400
    logMessage = "Missing argument \(name)"
    reason = nil
    missingArgument = name
  }

  /// `HTTP 404: Not Found (message)`.
  public var description: String {
    let message = logMessage.map { " (\($0))" } ?? ""
    return "HTTP \(status): \(reason ?? HTTPStatus(status).reason)\(message)"
  }
}

/// An error that says with which status it is answered; every other one is answered 500.
public protocol StatusError: Error {
  /// The answer's status.
  var status: Int { get }
  /// For the log, never for the client; without it nothing is logged.
  var logMessage: String? { get }
}

/// Ends a request without an error: status, header and what was written so far are sent.
///
/// Tornado's `Finish`.
public struct Finish: Error {
  let chunk: [UInt8]?

  /// Ends the request with what was written.
  public init() { chunk = nil }
  /// Ends the request with `text` behind what was written.
  public init(_ text: String) { chunk = Array(text.utf8) }
}
