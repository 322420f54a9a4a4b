// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore

/// The read that a task waits for.
struct PendingRead {
  enum Kind {
    case count(Int, partial: Bool)
    case until([UInt8], limit: Int?)
    case match((Span<UInt8>) -> Int?, limit: Int?)
    case untilClose
  }

  let kind: Kind
  /// How far the buffer was searched in vain, so that a slow peer does not make the search quadratic.
  var searched = 0
  let continuation: Continuation

  @safe
  struct Continuation {
    // SAFETY: `pendingRead` is cleared before it is resumed.
    let raw: UnsafeContinuation<[UInt8], any Error>
  }
}

extension IOStream {
  /// Whether a read is waiting.
  public var isReading: Bool { pendingRead != nil }

  /// Whether a write is waiting.
  public var isWriting: Bool { hasUnsent }

  /// Takes exactly `count` bytes, or with `partial` as many as there are, at least 1 and at most
  /// `count`: Tornado's `read_bytes`.
  /// - Throws: ``StreamError`` `.closed` when the peer closes before, `.alreadyReading`.
  public func read(count: Int, partial: Bool = false) async throws -> [UInt8] {
    precondition(count >= 0, "cannot read a negative number of bytes")
    return count == 0 ? [] : try await read(.count(count, partial: partial))
  }

  /// Takes bytes into `buffer` from its start, and says how many: Tornado's `read_into`.
  /// - Parameters:
  ///   - buffer: Overwritten from its start; its count, which stays, says how many bytes are wanted.
  ///   - partial: Be content with less than fills it.
  public func read(into buffer: inout [UInt8], partial: Bool = false) async throws -> Int {
    let bytes = try await read(count: buffer.count, partial: partial)
    buffer.replaceSubrange(0..<bytes.count, with: bytes)
    return bytes.count
  }

  /// Takes bytes up to and including `delimiter`: Tornado's `read_until`.
  ///
  /// What follows stays.
  /// - Parameters:
  ///   - delimiter: One byte or more.
  ///   - limit: The most bytes to take, the delimiter included.
  /// - Throws: ``StreamError`` `.limitExceeded` (and the stream is closed) once `limit` bytes hold no
  ///   delimiter; `.closed`; `.alreadyReading`.
  public func read(until delimiter: [UInt8], limit: Int? = nil) async throws -> [UInt8] {
    precondition(!delimiter.isEmpty, "a delimiter has at least one byte")
    return try await read(.until(delimiter, limit: limit))
  }

  /// Takes bytes up to and including the first match of `pattern`: Tornado's `read_until_regex`.
  ///
  /// Each byte is one character of the text that is searched (ISO 8859-1). It is searched again
  /// when the buffer has doubled and when the kernel has no more for now.
  /// - Throws: As ``read(until:limit:)``.
  public func read(untilMatch pattern: some RegexComponent, limit: Int? = nil) async throws -> [UInt8] {
    let regex = pattern.regex.matchingSemantics(.unicodeScalar)
    return try await read(
      .match(
        { bytes in
          var text = ""
          for at in bytes.indices { text.unicodeScalars.append(Unicode.Scalar(bytes[at])) }
          guard let match = try? regex.firstMatch(in: text) else { return nil }
          return text.unicodeScalars.distance(from: text.startIndex, to: match.range.upperBound)
        }, limit: limit))
  }

  /// Takes everything until the peer closes: Tornado's `read_until_close`.
  ///
  /// On a closed stream it is what was left in the buffer.
  public func readUntilClose() async throws -> [UInt8] {
    try await read(.untilClose)
  }

  func read(_ kind: PendingRead.Kind) async throws -> [UInt8] {
    loop.checkThread()
    guard pendingRead == nil else { throw StreamError(.alreadyReading, "Already reading") }
    precondition(consumer == nil, "the stream belongs to a protocol")
    if descriptor < 0, case .untilClose = kind { return takeAll() }
    // SAFETY: pendingRead is the only holder; see PendingRead.Continuation.
    return try await unsafe withUnsafeThrowingContinuation { continuation in
      pendingRead = unsafe PendingRead(kind: kind, continuation: .init(raw: continuation))
      serveRead()
      guard pendingRead != nil else { return }
      guard descriptor >= 0 else { return finishReads(error ?? .closed()) }
      watch()
      readReady()
    }
  }

  private func takeAll() -> [UInt8] {
    guard let buffer = readBuffer else { return [] }
    return take(buffer.count)
  }

  private func take(_ count: Int) -> [UInt8] {
    guard let buffer = readBuffer else { return [] }
    let bytes = buffer.take(count)
    if buffer.isEmpty {
      readBuffer = nil
      loop.buffers.giveBack(buffer)
    }
    return bytes
  }

  /// Ends the waiting read if the buffer has enough for it.
  func serveRead() {
    guard var read = pendingRead, let buffer = readBuffer, !buffer.isEmpty else { return }
    switch read.kind {
    case .count(let count, let partial):
      if buffer.count >= count || partial { finish(read, min(count, buffer.count)) }
    case .untilClose: break
    case .until(let delimiter, let limit):
      let end = buffer.withSpan { search($0, delimiter, from: read.searched) }
      read.searched = max(0, buffer.count - delimiter.count + 1)
      conclude(read, end: end, limit: limit, buffered: buffer.count)
    case .match(let match, let limit):
      let hasDoubled = buffer.count >= 2 * read.searched || buffer.count >= limit ?? .max
      guard hasDoubled || !isReadable && buffer.count > read.searched else { return }
      let end = buffer.withSpan { match($0) }
      read.searched = buffer.count
      conclude(read, end: end, limit: limit, buffered: buffer.count)
    }
  }

  private func conclude(_ read: PendingRead, end: Int?, limit: Int?, buffered: Int) {
    if let end, end <= limit ?? .max {
      finish(read, end)
    } else if end != nil || buffered >= limit ?? .max {
      close(StreamError(.limitExceeded, "Delimiter not found within \(limit ?? 0) bytes"))
    } else {
      pendingRead = read
    }
  }

  private func finish(_ read: PendingRead, _ count: Int) {
    pendingRead = nil
    let bytes = take(count)
    unsafe read.continuation.raw.resume(returning: bytes)
  }

  private func search(_ bytes: Span<UInt8>, _ delimiter: [UInt8], from start: Int) -> Int? {
    let first = delimiter[0]
    var at = start
    while at + delimiter.count <= bytes.count {
      if bytes[at] == first, delimiter.indices.allSatisfy({ bytes[at + $0] == delimiter[$0] }) {
        return at + delimiter.count
      }
      at += 1
    }
    return nil
  }

  /// The stream is closed: ends the waiting read with what there is, or with the error.
  func finishReads(_ error: StreamError) {
    serveMatchAtEnd()
    serveRead()
    guard let read = pendingRead else { return }
    pendingRead = nil
    if case .untilClose = read.kind, self.error == nil || error.systemError == 0 {
      let bytes = takeAll()
      unsafe read.continuation.raw.resume(returning: bytes)
    } else {
      unsafe read.continuation.raw.resume(throwing: error)
    }
  }

  /// A match that was not searched for in the last bytes is searched for now.
  private func serveMatchAtEnd() {
    guard var read = pendingRead, case .match = read.kind else { return }
    read.searched = 0
    pendingRead = read
  }
}

extension IOStream {
  /// Reads what has come since the loop last looked: a protocol on an idle stream learns now that its peer is gone.
  package func checkForInput() {
    if descriptor >= 0 { descriptorReady(descriptor, .read) }
  }
}
