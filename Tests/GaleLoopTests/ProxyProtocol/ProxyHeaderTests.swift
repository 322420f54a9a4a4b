// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import GaleLoop

/// The parts of headers of version 2.
enum ProxyBytes {
  static let signature: [UInt8] = [13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 10]

  static func header(_ command: UInt8, _ kind: UInt8, _ rest: [UInt8], length: Int? = nil) -> [UInt8] {
    let length = length ?? rest.count
    return signature + [command, kind, UInt8(length >> 8), UInt8(length & 255)] + rest
  }

  /// 192.0.2.1:4660 to 198.51.100.2:443.
  static let ipv4: [UInt8] = [192, 0, 2, 1, 198, 51, 100, 2, 0x12, 0x34, 0x01, 0xBB]
  /// 2001:db8::1, port 4660, to 2001:db8::2, port 443.
  static let ipv6: [UInt8] =
    [0x20, 0x01, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]
    + [0x20, 0x01, 0x0D, 0xB8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2] + [0x12, 0x34, 0x01, 0xBB]

  static func paths(_ source: String, _ destination: String) -> [UInt8] {
    [source, destination].flatMap { path in
      Array(path.utf8) + [UInt8](repeating: 0, count: 108 - path.utf8.count)
    }
  }

  static func tlv(_ kind: UInt8, _ value: [UInt8]) -> [UInt8] {
    [kind, UInt8(value.count >> 8), UInt8(value.count & 255)] + value
  }

  /// A header with a checksum, `wrong` if it is to be a wrong one.
  static func checked(isWrong: Bool = false) -> [UInt8] {
    var bytes = header(0x21, 0x11, ipv4 + tlv(0x01, Array("h2".utf8)) + tlv(0x03, [0, 0, 0, 0]))
    let sum = CRC32C.checksum(bytes.span) ^ (isWrong ? 1 : 0)
    bytes.replaceSubrange(
      bytes.count - 4..<bytes.count, with: (0..<4).map { UInt8(truncatingIfNeeded: sum >> (24 - 8 * $0)) })
    return bytes
  }
}

@Suite("proxy protocol: headers")
struct ProxyHeaderTests {
  struct Row: CustomTestStringConvertible {
    let testDescription: String
    let bytes: [UInt8]
    var source: String?
    var destination: String?

    init(_ name: String, _ bytes: [UInt8], _ source: String? = nil, _ destination: String? = nil) {
      testDescription = name
      self.bytes = bytes
      self.source = source
      self.destination = destination
    }

    init(text: String, _ source: String? = nil, _ destination: String? = nil) {
      self.init(text, Array(text.utf8), source, destination)
    }
  }

  static let good: [Row] = [
    Row(
      text: "PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", "255.255.255.255:65535",
      "255.255.255.255:65535"),
    Row(text: "PROXY TCP4 192.0.2.1 198.51.100.2 0 443\r\n", "192.0.2.1:0", "198.51.100.2:443"),
    Row(
      text:
        "PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
      "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535", "[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535"),
    Row(text: "PROXY TCP6 2001:db8::1 ::1 4660 443\r\n", "[2001:db8::1]:4660", "[::1]:443"),
    Row(text: "PROXY UNKNOWN\r\n"),
    Row(
      text:
        "PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n"
    ),
    Row(
      "TCP over IPv4", ProxyBytes.header(0x21, 0x11, ProxyBytes.ipv4), "192.0.2.1:4660", "198.51.100.2:443"),
    Row(
      "TCP over IPv6", ProxyBytes.header(0x21, 0x21, ProxyBytes.ipv6), "[2001:db8::1]:4660",
      "[2001:db8::2]:443"),
    Row(
      "Unix", ProxyBytes.header(0x21, 0x31, ProxyBytes.paths("/run/a", "/run/b")), "unix:/run/a",
      "unix:/run/b"),
    Row(
      "Unix, abstract and unnamed", ProxyBytes.header(0x21, 0x31, ProxyBytes.paths("\0name", "")),
      "unix:\0name", "unix:"),
    Row("LOCAL without addresses", ProxyBytes.header(0x20, 0, [])),
    Row("LOCAL with addresses", ProxyBytes.header(0x20, 0x11, ProxyBytes.ipv4)),
    Row("no kind", ProxyBytes.header(0x21, 0, [])),
    Row("no kind, with an extension", ProxyBytes.header(0x21, 0, ProxyBytes.tlv(0x02, [0x61]))),
    Row("UDP", ProxyBytes.header(0x21, 0x12, ProxyBytes.ipv4)),
    Row(
      "extensions",
      ProxyBytes.header(
        0x21, 0x11,
        ProxyBytes.ipv4 + ProxyBytes.tlv(0x02, Array("a.example".utf8)) + ProxyBytes.tlv(0x04, [])
          + ProxyBytes.tlv(0xEA, [UInt8](repeating: 7, count: 3000))),
      "192.0.2.1:4660", "198.51.100.2:443"),
    Row("a checksum", ProxyBytes.checked(), "192.0.2.1:4660", "198.51.100.2:443"),
  ]

  private func read(_ bytes: [UInt8], _ version: ProxyProtocol.Version) throws -> ProxyHeader? {
    try ProxyHeader.read(bytes.span, version)
  }

  private func checksum(_ bytes: [UInt8], zeroing zeroed: Range<Int> = 0..<0) -> UInt32 {
    CRC32C.checksum(bytes.span, zeroing: zeroed)
  }

  @Test(arguments: good)
  func `name whom a connection comes from`(_ row: Row) throws {
    let bytes = row.bytes + Array("GET".utf8)
    let header = try #require(try read(bytes, .auto))
    #expect(header.byteCount == row.bytes.count)
    #expect(header.source?.description == row.source)
    #expect(header.destination?.description == row.destination)
  }

  @Test(arguments: good)
  func `are waited for byte by byte`(_ row: Row) throws {
    for count in 0..<min(row.bytes.count, 300) {
      #expect(try read(Array(row.bytes.prefix(count)), .auto) == nil)
    }
  }

  static let bad: [Row] = [
    Row(text: "GET / HTTP/1.1\r\n"), Row(text: "PROXZ"), Row(text: "proxy TCP4 "),
    Row(text: "\u{16}\u{3}\u{1}"),
    Row(text: "PROXY TCP4 192.0.2.1 198.51.100.2 1 2\n"), Row(text: "PROXY \r\n"),
    Row(text: "PROXY TCP4\r\n"),
    Row(text: "PROXY TCP5 192.0.2.1 198.51.100.2 1 2\r\n"),
    Row(text: "PROXY tcp4 192.0.2.1 198.51.100.2 1 2\r\n"),
    Row(text: "PROXY  TCP4 192.0.2.1 198.51.100.2 1 2\r\n"),
    Row(text: "PROXY TCP4 192.0.2.1 198.51.100.2 1 2 \r\n"),
    Row(text: "PROXY TCP4 192.0.2.1 198.51.100.2 1 2 3\r\n"),
    Row(text: "PROXY TCP4 192.0.2.1 198.51.100.2 1\r\n"),
    Row(text: "PROXY TCP4 192.0.2.1 198.51.100.2 01 2\r\n"),
    Row(text: "PROXY TCP4 192.0.2.1 198.51.100.2 +1 2\r\n"),
    Row(text: "PROXY TCP4 192.0.2.1 198.51.100.2 65536 2\r\n"),
    Row(text: "PROXY TCP4 192.0.2.1 198.51.100.2 1 \r\n"),
    Row(text: "PROXY TCP4 192.0.2.256 198.51.100.2 1 2\r\n"),
    Row(text: "PROXY TCP4 ::1 ::1 1 2\r\n"), Row(text: "PROXY TCP6 192.0.2.1 192.0.2.2 1 2\r\n"),
    Row(text: "PROXY TCP6 [::1] ::1 1 2\r\n"), Row(text: "PROXY TCP6 fe80::1%lo ::1 1 2\r\n"),
    Row(text: "PROXY TCP4 192.0.2.1\t198.51.100.2 1 2\r\n"),
    Row("a line without an end", Array(("PROXY UNKNOWN " + String(repeating: "a", count: 93)).utf8)),
    Row("the next byte of the signature", [13, 10, 13, 10, 0, 13, 13]),
    Row("version 1 in version 2", ProxyBytes.header(0x11, 0x11, ProxyBytes.ipv4)),
    Row("an unknown command", ProxyBytes.header(0x22, 0x11, ProxyBytes.ipv4)),
    Row("an unknown family", ProxyBytes.header(0x21, 0x41, ProxyBytes.ipv4)),
    Row("an unknown transport", ProxyBytes.header(0x21, 0x13, ProxyBytes.ipv4)),
    Row("IPv4 addresses cut off", ProxyBytes.header(0x21, 0x11, Array(ProxyBytes.ipv4.dropLast()))),
    Row("IPv6 addresses cut off", ProxyBytes.header(0x21, 0x21, Array(ProxyBytes.ipv6.dropLast()))),
    Row("paths cut off", ProxyBytes.header(0x21, 0x31, [UInt8](repeating: 0, count: 215))),
    Row("LOCAL with addresses cut off", ProxyBytes.header(0x20, 0x11, [1, 2, 3])),
    Row("an extension's head cut off", ProxyBytes.header(0x21, 0x11, ProxyBytes.ipv4 + [4, 0])),
    Row("an extension cut off", ProxyBytes.header(0x21, 0x11, ProxyBytes.ipv4 + [4, 0, 2, 0])),
    Row("a wrong checksum", ProxyBytes.checked(isWrong: true)),
    Row(
      "a checksum of two bytes",
      ProxyBytes.header(0x21, 0x11, ProxyBytes.ipv4 + ProxyBytes.tlv(0x03, [0, 0]))),
  ]

  @Test(arguments: bad)
  func `that are malformed are refused`(_ row: Row) {
    #expect(throws: ProxyHeaderError.self) { _ = try read(row.bytes, .auto) }
  }

  @Test func `of the other version are refused`() throws {
    let text = Array("PROXY UNKNOWN\r\n".utf8)
    let binary = ProxyBytes.header(0x21, 0x11, ProxyBytes.ipv4)
    #expect(try read(text, .v1)?.byteCount == text.count)
    #expect(try read(binary, .v2)?.byteCount == binary.count)
    #expect(throws: ProxyHeaderError("no header of the PROXY protocol")) {
      try read(text, .v2)
    }
    #expect(throws: ProxyHeaderError("no header of the PROXY protocol")) {
      try read(binary, .v1)
    }
  }

  /// RFC 3720, appendix B.4.
  @Test func `have the checksum of Castagnoli`() {
    #expect(CRC32C.checksum([UInt8](repeating: 0, count: 32).span) == 0x8A91_36AA)
    #expect(CRC32C.checksum([UInt8](repeating: 0xFF, count: 32).span) == 0x62A8_AB43)
    #expect(checksum((0..<32).map { UInt8($0) }) == 0x46DD_794E)
    #expect(checksum([1, 2, 0, 0]) == checksum([1, 2, 3, 4], zeroing: 2..<4))
  }
}
