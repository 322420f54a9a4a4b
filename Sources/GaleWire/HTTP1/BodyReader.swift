// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore

/// Reads the body of a message by its framing (RFC 9112, sections 6 and 7), as a pure value.
///
/// It is shown bytes, says which of them belong to the body, and never copies any.
package struct BodyReader {
  /// What the next bytes are.
  package enum Event: Equatable {
    /// These bytes, counted from the start of what was shown, belong to the body.
    case data(Range<Int>)
    /// Show more; all that was shown so far is used up, except for what `consumed` leaves.
    case needMore
    /// The body is complete.
    case end
  }

  private enum State { case fixed, untilClose, chunkSize, chunkData, chunkEnd, trailers, done }

  private let limits: HTTPLimits
  private var state: State
  /// Bytes that are missing from the body or from the present chunk.
  private var remaining: Int
  private var total = 0
  private var extensions = 0
  private var trailerBytes = 0
  /// The most bytes that the body may have.
  package var limit: Int
  /// The trailer fields that a chunked body ended with.
  ///
  /// Never merged into the header (RFC 9110, 6.5.1).
  package private(set) var trailers = HTTPHeaders()

  /// Reads a body of exactly `length` bytes.
  package init(length: Int, limits: HTTPLimits) {
    self.limits = limits
    limit = limits.body
    remaining = length
    state = length == 0 ? .done : .fixed
  }

  /// Reads a chunked body.
  package init(chunkedWith limits: HTTPLimits) {
    self.limits = limits
    limit = limits.body
    remaining = 0
    state = .chunkSize
  }

  /// Reads a body that ends with the connection.
  package init(untilCloseWith limits: HTTPLimits) {
    self.limits = limits
    limit = limits.body
    remaining = 0
    state = .untilClose
  }

  /// Reads a body by `framing`; `nil` when there is none.
  package init?(_ framing: BodyFraming, limits: HTTPLimits) {
    switch framing {
    case .none: return nil
    case .length(let length): self.init(length: length, limits: limits)
    case .chunked: self.init(chunkedWith: limits)
    case .untilClose: self.init(untilCloseWith: limits)
    }
  }

  package var isDone: Bool {
    if case .done = state { true } else { false }
  }

  /// Reads on from `offset`, which moves past what was used.
  package mutating func next(_ input: Span<UInt8>, _ offset: inout Int) throws(HTTPInputError) -> Event {
    while true {
      switch state {
      case .done: return .end
      case .fixed, .chunkData:
        guard offset < input.count else { return .needMore }
        return .data(takeData(input, &offset))
      case .untilClose:
        guard offset < input.count else { return .needMore }
        let range = offset..<input.count
        guard range.count <= limit - total else { throw HTTPInputError(.bodyTooLarge, "Body too large") }
        total += range.count
        offset = input.count
        return .data(range)
      case .chunkSize:
        guard try readSize(input, &offset) else { return .needMore }
      case .chunkEnd:
        guard try readChunkEnd(input, &offset) else { return .needMore }
      case .trailers:
        guard try readTrailer(input, &offset) else { return .needMore }
      }
    }
  }

  /// The connection has ended, after all that was shown.
  /// - Throws: `.invalidFraming` when the body is not complete with that.
  package mutating func connectionEnded() throws(HTTPInputError) {
    switch state {
    case .untilClose, .done: state = .done
    default: throw HTTPInputError(.invalidFraming, "Connection closed inside the body")
    }
  }

  private mutating func takeData(_ input: Span<UInt8>, _ offset: inout Int) -> Range<Int> {
    let count = min(remaining, input.count - offset)
    let range = offset..<offset + count
    offset += count
    remaining -= count
    if remaining == 0 {
      if case .fixed = state { state = .done } else { state = .chunkEnd }
    }
    return range
  }

  /// chunk-size [ chunk-ext ] CRLF.
  private mutating func readSize(_ input: Span<UInt8>, _ offset: inout Int) throws(HTTPInputError) -> Bool {
    var at = offset
    var size = 0
    while at < input.count, let digit = input[at].hexDigitValue {
      guard at - offset < 16, size <= Int.max >> 5 else {
        throw HTTPInputError(.invalidChunk, "Chunk size is too long")
      }
      size = size << 4 | Int(digit)
      at += 1
    }
    guard at > offset || at == input.count else { throw invalidChunk }
    let extensionStart = at
    let end = HTTPGrammar.endOfFieldValue(input, from: at)
    if end > at { try checkExtension(input, at..<end) }
    guard end - offset <= limits.chunkLine else {
      throw HTTPInputError(.invalidChunk, "Chunk line is too long")
    }
    guard end + 1 < input.count else {
      if end < input.count, input[end] != ASCII.carriageReturn { throw invalidChunk }
      return false
    }
    guard input[end] == ASCII.carriageReturn, input[end + 1] == ASCII.lineFeed else { throw invalidChunk }
    extensions += end - extensionStart
    guard extensions <= limits.chunkExtensions else {
      throw HTTPInputError(.invalidChunk, "Chunk extensions are too long")
    }
    offset = end + 2
    try begin(size)
    return true
  }

  private mutating func begin(_ size: Int) throws(HTTPInputError) {
    guard size <= limit - total else { throw HTTPInputError(.bodyTooLarge, "Chunked body too large") }
    total += size
    remaining = size
    state = size == 0 ? .trailers : .chunkData
  }

  /// A chunk extension begins with a semicolon, after white space at the most (RFC 9112, 7.1.1).
  private func checkExtension(_ input: Span<UInt8>, _ range: Range<Int>) throws(HTTPInputError) {
    guard let first = range.first(where: { !HTTPGrammar.isBlank(input[$0]) }) else {
      guard range.upperBound == input.count else { throw invalidChunk }
      return
    }
    guard input[first] == ASCII.semicolon else { throw invalidChunk }
  }

  private var invalidChunk: HTTPInputError { HTTPInputError(.invalidChunk, "Malformed chunk") }

  private mutating func readChunkEnd(_ input: Span<UInt8>, _ offset: inout Int) throws(HTTPInputError) -> Bool
  {
    guard offset < input.count else { return false }
    guard input[offset] == ASCII.carriageReturn else { throw invalidChunk }
    guard offset + 1 < input.count else { return false }
    guard input[offset + 1] == ASCII.lineFeed else { throw invalidChunk }
    offset += 2
    state = .chunkSize
    return true
  }

  private mutating func readTrailer(_ input: Span<UInt8>, _ offset: inout Int) throws(HTTPInputError) -> Bool
  {
    var at = offset
    while at < input.count, HTTPGrammar.isTokenCharacter(input[at]) { at += 1 }
    if at == offset { return try readTrailersEnd(input, &offset) }
    // As in the head: what lies beyond a limit is never looked at.
    let most = limits.trailers - trailerBytes
    guard trailers.count < limits.trailerCount, at - offset < most || input.count - offset <= most
    else {
      throw trailersTooLarge
    }
    guard at < input.count else { return false }
    guard input[at] == ASCII.colon else { throw HTTPInputError(.invalidHeader, "Invalid trailer name") }
    let end = HTTPGrammar.endOfFieldValue(input, from: at)
    guard end - offset <= most else { throw trailersTooLarge }
    guard end < input.count else { return false }
    guard input[end] == ASCII.carriageReturn else {
      throw end - offset < most ? invalidTrailer : trailersTooLarge
    }
    guard end + 1 < input.count else { return false }
    guard input[end + 1] == ASCII.lineFeed else { throw invalidTrailer }
    var value = at + 1..<end
    while let first = value.first, HTTPGrammar.isBlank(input[first]) { value = first + 1..<end }
    while let last = value.last, HTTPGrammar.isBlank(input[last]) { value = value.lowerBound..<last }
    trailers.append(
      uncheckedName: (offset..<at).map { input[$0] }, uncheckedValue: value.map { input[$0] })
    trailerBytes += end + 2 - offset
    offset = end + 2
    return true
  }

  private var trailersTooLarge: HTTPInputError {
    HTTPInputError(.headersTooLarge, "Trailer fields are too large or too many")
  }

  private var invalidTrailer: HTTPInputError { HTTPInputError(.invalidHeader, "Invalid trailer value") }

  private mutating func readTrailersEnd(_ input: Span<UInt8>, _ offset: inout Int) throws(HTTPInputError)
    -> Bool
  {
    guard offset < input.count else { return false }
    guard input[offset] == ASCII.carriageReturn else { throw invalidTrailer }
    guard offset + 1 < input.count else { return false }
    guard input[offset + 1] == ASCII.lineFeed else { throw invalidTrailer }
    offset += 2
    state = .done
    return true
  }
}
