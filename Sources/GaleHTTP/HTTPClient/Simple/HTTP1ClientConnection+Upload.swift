// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleLoop
import GaleWire

/// What is still to be sent of a request's body.
enum Upload {
  case none
  /// The bytes from a place on.
  case bytes([UInt8], Int)
  case file(HTTPClientFile)
  /// A file that the stream has.
  case sending(HTTPClientFile)
  /// So many bytes of a producer; −1 for chunks.
  case producer(remaining: Int)

  var isComplete: Bool {
    if case .none = self { true } else { false }
  }
}

extension HTTP1ClientConnection {
  /// How much of a body is handed to the stream at a time.
  private static let pieceSize = 256 * 1024

  func beginUpload(_ exchange: HTTPClientExchange) {
    isAwaitingContinue = exchange.options.expectsContinue ?? false
    switch exchange.body {
    case .none: upload = .none
    case .bytes(let bytes): upload = bytes.isEmpty ? .none : .bytes(bytes, 0)
    case .file(let file): upload = file.length == 0 ? .none : .file(file)
    case .producer(let length, let produce):
      upload = .producer(remaining: length ?? -1)
      beginProducing(exchange, produce)
    }
    if upload.isComplete { isAwaitingContinue = false }
    if isAwaitingContinue {
      // RFC 9110, section 10.1.1: not for ever, since a server may not know about it.
      continueTimer = loop.callLater(.seconds(1)) { [unowned self] in serverContinues() }
      stream.flush()
    } else {
      pumpUpload()
    }
  }

  private func beginProducing(
    _ exchange: HTTPClientExchange, _ produce: @escaping (HTTPBodyWriter) async throws -> Void
  ) {
    let gate = isAwaitingContinue ? Completion<Void>(on: loop) : nil
    self.gate = gate
    // Started in the task that fetches, whose task-local values the producer sees.
    uploadTask = loop.spawn { [self] in
      do {
        try await gate?.value()
        try await produce(HTTPBodyWriter { [unowned self] in try await write($0, for: exchange) })
        try finishProducing(exchange)
      } catch {
        // Of an exchange that is over nobody wants to hear.
        if self.exchange === exchange, !upload.isComplete, !hasAnswer { fail(error) }
      }
    }
  }

  private var hasAnswer: Bool { phase == .body }

  private func write(_ bytes: [UInt8], for exchange: HTTPClientExchange) async throws {
    guard self.exchange === exchange, case .producer(let remaining) = upload, !hasAnswer else {
      throw HTTPClientError(.connectionClosed, "The server has answered already, or is gone")
    }
    if remaining < 0 {
      MessageWriter.writeChunkHead(bytes.count, to: stream.output)
      stream.output.append(bytes)
      stream.output.append("\r\n" as StaticString)
    } else {
      guard bytes.count <= remaining else {
        throw HTTPClientError(
          .wrongBodyLength, "Tried to write \(bytes.count - remaining) bytes more than Content-Length")
      }
      upload = .producer(remaining: remaining - bytes.count)
      stream.output.append(bytes)
    }
    stream.flush()
    try await stream.drain()
  }

  private func finishProducing(_ exchange: HTTPClientExchange) throws {
    guard self.exchange === exchange, case .producer(let remaining) = upload, !hasAnswer else { return }
    guard remaining <= 0 else {
      throw HTTPClientError(
        .wrongBodyLength, "Tried to write \(remaining) bytes less than Content-Length")
    }
    if remaining < 0 { MessageWriter.writeLastChunk(trailers: nil, to: stream.output) }
    upload = .none
    pumpUpload()
  }

  /// The server wants the body, or says nothing.
  func serverContinues() {
    guard isAwaitingContinue else { return }
    isAwaitingContinue = false
    if let continueTimer { loop.removeTimeout(continueTimer) }
    continueTimer = nil
    gate?.finish(.success(()))
    gate = nil
    pumpUpload()
  }

  /// Hands the stream what it can take of the body, and sends it.
  func pumpUpload() {
    guard !isPumping, !isAwaitingContinue, exchange != nil else { return }
    isPumping = true
    defer { isPumping = false }
    while true {
      switch upload {
      case .bytes(let bytes, let start):
        let end = min(start + HTTP1ClientConnection.pieceSize, bytes.count)
        stream.output.append(bytes[start..<end])
        upload = end < bytes.count ? .bytes(bytes, end) : .none
      case .file(let file):
        upload = .sending(file)
        stream.enqueueFile(file.descriptor, offset: 0, count: file.length)
      case .sending: if !stream.isSendingFile { upload = .none }
      case .none, .producer: break
      }
      stream.flush()
      guard !stream.isClosed, exchange != nil else { return }
      if case .none = upload, !stream.hasUnsent { return requestSent() }
      if case .producer = upload { return }
      if stream.hasUnsent { return }
    }
  }

  /// The server has answered: what it has not got of the body it does not need.
  func stopUpload() {
    isAwaitingContinue = false
    if let continueTimer { loop.removeTimeout(continueTimer) }
    continueTimer = nil
    if !upload.isComplete { uploadTask?.cancel() }
  }
}
