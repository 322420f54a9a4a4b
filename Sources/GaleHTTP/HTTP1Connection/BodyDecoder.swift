// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleWire

/// Takes the content coding off a request's body as it comes.
///
/// What comes out is held to the body's limit, which may be changed until the first piece.
final class BodyDecoder {
  private let coding: String
  private var decoder: ContentDecoder?

  /// - Parameter coding: One that ``/GaleWire/ContentDecoder`` knows.
  init(_ coding: String) { self.coding = coding }

  func decode(_ bytes: Span<UInt8>, limit: Int) throws(HTTPInputError) -> [UInt8] {
    let output = ByteBuffer(capacity: min(max(bytes.count * 4, 512), 1 << 18))
    do throws(CompressionError) {
      if decoder == nil { decoder = ContentDecoder(coding: coding, limit: limit) }
      try decoder?.decode(bytes, into: output)
    } catch {
      throw BodyDecoder.inputError(error)
    }
    return output.take(output.count)
  }

  func finish() throws(HTTPInputError) {
    do throws(CompressionError) { try decoder?.finish() } catch { throw BodyDecoder.inputError(error) }
  }

  private static func inputError(_ error: CompressionError) -> HTTPInputError {
    error.code == .limitExceeded
      ? HTTPInputError(.bodyTooLarge, "The decoded body is too long")
      : HTTPInputError(.invalidBody, error.message)
  }
}

extension HTTP1ServerConnection {
  /// Has the body decoded if it is in a coding that is known; others are for the handler.
  func beginDecoding(_ request: HTTPServerRequest) {
    guard let coding = request.headers["Content-Encoding"],
      ContentDecoder(coding: coding, limit: 0) != nil
    else { return }
    request.bodyDecoder = BodyDecoder(coding)
    request.consumedContentEncoding = coding
    request.head.removeFields("Content-Encoding")
  }
}
