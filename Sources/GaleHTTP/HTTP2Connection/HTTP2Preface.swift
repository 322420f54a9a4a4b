// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if HTTP2

import GaleLoop

/// Tells by a connection's first bytes whether they are HTTP/2 (RFC 9113, sections 3.2 to 3.4).
enum HTTP2Preface {
  enum Answer { case absent, incomplete, present }

  private static let bytes = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

  /// Over TLS what was agreed on counts; otherwise the client says it by beginning with the preface.
  static func check(_ received: Span<UInt8>, on stream: IOStream) -> Answer {
    #if TLS
    if let stream = stream as? TLSStream {
      // A preface that is wrong is nghttp2's affair.
      return stream.applicationProtocol == "h2" ? .present : .absent
    }
    #endif
    let count = min(received.count, bytes.count)
    for at in 0..<count where received[at] != bytes[at] { return .absent }
    return count == bytes.count ? .present : .incomplete
  }
}

#endif
