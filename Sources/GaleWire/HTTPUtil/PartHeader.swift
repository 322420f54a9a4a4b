// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore

/// The header of one part of a multipart body (RFC 7578, section 4.2).
///
/// Lines end with CRLF. A CR or LF alone, a control character and a folded line are mistakes: two parsers could
/// see two different headers in them. Of the fields only `Content-Disposition` and `Content-Type` count.
struct PartHeader {
  /// Where the body begins.
  private(set) var end: Int
  private var name: String?
  private var filename: String?
  private var contentType: String?

  /// Reads the lines from `start` up to and including the empty one.
  init(_ bytes: Span<UInt8>, from start: Int, limit: Int) throws(FormError) {
    end = start
    while true {
      let line = try Self.line(bytes, from: end, limit: start &+ min(max(limit, 0), bytes.count))
      end = line.upperBound &+ 2
      if line.isEmpty { break }
      try read(bytes, line)
    }
    guard name != nil else { throw FormError(.invalidDisposition) }
  }

  func part(body: ArraySlice<UInt8>) -> MultipartFormData.Part {
    MultipartFormData.Part(name: name ?? "", filename: filename, contentType: contentType, body: body)
  }

  /// The line at `start` without its CRLF.
  ///
  /// - Parameter limit: Where the last line with a field must have ended.
  private static func line(
    _ bytes: Span<UInt8>, from start: Int, limit: Int
  ) throws(FormError) -> Range<Int> {
    // The empty line's CR stands two bytes behind the last field's.
    let end = min(bytes.count, max(start, limit &+ 3))
    guard let stop = bytes.firstIndex(in: lineStops, range: start..<end) else {
      throw FormError(end < bytes.count ? .partHeaderTooLarge : .missingFinalBoundary)
    }
    guard bytes[stop] == ASCII.carriageReturn, stop &+ 1 < bytes.count,
      bytes[stop &+ 1] == ASCII.lineFeed
    else { throw FormError(.invalidPartHeader) }
    return start..<stop
  }

  private mutating func read(_ bytes: Span<UInt8>, _ line: Range<Int>) throws(FormError) {
    guard let colon = bytes.firstIndex(of: ASCII.colon, in: line), colon > line.lowerBound,
      bytes.isMade(of: ByteSet.token, range: line.lowerBound..<colon),
      let value = String(validatingUTF8: bytes.extracting(bytes.trimmed(colon &+ 1..<line.upperBound)))
    else { throw FormError(.invalidPartHeader) }
    let field = line.lowerBound..<colon
    if bytes.equals("content-disposition", caseInsensitivelyIn: field) {
      try readDisposition(value)
    } else if bytes.equals("content-type", caseInsensitivelyIn: field) {
      guard contentType == nil else { throw FormError(.invalidPartHeader, "two Content-Type") }
      contentType = value
    }
  }

  private mutating func readDisposition(_ value: String) throws(FormError) {
    let disposition = HeaderParameters(parsing: value)
    guard name == nil, disposition.value.lowercased() == "form-data" else {
      throw FormError(.invalidDisposition)
    }
    guard let name = disposition["name"], !name.isEmpty else { throw FormError(.missingName) }
    self.name = name
    if let filename = disposition["filename"], !filename.isEmpty { self.filename = filename }
  }

  /// Control characters save the tab.
  private static let lineStops = ByteSet(0x00...0x08, 0x0A...0x1F, 0x7F...0x7F)
}
