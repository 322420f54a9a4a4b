// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore

extension HTTPHeaders {
  /// The fields of a block of lines: Tornado's `HTTPHeaders.parse`.
  ///
  /// For texts from files and other protocols. A line that begins with white space goes on where the one before it ended,
  /// after one space (RFC 9112, section 5.2); what comes over HTTP may not do that. Lines end with CRLF or LF; empty ones
  /// say nothing.
  /// - Throws: ``HTTPInputError`` for a line that is no field, and for a first line that begins with white space.
  /// - Complexity: O(*n*).
  public init(parsing text: String) throws(HTTPInputError) {
    self.init()
    var field = ""
    for line in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: true) {
      let line = String(Substring(HTTPHeaders.withoutEnd(line)))
      guard let first = line.utf8.first else { continue }
      guard HTTPGrammar.isBlank(first) else {
        if !field.isEmpty { try parseLine(field) }
        field = line
        continue
      }
      guard !field.isEmpty else {
        throw HTTPInputError(.invalidHeader, "First header line cannot start with whitespace")
      }
      field += " "
      field += HTTPHeaders.trimmed(Substring(line))
    }
    if !field.isEmpty { try parseLine(field) }
  }

  /// Adds the field of a line, with its end or without: Tornado's `HTTPHeaders.parse_line`.
  ///
  /// A line that goes on where another one ended is refused; ``init(parsing:)`` takes such lines. An empty line adds nothing.
  /// - Throws: ``HTTPInputError`` for what is no field.
  public mutating func parseLine(_ line: String) throws(HTTPInputError) {
    let line = Substring(HTTPHeaders.withoutEnd(Substring(line).utf8))
    guard let first = line.utf8.first else { return }
    guard !HTTPGrammar.isBlank(first) else {
      throw HTTPInputError(.invalidHeader, "A header line cannot start with whitespace")
    }
    guard let colon = line.utf8.firstIndex(of: ASCII.colon) else {
      throw HTTPInputError(.invalidHeader, "No colon in the header line \(line.prefix(40).debugDescription)")
    }
    try add(String(line[..<colon]), String(HTTPHeaders.trimmed(line[line.utf8.index(after: colon)...])))
  }

  private static func withoutEnd(_ line: Substring.UTF8View) -> Substring.UTF8View {
    var line = line
    if line.last == UInt8(ascii: "\n") { line.removeLast() }
    if line.last == UInt8(ascii: "\r") { line.removeLast() }
    return line
  }

  private static func trimmed(_ text: Substring) -> Substring {
    var bytes = text.utf8.drop(while: HTTPGrammar.isBlank)
    while let last = bytes.last, HTTPGrammar.isBlank(last) { bytes.removeLast() }
    return Substring(bytes)
  }
}
