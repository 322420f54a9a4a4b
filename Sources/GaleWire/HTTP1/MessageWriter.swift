// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

package import GaleCore

/// How the end of a message's body is told (RFC 9112, section 6).
package enum BodyFraming: Equatable, Sendable {
  /// There is no body: an answer to HEAD, or 1xx, 204, 304.
  case none
  /// Exactly so many more bytes.
  case length(remaining: Int)
  /// Chunks.
  case chunked
  /// All bytes until the connection ends.
  case untilClose
}

/// Why an answer cannot be written as the application wants it.
///
/// Tornado's `HTTPOutputError`.
public struct HTTPOutputError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The text that logs and messages show.
  public let description: String
  package init(_ description: String) { self.description = description }
}

/// Writes messages (RFC 9112, sections 3 to 7), as pure functions onto a buffer.
package enum MessageWriter {
  /// Writes a status line; the reason must have been checked.
  package static func writeStatusLine(_ status: Int, reason: String?, to buffer: ByteBuffer) {
    if status == 200, reason == nil {
      buffer.append("HTTP/1.1 200 OK\r\n" as StaticString)
      return
    }
    buffer.append("HTTP/1.1 " as StaticString)
    buffer.append(decimal: status)
    buffer.append(ASCII.space)
    buffer.append(reason ?? HTTPStatus(status).reason)
    buffer.append("\r\n" as StaticString)
  }

  /// Writes the head of a chunk of `count` bytes.
  package static func writeChunkHead(_ count: Int, to buffer: ByteBuffer) {
    buffer.append(hexadecimal: count)
    buffer.append("\r\n" as StaticString)
  }

  /// Writes what ends a chunked body.
  package static func writeLastChunk(trailers: HTTPHeaders?, to buffer: ByteBuffer) {
    buffer.append("0\r\n" as StaticString)
    trailers?.write(to: buffer)
    buffer.append("\r\n" as StaticString)
  }
}
