// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleHTTP
import GaleLoop

/// The pieces of a streamed body between the connection and the handler's task.
///
/// What waits is bounded: beyond ``capacity`` the client is held back.
@safe
final class RequestBodyQueue {
  /// 64 KiB.
  static let capacity = 64 * 1024

  private let request: HTTPServerRequest
  private var chunks: [[UInt8]] = []
  private var byteCount = 0
  private var hasEnded = false
  private var hasFailed = false
  private var waiter: UnsafeContinuation<Void, Never>?

  init(_ request: HTTPServerRequest) { self.request = request }

  func add(_ chunk: [UInt8]) {
    chunks.append(chunk)
    byteCount += chunk.count
    if byteCount >= Self.capacity { request.connection.setBodyPaused(true, for: request) }
    wake()
  }

  /// Lets a body come that was held back from its beginning.
  func begin() {
    if chunks.isEmpty { request.connection.setBodyPaused(false, for: request) }
  }

  func end() {
    hasEnded = true
    wake()
  }

  func fail() {
    hasFailed = true
    wake()
  }

  private func wake() {
    // SAFETY: taken out before it is resumed.
    let waiting = unsafe waiter
    unsafe waiter = nil
    unsafe waiting?.resume()
  }

  /// The next piece, or `nil` at the end.
  func next() async throws -> [UInt8]? {
    while true {
      if !chunks.isEmpty {
        let chunk = chunks.removeFirst()
        byteCount -= chunk.count
        if byteCount < 32 * 1024 { request.connection.setBodyPaused(false, for: request) }
        return chunk
      }
      if hasFailed { throw StreamError.closed() }
      if hasEnded { return nil }
      await unsafe withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
        unsafe waiter = continuation
      }
    }
  }
}
