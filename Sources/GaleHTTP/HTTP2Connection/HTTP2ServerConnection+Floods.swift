// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if HTTP2

import CNGHTTP2
import GaleLoop
import GaleWire

/// Counts what a client sends that costs us more than it costs the client.
struct FloodCounts {
  private let settings: HTTP2Configuration
  private let interval: Int64
  private var start = Int64.min
  private var resets = 0
  private var streamErrors = 0
  private var controlFrames = 0
  private var continuations = 0
  private var sentByteCount = 0
  /// What was decoded of the present header block.
  private var decoded = 0

  init(_ settings: HTTP2Configuration) {
    self.settings = settings
    interval = settings.floodInterval.timeoutNanoseconds
  }

  /// Counts anew after an interval.
  private mutating func look(_ now: Int64) {
    guard start == .min || now - start >= interval else { return }
    start = now
    resets = 0
    streamErrors = 0
    controlFrames = 0
  }

  /// Notes that a frame begins; `false` when it is one too many.
  mutating func frame(_ type: UInt32, isEmptyData: Bool, at now: Int64) -> Bool {
    switch type {
    case NGHTTP2_HEADERS.rawValue:
      continuations = 0
      decoded = 0
    case NGHTTP2_CONTINUATION.rawValue:
      continuations += 1
      return continuations <= settings.continuationCount
    case NGHTTP2_DATA.rawValue: if isEmptyData { return control(now) }
    case NGHTTP2_RST_STREAM.rawValue:
      look(now)
      resets += 1
      return resets <= settings.resetCount
    default: return control(now)
    }
    return true
  }

  private mutating func control(_ now: Int64) -> Bool {
    look(now)
    controlFrames += 1
    return controlFrames <= settings.controlFrameCount
  }

  /// Requests come with frames for their priority and window.
  mutating func requestStarted() { controlFrames = max(0, controlFrames - 2) }

  /// Data that is sent comes back as window updates.
  mutating func dataSent(_ count: Int) {
    sentByteCount += count
    guard sentByteCount >= 1024 else { return }
    controlFrames = max(0, controlFrames - sentByteCount / 1024)
    sentByteCount %= 1024
  }

  /// Notes that the server cancelled a stream because of the client.
  mutating func streamError(at now: Int64) -> Bool {
    look(now)
    streamErrors += 1
    return streamErrors <= settings.streamErrorCount
  }

  /// Notes a decoded field; `false` when the block has grown far beyond `limit`, which is answered already.
  mutating func field(_ byteCount: Int, limit: Int) -> Bool {
    decoded += byteCount
    return decoded <= 4 * limit
  }
}

extension HTTP2ServerConnection {
  /// A frame begins; `false` to end the connection.
  func frameBegins(type: UInt32, isEmptyData: Bool) -> Bool {
    counts.frame(type, isEmptyData: isEmptyData, at: loop.turnTime) || calm()
  }

  /// A field was decoded; `false` to end the connection.
  func fieldCame(byteCount: Int) -> Bool {
    counts.field(byteCount, limit: context.configuration.limits.head) || calm()
  }

  private func calm() -> Bool {
    failure = NGHTTP2_ENHANCE_YOUR_CALM
    return false
  }

  /// A stream was cancelled by this side.
  func resetSent(_ code: UInt32) {
    // After a whole answer it costs the client as much as any request; an answer that fails is our own affair.
    guard code != NGHTTP2_NO_ERROR.rawValue, code != NGHTTP2_INTERNAL_ERROR.rawValue else { return }
    guard !counts.streamError(at: loop.turnTime) else { return }
    loop.addLocalCallback { [self] in terminate(NGHTTP2_ENHANCE_YOUR_CALM) }
  }
}

#endif
