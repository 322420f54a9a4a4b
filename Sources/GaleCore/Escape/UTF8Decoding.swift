// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

extension String {
  /// Makes text of bytes from a peer: UTF-8 when they are valid UTF-8, Latin-1 otherwise; never fails.
  ///
  /// HTTP does not say in which encoding a peer's bytes are (RFC 9110, section 5.5). Text that is valid
  /// UTF-8 by chance but meant as Latin-1 is rare enough for everybody to make this choice.
  ///
  /// - Complexity: O(*n*).
  package init(validatingOrLatin1 bytes: Span<UInt8>) {
    do {
      self.init(copying: try UTF8Span(validating: bytes))
    } catch {
      let utf8 = [UInt8](capacity: bytes.count &* 2) { output in
        for index in bytes.indices { appendLatin1(bytes[index], to: &output) }
      }
      self.init(decoding: utf8, as: UTF8.self)
    }
  }

  /// Makes text of bytes from a peer: UTF-8 when they are valid UTF-8, Latin-1 otherwise; never fails.
  package init(validatingOrLatin1 bytes: [UInt8]) {
    self.init(validatingOrLatin1: bytes.span)
  }

  /// Makes text of bytes from a peer: UTF-8 when they are valid UTF-8, Latin-1 otherwise; never fails.
  package init(validatingOrLatin1 bytes: ArraySlice<UInt8>) {
    self.init(validatingOrLatin1: bytes.span)
  }

  /// Makes text of these bytes when they are valid UTF-8, like Tornado's `to_unicode`; `nil` otherwise.
  package init?(validatingUTF8 bytes: Span<UInt8>) {
    do { self.init(copying: try UTF8Span(validating: bytes)) } catch { return nil }
  }
}

/// Appends the UTF-8 of U+0000–U+00FF.
private func appendLatin1(_ byte: UInt8, to output: inout OutputSpan<UInt8>) {
  if byte < 0x80 {
    output.append(byte)
  } else {
    output.append(0xC0 | byte &>> 6)
    output.append(0x80 | byte & 0x3F)
  }
}

extension [UInt8] {
  /// Appends the UTF-8 of `scalar`.
  package mutating func append(utf8Of scalar: Unicode.Scalar) {
    if let encoded = UTF8.encode(scalar) { append(contentsOf: encoded) }
  }
}
