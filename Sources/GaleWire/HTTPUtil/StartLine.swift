// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore

/// The first line of a request: Tornado's `RequestStartLine`.
public struct RequestStartLine: Sendable, Hashable, CustomStringConvertible {
  /// The method.
  public var method: String
  /// The target, as a rule a path with its query.
  public var path: String
  /// The version, `HTTP/1.1` or another one of HTTP/1.
  public var version: String

  /// A line of these parts, which are not looked at.
  public init(method: String, path: String, version: String = "HTTP/1.1") {
    self.method = method
    self.path = path
    self.version = version
  }

  /// Reads a line without its end: Tornado's `parse_request_start_line` (RFC 9112, section 3).
  /// - Throws: ``HTTPInputError`` `.invalidStartLine` for what does not follow the grammar, `.unsupportedVersion` for a
  ///   version other than HTTP/1.
  public init(parsing line: String) throws(HTTPInputError) {
    let parts = line.split(separator: " ", omittingEmptySubsequences: false)
    guard parts.count == 3, StartLine.isToken(parts[0].utf8), StartLine.isTarget(parts[1].utf8),
      StartLine.isVersion(parts[2].utf8)
    else { throw HTTPInputError(.invalidStartLine, "Malformed HTTP request line") }
    try StartLine.checkVersion(parts[2])
    self.init(method: String(parts[0]), path: String(parts[1]), version: String(parts[2]))
  }

  /// The line without its end.
  public var description: String { "\(method) \(path) \(version)" }
}

/// The first line of an answer: Tornado's `ResponseStartLine`.
public struct ResponseStartLine: Sendable, Hashable, CustomStringConvertible {
  /// The version, `HTTP/1.1` or another one of HTTP/1.
  public var version: String
  /// The status.
  public var code: Int
  /// What the server says of the status; may be empty.
  public var reason: String

  /// A line of these parts, which are not looked at.
  public init(version: String = "HTTP/1.1", code: Int, reason: String) {
    self.version = version
    self.code = code
    self.reason = reason
  }

  /// Reads a line without its end: Tornado's `parse_response_start_line` (RFC 9112, section 4).
  ///
  /// The reason may be missing, with the space before it.
  /// - Throws: ``HTTPInputError`` `.invalidStartLine` for what does not follow the grammar, `.unsupportedVersion` for a
  ///   version other than HTTP/1.
  public init(parsing line: String) throws(HTTPInputError) {
    let parts = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count >= 2, StartLine.isVersion(parts[0].utf8), parts[1].utf8.count == 3,
      parts[1].utf8.allSatisfy(\.isASCIIDigit), let code = Int(parts[1]),
      parts.count == 2 || parts[2].utf8.allSatisfy({ $0 == 9 || $0 >= 0x20 && $0 != 0x7F })
    else { throw HTTPInputError(.invalidStartLine, "Malformed HTTP status line") }
    try StartLine.checkVersion(parts[0])
    self.init(version: String(parts[0]), code: code, reason: parts.count == 2 ? "" : String(parts[2]))
  }

  /// The line without its end.
  public var description: String { "\(version) \(code) \(reason)" }
}

private enum StartLine {
  static func isToken(_ text: Substring.UTF8View) -> Bool {
    !text.isEmpty && text.allSatisfy(HTTPGrammar.isTokenCharacter)
  }

  static func isTarget(_ text: Substring.UTF8View) -> Bool {
    !text.isEmpty && text.allSatisfy { $0 > 0x20 && $0 != 0x7F }
  }

  /// `HTTP/`, a digit, a dot and a digit.
  static func isVersion(_ text: Substring.UTF8View) -> Bool {
    let bytes = Array(text)
    return bytes.count == 8 && bytes.starts(with: "HTTP/".utf8) && bytes[5].isASCIIDigit
      && bytes[6] == UInt8(ascii: ".") && bytes[7].isASCIIDigit
  }

  static func checkVersion(_ version: Substring) throws(HTTPInputError) {
    guard version.hasPrefix("HTTP/1.") else {
      throw HTTPInputError(.unsupportedVersion, "Unexpected HTTP version")
    }
  }
}
