// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore

/// Walks through a multipart body once.
struct MultipartParser {
  /// A delimiter line.
  private struct Delimiter {
    /// Where it begins: the CR that belongs to it and not to the part before.
    let start: Int

    /// Where the next part begins; `nil` for the last delimiter.
    let nextPart: Int?
  }

  private let bytes: [UInt8]
  private let limits: MultipartFormData.Limits
  private let search: DelimiterSearch

  init(bytes: [UInt8], delimiter: [UInt8], limits: MultipartFormData.Limits) {
    self.bytes = bytes
    self.limits = limits
    search = DelimiterSearch(delimiter)
  }

  func parse() throws(FormError) -> [MultipartFormData.Part] {
    var parts: [MultipartFormData.Part] = []
    var line = try firstDelimiter()
    while let start = line.nextPart {
      guard parts.count < limits.partCount else {
        throw FormError(.tooManyParts, "limit \(limits.partCount)")
      }
      let header = try PartHeader(bytes.span, from: start, limit: limits.partHeaderByteCount)
      // An empty body may share the CRLF that ends its header with the delimiter.
      line = try delimiter(from: header.end - 2)
      parts.append(header.part(body: bytes[header.end..<max(header.end, line.start)]))
    }
    return parts
  }

  /// The first delimiter needs no CRLF when the body begins with it.
  private func firstDelimiter() throws(FormError) -> Delimiter {
    let opening = search.delimiter.dropFirst(2)
    if bytes.starts(with: opening), let line = completed(start: 0, end: opening.count) { return line }
    return try delimiter(from: 0)
  }

  private func delimiter(from start: Int) throws(FormError) -> Delimiter {
    var position = start
    while let match = search.first(in: bytes.span, from: position) {
      if let line = completed(start: match, end: match + search.delimiter.count) { return line }
      position = match + 1
    }
    throw FormError(.missingFinalBoundary)
  }

  /// The delimiter, if what stands behind it completes it: `--`, or spaces and CRLF.
  ///
  /// Anything else makes it a part's content that looks alike, such as a boundary that begins with ours.
  private func completed(start: Int, end: Int) -> Delimiter? {
    if byte(end) == ASCII.hyphen, byte(end + 1) == ASCII.hyphen {
      return Delimiter(start: start, nextPart: nil)
    }
    var index = end
    while byte(index) == ASCII.space || byte(index) == ASCII.tab { index += 1 }
    guard byte(index) == ASCII.carriageReturn, byte(index + 1) == ASCII.lineFeed else { return nil }
    return Delimiter(start: start, nextPart: index + 2)
  }

  private func byte(_ index: Int) -> UInt8? { index < bytes.count ? bytes[index] : nil }
}

/// Horspool's search for a delimiter, with the one addition that makes it linear at worst.
struct DelimiterSearch {
  let delimiter: [UInt8]

  /// How far to go on when this byte is under the delimiter's last place.
  private var steps: InlineArray<256, UInt8>

  /// - Parameter delimiter: 2–255 bytes that begin with a CR and have no other.
  init(_ delimiter: [UInt8]) {
    precondition((2...255).contains(delimiter.count), "a delimiter has 2 to 255 bytes")
    self.delimiter = delimiter
    steps = InlineArray(repeating: UInt8(delimiter.count))
    for (offset, byte) in delimiter.dropLast().enumerated() {
      steps[Int(byte)] = UInt8(delimiter.count - 1 - offset)
    }
  }

  /// The offset of the first delimiter at or behind `start`, or `nil`.
  ///
  /// Bytes are compared only where a CR is. A CR begins the delimiter and occurs nowhere else in it, so no byte
  /// is compared for two places: O(*n*) even for `aaaa` in `aaaaaaaa`.
  func first(in text: Span<UInt8>, from start: Int) -> Int? {
    let lastOffset = delimiter.count &- 1
    var position = start
    while position &+ lastOffset < text.count {
      let last = text[position &+ lastOffset]
      if last == delimiter[lastOffset], text[position] == ASCII.carriageReturn, matches(text, at: position) {
        return position
      }
      position &+= Int(steps[Int(last)])
    }
    return nil
  }

  private func matches(_ text: Span<UInt8>, at position: Int) -> Bool {
    var offset = 0
    while offset < delimiter.count {
      guard text[position &+ offset] == delimiter[offset] else { return false }
      offset &+= 1
    }
    return true
  }
}
