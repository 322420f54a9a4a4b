// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleHTTP
import GaleLoop
import GaleWire

/// The body of a request as it comes, piece by piece; for handlers that say so
/// (``RequestHandler/pullsRequestBody``, `body: .streamed`).
///
/// ```swift
/// for try await chunk in handler.requestBody { try await file.write(chunk) }
/// ```
///
/// The client is held back while nobody asks for the next piece: at most 64 KiB and a read wait in memory. It can be gone
/// through once. A body that came whole is one piece.
public struct RequestBody: AsyncSequence {
  /// A piece, never empty.
  public typealias Element = [UInt8]
  /// ``HTTPError`` 413 for too much, ``/GaleLoop/StreamError`` when the client is gone.
  public typealias Failure = any Error

  private let handler: RequestHandler

  init(_ handler: RequestHandler) { self.handler = handler }

  /// Takes the pieces.
  public struct AsyncIterator: AsyncIteratorProtocol {
    fileprivate let handler: RequestHandler

    /// The next piece, or `nil` at the end.
    public mutating func next(isolation actor: isolated (any Actor)?) async throws -> [UInt8]? {
      try await handler.nextBodyChunk()
    }

    /// The next piece, or `nil` at the end.
    public mutating func next() async throws -> [UInt8]? { try await handler.nextBodyChunk() }
  }

  /// Begins to take the pieces.
  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(handler: handler) }

  /// All that comes, in one piece.
  /// - Throws: ``HTTPError`` 413 when it is more than `limit` bytes; as the sequence.
  public func collect(upTo limit: Int) async throws -> [UInt8] {
    var all: [UInt8] = []
    while let chunk = try await handler.nextBodyChunk() {
      guard all.count + chunk.count <= limit else { throw HTTPError(413) }
      all += chunk
    }
    return all
  }
}

extension RequestHandler {
  /// The body of the request, piece by piece.
  public var requestBody: RequestBody { RequestBody(self) }

  func nextBodyChunk() async throws -> [UInt8]? {
    guard let bodyQueue else {
      // It came whole, or there is none.
      defer { more.hasTakenBody = true }
      return more.hasTakenBody || request.body.isEmpty ? nil : request.body
    }
    if !more.hasTakenBody {
      more.hasTakenBody = true
      guard request.head.contentLength <= request.maxBodySize else { throw HTTPError(413) }
      bodyQueue.begin()
      request.sendContinue()
    }
    guard let chunk = try await bodyQueue.next() else { return nil }
    more.bodyByteCount += chunk.count
    guard more.bodyByteCount <= request.maxBodySize else { throw HTTPError(413) }
    return chunk
  }
}
