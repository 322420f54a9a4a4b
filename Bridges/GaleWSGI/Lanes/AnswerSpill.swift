// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleCore
import GaleHTTP
import GaleLoop
import GaleWire

/// Keeps in a temporary file what `write` was given in the lane `inline` while the client did not take it, and sends
/// it piece by piece.
final class AnswerSpill {
  private let request: HTTPServerRequest
  private let connection: any HTTPConnection
  private let file: TemporaryFile
  /// How much of the file is with the connection.
  private var position = 0
  private var emptied: (() -> Void)?

  /// The most that is kept, 1 GiB.
  static let limit = 1 << 30
  private static let pieceSize = 64 * 1024
  /// How much one turn passes on.
  private static let portion = 1 << 20

  /// Starts where the connection has much unsent; `nil` when there can be no file.
  init?(_ request: HTTPServerRequest) {
    guard let file = TemporaryFile() else { return nil }
    self.file = file
    self.request = request
    connection = request.connection
    connection.whenDrained(request) { [self] in send() }
  }

  /// Whether everything is with the connection.
  var isEmpty: Bool { position == file.byteCount }

  /// Adds a part of the answer; `false` when there is no room.
  func append(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard file.byteCount + bytes.count <= Self.limit else { return false }
    return unsafe file.append(bytes)
  }

  /// Calls `body` once everything is with the connection, or nobody wants it any more.
  func whenEmpty(_ body: @escaping () -> Void) {
    guard !isEmpty, !request.responseFinished else { return body() }
    emptied = body
  }

  private func send() {
    var count = 0
    while !isEmpty, !request.responseFinished {
      guard count < Self.portion else { return connection.loop.addLocalCallback { [self] in send() } }
      guard let piece = file.read(at: position, upTo: Self.pieceSize) else {
        request.abort()
        break
      }
      do throws(HTTPOutputError) { try connection.write(piece.span, for: request) } catch {
        request.abort()
        break
      }
      position += piece.count
      count += piece.count
      connection.flush(for: request)
      if connection.unsentCount > 0 { return connection.whenDrained(request) { [self] in send() } }
    }
    let body = emptied
    emptied = nil
    body?()
  }
}

#endif
