// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleHTTP
import GaleLoop
import GalePython

/// Carries a body from the loop to the thread of an application that reads it while it comes.
///
/// At most ``limit`` bytes and what one read of the socket brought wait here; then the client is held back.
final class BodyStream: BodySource, Sendable {
  private struct State {
    var bytes: [UInt8] = []
    var isPaused = false
    var hasEnded = false
    var isBroken = false
  }

  private let state = Monitor(State())
  private let loop: IOLoop
  /// The request until its body is over: what an application keeps of `wsgi.input` shall not keep that too.
  private final class Source {
    var request: HTTPServerRequest?
    init(_ request: HTTPServerRequest) { self.request = request }
  }

  private let source: LoopConfined<Source>
  private static let limit = 256 * 1024

  init(_ request: HTTPServerRequest) {
    loop = request.context.loop
    source = LoopConfined(Source(request))
  }

  // MARK: - The loop's side

  /// More of the body has come.
  func append(_ bytes: [UInt8]) {
    let mustPause = state.withLock { state in
      if state.bytes.isEmpty { state.bytes = bytes } else { state.bytes += bytes }
      guard state.bytes.count > Self.limit, !state.isPaused else { return false }
      state.isPaused = true
      return true
    }
    if mustPause, let request = source.value.request { request.connection.setBodyPaused(true, for: request) }
    state.signal()
  }

  /// The body is complete, or with `isBroken` it will never be.
  func end(isBroken: Bool) {
    state.withLock { state in
      if !state.hasEnded { state.isBroken = isBroken }
      state.hasEnded = true
    }
    source.value.request = nil
    state.broadcast()
  }

  // MARK: - The application's side

  private enum Taken {
    case bytes([UInt8], wasPaused: Bool)
    case end
    case broken
  }

  private static func take(_ state: inout State) -> Taken? {
    if !state.bytes.isEmpty {
      let taken = Taken.bytes(state.bytes, wasPaused: state.isPaused)
      state.bytes = []
      state.isPaused = false
      return taken
    }
    if state.isBroken { return .broken }
    return state.hasEnded ? .end : nil
  }

  /// What has come; `nil` at the body's end.
  ///
  /// Waits for it without the interpreter's lock.
  ///
  /// - Throws: `ConnectionResetError` when the body broke off: an early end is no end.
  func take(_ python: borrowing Attached) throws(PythonException) -> [UInt8]? {
    let there = state.withLock { Self.take(&$0) }
    let taken = there ?? wait(python)
    switch taken {
    case .bytes(let bytes, let wasPaused):
      if wasPaused {
        loop.addCallback { [source] in
          if let request = source.value.request { request.connection.setBodyPaused(false, for: request) }
        }
      }
      return bytes
    case .end: return nil
    case .broken: throw PythonException(.connectionResetError, "The request's body broke off")
    }
  }

  private func wait(_ python: borrowing Attached) -> Taken {
    // Now is the time to say that the body is wanted (RFC 9110, section 10.1.1).
    loop.addCallback { [source] in source.value.request?.sendContinue() }
    return python.detached { [state] in state.waitUntil { Self.take(&$0) } }
  }
}

#endif
