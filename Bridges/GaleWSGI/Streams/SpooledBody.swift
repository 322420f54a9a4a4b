// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleHTTP
import GalePython
import GaleWire
import Logging

/// Collects a long body for the lane `inline`: its beginning in memory, the rest in a temporary file.
final class SpooledBody: HTTPMessageDelegate, BodySource {
  /// What is kept in memory.
  static let memoryLimit = 256 * 1024
  private static let pieceSize = 64 * 1024

  private let lane: InlineLane
  private var memory: [UInt8] = []
  private var file: TemporaryFile?
  /// How much of the file was read.
  private var position = 0
  /// The body's length, once it is complete.
  private(set) var byteCount = 0

  init(_ request: HTTPServerRequest, _ lane: InlineLane) {
    self.lane = lane
    // A body that will be refused is not asked for (RFC 9110, section 10.1.1).
    if request.head.contentLength <= request.maxBodySize { request.sendContinue() }
  }

  var bodyDelivery: HTTPBodyDelivery { .streamed }

  func dataReceived(_ chunk: [UInt8], _ request: HTTPServerRequest) {
    guard !request.responseFinished else { return }
    byteCount += chunk.count
    if file == nil, byteCount <= Self.memoryLimit {
      memory += chunk
      return
    }
    file = file ?? TemporaryFile()
    // SAFETY: the bytes are written before the call returns.
    let isKept = unsafe chunk.withUnsafeBytes { unsafe file?.append($0) ?? false }
    guard !isKept else { return }
    WSGILog.logger.error("A request's body fits into no temporary file\n\(request.summary)")
    ServerAnswer.send(500, request)
  }

  func finish(_ request: HTTPServerRequest) {
    guard !request.responseFinished else { return }
    lane.answer(request, self)
  }

  func take(_ python: borrowing Attached) throws(PythonException) -> [UInt8]? {
    if !memory.isEmpty {
      let beginning = memory
      memory = []
      return beginning
    }
    guard let file, position < file.byteCount else { return nil }
    guard let piece = file.read(at: position, upTo: Self.pieceSize) else {
      throw PythonException(
        .connectionResetError, "The request's body cannot be read from its temporary file")
    }
    position += piece.count
    return piece
  }
}

#endif
