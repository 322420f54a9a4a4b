// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

public import GaleCore

/// An answer as a value: status, header and body.
///
/// ```swift
/// .post("/users") { handler in
///   Response(status: 201, headers: ["Location": "/users/7"], encoding: user)
/// }
/// .get("/clock") { handler in
///   Response(contentType: "text/plain") { writer in
///     for _ in 0..<10 {
///       try await writer.write("tick\n")
///       try await writer.flush()
///       try await handler.loop.sleep(for: .seconds(1))
///     }
///   }
/// }
/// ```
public struct Response: ResponseConvertible {
  /// The status.
  public var status: Int
  /// Header fields, which replace what the handler has of the same names; one that stands twice is sent twice.
  public var headers: [(name: String, value: String)]
  /// The fields that follow the body; see ``RequestHandler/announceTrailers(_:)``.
  public var trailers: [String] = []
  private let body: (RequestHandler) async throws -> Void

  private init(
    _ status: Int, _ headers: KeyValuePairs<String, String>, _ contentType: String?,
    body: @escaping (RequestHandler) async throws -> Void
  ) {
    self.status = status
    self.headers = headers.map { ($0.key, $0.value) }
    if let contentType { self.headers.append(("Content-Type", contentType)) }
    self.body = body
  }

  /// An answer without a body.
  public init(status: Int, headers: KeyValuePairs<String, String> = [:]) {
    self.init(status, headers, nil) { _ in }
  }

  /// An answer with `text`, as HTML unless `contentType` says otherwise.
  public init(
    status: Int = 200, headers: KeyValuePairs<String, String> = [:], contentType: String? = nil,
    _ text: String
  ) {
    self.init(status, headers, contentType) { $0.write(text) }
  }

  /// An answer with `bytes`.
  public init(
    status: Int = 200, headers: KeyValuePairs<String, String> = [:],
    contentType: String = "application/octet-stream", _ bytes: [UInt8]
  ) {
    self.init(status, headers, contentType) { $0.write(bytes) }
  }

  /// An answer with `json`.
  public init(status: Int = 200, headers: KeyValuePairs<String, String> = [:], json: JSONValue) {
    self.init(status, headers, "application/json; charset=UTF-8") { $0.write(jsonEncode(json)) }
  }

  /// An answer with `value` in the form that the client prefers, as ``RequestHandler/write(encoding:)``.
  public init<T: Encodable>(
    status: Int = 200, headers: KeyValuePairs<String, String> = [:], encoding value: T
  ) {
    self.init(status, headers, nil) { try $0.write(encoding: value) }
  }

  /// An answer that `write` writes piece by piece, while the client takes it.
  /// - Parameters:
  ///   - status: See ``status``.
  ///   - headers: See ``headers``.
  ///   - contentType: The type of the content.
  ///   - trailers: See ``trailers``.
  ///   - write: What it throws once a part was sent cuts the connection: the client sees that the answer is not whole.
  public init(
    status: Int = 200, headers: KeyValuePairs<String, String> = [:], contentType: String,
    trailers: [String] = [], write: @escaping (ResponseWriter) async throws -> Void
  ) {
    self.init(status, headers, contentType) { try await write(ResponseWriter($0)) }
    self.trailers = trailers
  }

  /// An answer of the pieces of `chunks`, each of which is sent when it comes.
  public init<Chunks: AsyncSequence>(
    status: Int = 200, headers: KeyValuePairs<String, String> = [:], contentType: String, chunks: Chunks
  ) where Chunks.Element == [UInt8] {
    self.init(status, headers, contentType) { handler in
      let writer = ResponseWriter(handler)
      for try await chunk in chunks {
        try await writer.write(chunk)
        try await writer.flush()
      }
    }
  }

  /// Writes status, header and body.
  public func write(to handler: RequestHandler) async throws {
    handler.setStatus(status)
    for (index, field) in headers.enumerated() {
      let isFirst = !headers[..<index].contains { $0.name.lowercased() == field.name.lowercased() }
      if isFirst {
        try handler.setHeader(field.name, field.value)
      } else {
        try handler.addHeader(field.name, field.value)
      }
    }
    if !trailers.isEmpty { try handler.announceTrailers(trailers) }
    try await body(handler)
  }
}

/// Writes the body of an answer piece by piece.
///
/// What is written is collected until it is 16 KiB, or ``flush()`` is called; then it is sent, and whoever writes waits
/// until the client's side has room. An answer that stays below that has a `Content-Length`, a longer one is chunked.
public struct ResponseWriter {
  private let handler: RequestHandler
  private static let flushByteCount = 16 * 1024

  init(_ handler: RequestHandler) { self.handler = handler }

  /// Adds text.
  /// - Throws: ``/GaleLoop/StreamError`` when the client is gone.
  public func write(_ text: String) async throws {
    handler.write(text)
    try await flushIfMuch()
  }

  /// Adds bytes.
  /// - Throws: ``/GaleLoop/StreamError`` when the client is gone.
  public func write(_ bytes: [UInt8]) async throws {
    handler.write(bytes)
    try await flushIfMuch()
  }

  /// Sends what was written, as ``RequestHandler/flush()``.
  public func flush() async throws { try await handler.flush() }

  /// Sets a field that follows the body, as ``RequestHandler/setTrailer(_:_:)``.
  public func setTrailer(_ name: String, _ value: String) throws { try handler.setTrailer(name, value) }

  private func flushIfMuch() async throws {
    if handler.writeBuffer.count >= Self.flushByteCount { try await handler.flush() }
  }
}
