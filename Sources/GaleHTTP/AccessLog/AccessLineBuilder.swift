// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleLoop

/// Where the lines of an access log are put together: room that is used again, and texts that few lines differ in.
///
/// Belongs to a loop's thread.
final class AccessLineBuilder {
  private(set) var bytes: [UInt8] = []
  private var clockSeconds = Int.min
  private var clock: [UInt8] = []
  private var journalTime: [UInt8] = []
  private var isoSeconds: [UInt8] = []
  private var isoZone: [UInt8] = []

  init() { bytes.reserveCapacity(512) }

  func clear() { bytes.removeAll(keepingCapacity: true) }

  // MARK: - Bytes

  func append(_ byte: UInt8) { bytes.append(byte) }

  func append(_ text: StaticString) {
    text.withUTF8Buffer { unsafe bytes.append(contentsOf: $0) }
  }

  func append(_ text: [UInt8]) { bytes.append(contentsOf: text) }

  func append(_ text: String) {
    var text = text
    text.withUTF8 { unsafe bytes.append(contentsOf: $0) }
  }

  /// A number, with zeros before it up to `width` digits.
  func append(decimal number: Int, width: Int = 1) {
    var digits: [20 of UInt8] = .init(repeating: ASCII.zero)
    var rest = number.magnitude
    var start = 20
    while rest > 0 || 20 - start < width {
      start -= 1
      digits[start] = ASCII.zero &+ UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    }
    if number < 0 { bytes.append(ASCII.hyphen) }
    for at in start..<20 { bytes.append(digits[at]) }
  }

  private func append(plain text: Span<UInt8>) {
    unsafe text.withUnsafeBytes { unsafe bytes.append(contentsOf: $0) }
  }

  /// A text that somebody sent, for a line of plain text: control characters, quotes, backslashes and bytes beyond ASCII
  /// are escaped.
  func append(escaped text: Span<UInt8>) {
    for at in text.indices where AccessLineBuilder.isSpecial(text[at]) {
      append(plain: text.extracting(..<at))
      return appendSlowly(text.extracting(at...))
    }
    append(plain: text)
  }

  private func appendSlowly(_ text: Span<UInt8>) {
    for at in text.indices {
      let byte = text[at]
      switch byte {
      case ASCII.quote, ASCII.backslash:
        bytes.append(ASCII.backslash)
        bytes.append(byte)
      case _ where AccessLineBuilder.isSpecial(byte):
        append("\\x" as StaticString)
        appendHex(byte)
      default: bytes.append(byte)
      }
    }
  }

  private static func isSpecial(_ byte: UInt8) -> Bool {
    byte < 0x20 || byte >= 0x7F || byte == ASCII.quote || byte == ASCII.backslash
  }

  private func appendHex(_ byte: UInt8) {
    for digit in [byte >> 4, byte & 15] { bytes.append(digit < 10 ? ASCII.zero + digit : 0x57 + digit) }
  }

  /// A text that somebody sent, as a JSON string: U+FFFD stands for bytes that are no UTF-8.
  func append(json text: Span<UInt8>) {
    bytes.append(ASCII.quote)
    var isPlain = true
    for at in text.indices where AccessLineBuilder.isSpecial(text[at]) {
      isPlain = false
      break
    }
    if isPlain {
      append(plain: text)
    } else {
      let valid = String(decoding: unsafe text.withUnsafeBytes { unsafe Array($0) }, as: UTF8.self)
      for byte in valid.utf8 { appendJSON(byte) }
    }
    bytes.append(ASCII.quote)
  }

  private func appendJSON(_ byte: UInt8) {
    switch byte {
    case ASCII.quote, ASCII.backslash:
      bytes.append(ASCII.backslash)
      bytes.append(byte)
    case 0..<0x20, 0x7F:
      append("\\u00" as StaticString)
      appendHex(byte)
    default: bytes.append(byte)
    }
  }

  // MARK: - Times

  private func setClock(_ seconds: Int) {
    guard seconds != clockSeconds else { return }
    clockSeconds = seconds
    clock = Array(LogTime.makeText(seconds, "[%d/%b/%Y:%H:%M:%S %z]").utf8)
    journalTime = Array(LogTime.makeText(seconds, "%y%m%d %H:%M:%S").utf8)
    isoSeconds = Array(LogTime.makeText(seconds, "%Y-%m-%dT%H:%M:%S").utf8)
    // strftime's zone has no colon, RFC 3339's has one.
    let zone = Array(LogTime.makeText(seconds, "%z").utf8)
    isoZone = zone.count == 5 ? Array(zone[..<3]) + [ASCII.colon] + Array(zone[3...]) : [0x5A]
  }

  /// `[28/Nov/2026:10:00:00 +0000]`.
  func appendClock(_ wallNanoseconds: Int64) {
    setClock(Int(wallNanoseconds / 1_000_000_000))
    append(clock)
  }

  /// `261128 10:00:00`.
  func appendTornadoTime(_ wallNanoseconds: Int64) {
    setClock(Int(wallNanoseconds / 1_000_000_000))
    append(journalTime)
  }

  /// `2026-11-28T10:00:00.123+00:00`.
  func appendTimestamp(_ wallNanoseconds: Int64) {
    setClock(Int(wallNanoseconds / 1_000_000_000))
    append(isoSeconds)
    bytes.append(0x2E)
    append(decimal: Int(wallNanoseconds / 1_000_000 % 1000), width: 3)
    append(isoZone)
  }

  /// `127.0.0.1`; 0.0.0.0 behind a Unix socket.
  func append(_ address: SocketAddress) {
    switch address.storage {
    case .ipv4(let host, _):
      for shift: UInt32 in [24, 16, 8, 0] {
        append(decimal: Int(host >> shift & 255))
        if shift > 0 { bytes.append(0x2E) }
      }
    case .path: append("0.0.0.0" as StaticString)
    case .ipv6: append(address.host)
    }
  }
}
