// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore

/// A status code (RFC 9110, section 15).
public struct HTTPStatus: Sendable, Hashable, ExpressibleByIntegerLiteral, CustomStringConvertible {
  /// The number, of three digits on the wire.
  public let code: Int

  /// Makes a status of any number.
  public init(_ code: Int) { self.code = code }

  /// Makes a status of a number in the source.
  public init(integerLiteral code: Int) { self.code = code }

  /// The registered phrase, or `Unknown`: Tornado's `httputil.responses`.
  public var reason: String { Self.reasons[code] ?? "Unknown" }

  /// The number and its phrase, as in `404 Not Found`.
  public var description: String { "\(code) \(reason)" }

  /// Whether this is an interim answer (1xx).
  public var isInformational: Bool { (100...199).contains(code) }

  /// Whether an answer with this status never has a body: 1xx, 204 and 304 (RFC 9110, section 6.4.1).
  public var forbidsBody: Bool { isInformational || code == 204 || code == 304 }

  /// The phrase to send: `reason` when it is safe in a status line and an error page, otherwise `Unknown`.
  ///
  /// Unsafe are the empty phrase, `<` and everything but tab, space, visible ASCII and U+0080–U+00FF
  /// (RFC 9112, section 4). Tornado's `set_status` does the same.
  public static func safeReason(_ reason: String) -> String {
    let isSafe = reason.unicodeScalars.allSatisfy { scalar in
      switch scalar.value {
      case 0x3C: false
      case 0x09, 0x20...0x7E, 0x80...0xFF: true
      default: false
      }
    }
    return isSafe && !reason.isEmpty ? reason : "Unknown"
  }
}

extension HTTPStatus {
  /// IANA's registry in Python's spelling.
  private static let reasons: [Int: String] = [
    100: "Continue", 101: "Switching Protocols", 102: "Processing", 103: "Early Hints",
    200: "OK", 201: "Created", 202: "Accepted", 203: "Non-Authoritative Information", 204: "No Content",
    205: "Reset Content", 206: "Partial Content", 207: "Multi-Status", 208: "Already Reported",
    226: "IM Used",
    300: "Multiple Choices", 301: "Moved Permanently", 302: "Found", 303: "See Other", 304: "Not Modified",
    305: "Use Proxy", 307: "Temporary Redirect", 308: "Permanent Redirect",
    400: "Bad Request", 401: "Unauthorized", 402: "Payment Required", 403: "Forbidden", 404: "Not Found",
    405: "Method Not Allowed", 406: "Not Acceptable", 407: "Proxy Authentication Required",
    408: "Request Timeout", 409: "Conflict", 410: "Gone", 411: "Length Required", 412: "Precondition Failed",
    413: "Content Too Large", 414: "URI Too Long", 415: "Unsupported Media Type",
    416: "Range Not Satisfiable", 417: "Expectation Failed", 418: "I'm a Teapot", 421: "Misdirected Request",
    422: "Unprocessable Content", 423: "Locked", 424: "Failed Dependency", 425: "Too Early",
    426: "Upgrade Required", 428: "Precondition Required", 429: "Too Many Requests",
    431: "Request Header Fields Too Large", 451: "Unavailable For Legal Reasons",
    500: "Internal Server Error", 501: "Not Implemented", 502: "Bad Gateway", 503: "Service Unavailable",
    504: "Gateway Timeout", 505: "HTTP Version Not Supported", 506: "Variant Also Negotiates",
    507: "Insufficient Storage", 508: "Loop Detected", 510: "Not Extended",
    511: "Network Authentication Required",
  ]
}
