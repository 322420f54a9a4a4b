// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleWire
import TestSupport
import Testing

@Suite("httputil: random input")
struct RandomInputTests {
  /// Pieces that mean something to one of the readers.
  static let pieces: [[UInt8]] =
    [
      "\r\n", "--b", "--", "\r", "\n", ";", "=", "\"", "\\", "%", "%41", "&", "+", "'", "*", "*0", "*1*",
      "bytes=", "-",
      "0", "9", "99999999999999999999", "[", "]", ":", "::", ".", "1.2.3.4", "v1.", ",", "W/", "/",
      "Content-Disposition:",
      "form-data", "name", "filename", "utf-8''", "\\054", "&#", "&#x", "&lt", "GMT", " ", "Sun, 06 Nov 1994",
      "{", "}",
      "\\u", "d800", "null", "1e", "-1", "#", "?", "gz", "a", "é",
    ].map { Array($0.utf8) } + [[0xFF], [0x00], [0x7F], [0xC3]]

  @Test(arguments: 0..<8 as Range<UInt64>)
  func `no input traps`(_ seed: UInt64) {
    var generator = SeededGenerator(seed)
    for _ in 0..<1500 {
      var bytes: [UInt8] = []
      for _ in 0..<Int.random(in: 0...14, using: &generator) {
        bytes += Self.pieces.randomElement(using: &generator) ?? []
      }
      read(bytes)
    }
  }

  private func read(_ bytes: [UInt8]) {
    let text = String(validatingOrLatin1: bytes)
    _ = try? jsonDecode(bytes)
    _ = try? parseQueryString(bytes.span)
    #expect(urlUnescape(urlEscape(text)) == text)
    #expect(xhtmlUnescape(xhtmlEscape(text)) == text)
    #expect((try? jsonDecode(jsonEscape(text))) == .string(text))
    _ = xhtmlUnescape(text)
    _ = squeeze(text)
    _ = HTTPDate(parsing: bytes.span, relativeTo: HTTPDate(unixSeconds: .min))
    _ = Cookies(parsing: bytes.span).dictionary
    _ = HeaderParameters(parsing: bytes.span)
    _ = MediaType(parsing: text)
    _ = HostHeader(parsing: bytes.span)
    _ = splitHostAndPort(text)
    _ = ETag.matches(text, ifNoneMatch: text)
    _ = MIMEType.contentType(forPath: text)
    _ = isLocalRedirectTarget(text)
    _ = urlConcat(text, [(text, text)])
    for size in [0, 10, Int.max] { _ = ByteRange(parsing: text, size: size).contentRange(size: size) }
    if let field = try? SetCookie(text, text, domain: text, path: text).headerValue() {
      #expect(!field.utf8.contains { $0 < 0x20 || $0 == 0x7F })
    }
    let prefix = Array("--b\r\nContent-Disposition: form-data; name=a".utf8)
    for body in [bytes, prefix + bytes, prefix + bytes + Array("\r\n--b--".utf8)] {
      _ = try? MultipartFormData(parsing: body, boundary: "b")
    }
    _ = try? FormBody(parsing: bytes, contentType: "multipart/form-data; " + text)
  }
}
