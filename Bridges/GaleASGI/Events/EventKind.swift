// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GalePython

/// What an application can send: the `type` of an event.
enum EventKind: String {
  case responseStart = "http.response.start"
  case responseBody = "http.response.body"
  case responseTrailers = "http.response.trailers"
  case pathSend = "http.response.pathsend"
  case earlyHint = "http.response.early_hint"
  case webSocketAccept = "websocket.accept"
  case webSocketSend = "websocket.send"
  case webSocketClose = "websocket.close"
  case denialStart = "websocket.http.response.start"
  case denialBody = "websocket.http.response.body"
  case startupComplete = "lifespan.startup.complete"
  case startupFailed = "lifespan.startup.failed"
  case shutdownComplete = "lifespan.shutdown.complete"
  case shutdownFailed = "lifespan.shutdown.failed"

  /// - Throws: `ValueError` for a type that there is not, `TypeError` for what is no `str`.
  init(_ python: borrowing Attached, _ type: borrowing PythonObject) throws {
    if let kind = unsafe type.withUnsafeLatin1(python, { unsafe Self.frequent($0) }), let kind {
      self = kind
      return
    }
    let text = try type.string(python)
    guard let kind = EventKind(rawValue: text) else {
      throw PythonException(.valueError, "no event of type \"\(text)\" is expected here")
    }
    self = kind
  }

  /// Those that come often are told apart without making a `String` of them.
  private static func frequent(_ bytes: UnsafeRawBufferPointer) -> EventKind? {
    // SAFETY: the bytes are lent for the call.
    let text = unsafe Span(_unsafeElements: bytes.bindMemory(to: UInt8.self))
    switch text.count {
    case 19: return text.isEqual(to: "http.response.start") ? .responseStart : nil
    case 18: return text.isEqual(to: "http.response.body") ? .responseBody : nil
    case 14: return text.isEqual(to: "websocket.send") ? .webSocketSend : nil
    default: return nil
    }
  }
}

#endif
