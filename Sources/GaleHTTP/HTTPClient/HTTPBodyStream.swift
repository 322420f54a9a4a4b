// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleLoop

/// The body of an answer, piece by piece as it comes; the server is held back while nobody asks for more.
public final class HTTPBodyStream: AsyncSequence {
  /// A piece.
  public typealias Element = [UInt8]

  private let loop: IOLoop
  private var piece: [UInt8]?
  private var end: Result<Void, any Error>?
  private var reader: Completion<Void>?
  private var writer: Completion<Void>?

  init(on loop: IOLoop) { self.loop = loop }

  /// The next piece; `nil` at the end.
  /// - Throws: As `fetch`, when the answer breaks off.
  public func next() async throws -> [UInt8]? {
    while true {
      if let piece {
        self.piece = nil
        writer?.finish(.success(()))
        return piece
      }
      if let end {
        try end.get()
        return nil
      }
      let more = Completion<Void>(on: loop)
      reader = more
      try await more.value()
      reader = nil
    }
  }

  /// Hands a piece over, once the one before it was taken.
  func push(_ bytes: [UInt8]) async throws {
    while piece != nil {
      let taken = Completion<Void>(on: loop)
      writer = taken
      try await taken.value()
      writer = nil
    }
    piece = bytes
    reader?.finish(.success(()))
  }

  func finish(_ result: Result<Void, any Error>) {
    guard end == nil else { return }
    end = result
    reader?.finish(.success(()))
  }

  /// Goes through the pieces; each is there once.
  public struct AsyncIterator: AsyncIteratorProtocol {
    let stream: HTTPBodyStream

    /// The next piece; see ``HTTPBodyStream/next()``.
    public mutating func next() async throws -> [UInt8]? { try await stream.next() }
  }

  /// Goes through the pieces; each is there once.
  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(stream: self) }
}

extension AsyncHTTPClient {
  /// Sends a request and hands its answer over when the head is there, with the body as a sequence.
  ///
  /// When `body` returns or throws before the answer's end, the connection is closed.
  /// - Parameters:
  ///   - request: What to ask for. Its ``HTTPRequestOptions/requestTimeout`` holds for the body too.
  ///   - raisesErrors: Whether an answer that is not 2xx is thrown, without its body.
  ///   - body: Takes the answer.
  /// - Throws: As ``fetch(_:raisesErrors:)``; what `body` throws.
  public func stream<Result>(
    _ request: HTTPRequest, raisesErrors: Bool = true,
    _ body: (HTTPResponse, HTTPBodyStream) async throws -> Result
  ) async throws -> Result {
    let stream = HTTPBodyStream(on: loop)
    let head = Completion<HTTPResponse>(on: loop)
    var request = request
    request.streamingCallback = { try await stream.push($0) }
    request.headReceived = { head.finish(.success($0)) }
    let sent = request
    let task = loop.spawn { [self] in
      do {
        let response = try await fetch(sent, raisesErrors: false)
        head.finish(.success(response))
        stream.finish(.success(()))
      } catch {
        head.finish(.failure(error))
        stream.finish(.failure(error))
      }
    }
    defer { task.cancel() }
    let response = try await head.value()
    if raisesErrors { try response.rethrow() }
    return try await body(response, stream)
  }
}
