// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// A header of the PROXY protocol.
package struct ProxyHeader: Sendable, Hashable {
  /// Where the connection comes from; `nil` when that is the one who sends the header, as for its own health checks.
  package var source: SocketAddress?
  /// Where it goes to; as ``source``.
  package var destination: SocketAddress?
  /// How many bytes the header has.
  package var byteCount: Int

  /// The longest header: that of version 2 with 65,535 bytes of addresses and extensions.
  static let maximumByteCount = 16 + 65535

  /// Reads a header at the beginning of `bytes`.
  /// - Returns: `nil` when more bytes are needed.
  /// - Throws: ``ProxyHeaderError`` as soon as the bytes cannot become one.
  package static func read(
    _ bytes: Span<UInt8>, _ version: ProxyProtocol.Version
  ) throws(ProxyHeaderError) -> ProxyHeader? {
    if version != .v1, beginsLike(bytes, signature) {
      return bytes.count < 16 ? nil : try readBinary(bytes)
    }
    if version != .v2, beginsLike(bytes, keyword) { return try readText(bytes) }
    throw ProxyHeaderError("no header of the PROXY protocol")
  }

  /// What version 2 begins with: nothing that other protocols begin with.
  static let signature: [UInt8] = [13, 10, 13, 10, 0, 13, 10, 0x51, 0x55, 0x49, 0x54, 10]
  /// `PROXY `: what version 1 begins with.
  static let keyword: [UInt8] = [0x50, 0x52, 0x4F, 0x58, 0x59, 0x20]

  /// Whether the bytes are the beginning of a header, as far as there are any.
  private static func beginsLike(_ bytes: Span<UInt8>, _ beginning: [UInt8]) -> Bool {
    for at in 0..<min(bytes.count, beginning.count) where bytes[at] != beginning[at] { return false }
    return true
  }

  // MARK: - Version 1

  /// Section 2.1: at most 107 bytes with the end of the line.
  private static func readText(_ bytes: Span<UInt8>) throws(ProxyHeaderError) -> ProxyHeader? {
    var end: Int?
    for at in 0..<min(bytes.count, 107) where bytes[at] == 10 {
      end = at
      break
    }
    guard let end else {
      if bytes.count >= 107 { throw ProxyHeaderError("the line has no end") }
      return nil
    }
    guard bytes[end - 1] == 13 else { throw ProxyHeaderError("the line ends without a carriage return") }
    var words: [String] = [""]
    for at in keyword.count..<end - 1 {
      guard 0x20..<0x7F ~= bytes[at] else { throw ProxyHeaderError("a byte that is no text in the line") }
      if bytes[at] == 0x20 {
        words.append("")
      } else {
        words[words.count - 1].unicodeScalars.append(.init(bytes[at]))
      }
    }
    // What follows it has no meaning.
    if words[0] == "UNKNOWN" { return ProxyHeader(byteCount: end + 1) }
    guard words.count == 5, words[0] == "TCP4" || words[0] == "TCP6" else {
      throw ProxyHeaderError("the line is neither TCP4 nor TCP6 with two addresses, nor UNKNOWN")
    }
    let isIPv6 = words[0] == "TCP6"
    return ProxyHeader(
      source: try address(words[1], words[3], isIPv6), destination: try address(words[2], words[4], isIPv6),
      byteCount: end + 1)
  }

  private static func address(
    _ host: String, _ port: String, _ isIPv6: Bool
  ) throws(ProxyHeaderError) -> SocketAddress {
    let isDigits = port.utf8.allSatisfy { 48...57 ~= $0 }
    guard isDigits, port == "0" || !port.hasPrefix("0"), let number = UInt16(port) else {
      throw ProxyHeaderError("\(port.debugDescription) is no port")
    }
    guard !host.contains("%"), !host.hasPrefix("["),
      let address = try? SocketAddress(host: host, port: number),
      address.isIPv6 == isIPv6
    else { throw ProxyHeaderError("\(host.debugDescription) is no address of its kind") }
    return address
  }

  // MARK: - Version 2

  /// Section 2.2.
  private static func readBinary(_ bytes: Span<UInt8>) throws(ProxyHeaderError) -> ProxyHeader? {
    let command = bytes[12]
    let kind = bytes[13]
    guard command >> 4 == 2 else { throw ProxyHeaderError("version \(command >> 4) of the header") }
    guard command & 0xF <= 1 else { throw ProxyHeaderError("the command \(command & 0xF) is unknown") }
    guard kind >> 4 <= 3, kind & 0xF <= 2 else {
      throw ProxyHeaderError("the kind \(kind) of addresses is unknown")
    }
    let end = 16 + (Int(bytes[14]) << 8 | Int(bytes[15]))
    guard bytes.count >= end else { return nil }
    let header = bytes.extracting(0..<end)
    var result = ProxyHeader(byteCount: end)
    let addressesEnd = 16 + addressByteCount(kind)
    // A header without addresses, or of a kind that says nothing about them, may end at once.
    guard addressesEnd <= end else { throw ProxyHeaderError("the addresses are cut off") }
    // For LOCAL, and for what is no stream, the connection's own addresses stand.
    let isStream = kind & 0xF == 1
    if command & 0xF == 1, isStream { (result.source, result.destination) = addresses(header, kind >> 4) }
    try checkExtensions(header, from: addressesEnd)
    return result
  }

  private static func addressByteCount(_ kind: UInt8) -> Int {
    switch (kind >> 4, kind & 0xF) {
    case (1, 1...2): 12
    case (2, 1...2): 36
    case (3, 1...2): 216
    default: 0
    }
  }

  private static func addresses(_ header: Span<UInt8>, _ family: UInt8) -> (SocketAddress?, SocketAddress?) {
    func port(_ at: Int) -> UInt16 { UInt16(header[at]) << 8 | UInt16(header[at + 1]) }
    switch family {
    case 1:
      func host(_ at: Int) -> UInt32 { (at..<at + 4).reduce(0) { $0 << 8 | UInt32(header[$1]) } }
      return (SocketAddress(ipv4: host(16), port: port(24)), SocketAddress(ipv4: host(20), port: port(26)))
    case 2:
      func half(_ at: Int) -> UInt64 { (at..<at + 8).reduce(0) { $0 << 8 | UInt64(header[$1]) }.bigEndian }
      return (
        SocketAddress(ipv6: (half(16), half(24)), port: port(48), zone: 0),
        SocketAddress(ipv6: (half(32), half(40)), port: port(50), zone: 0)
      )
    case 3:
      func path(_ at: Int) -> String {
        var bytes: [UInt8] = []
        // Linux's abstract names begin with a zero byte; others end before the first one.
        for index in 0..<108 {
          if header[at + index] == 0, index > 0 { break }
          bytes.append(header[at + index])
        }
        return bytes == [0] ? "" : String(decoding: bytes, as: UTF8.self)
      }
      return (SocketAddress(path: path(16)), SocketAddress(path: path(124)))
    default: return (nil, nil)
    }
  }

  /// Section 2.2.1 and 2.2.3: what follows the addresses is made of whole extensions, and a checksum among them is right.
  private static func checkExtensions(_ header: Span<UInt8>, from start: Int) throws(ProxyHeaderError) {
    var at = start
    while at < header.count {
      guard at + 3 <= header.count else { throw ProxyHeaderError("an extension is cut off") }
      let next = at + 3 + (Int(header[at + 1]) << 8 | Int(header[at + 2]))
      guard next <= header.count else { throw ProxyHeaderError("an extension is cut off") }
      if header[at] == 0x03 {
        guard next - at == 7 else { throw ProxyHeaderError("the checksum has not four bytes") }
        let told = (at + 3..<next).reduce(0) { $0 << 8 | UInt32(header[$1]) }
        guard CRC32C.checksum(header, zeroing: at + 3..<next) == told else {
          throw ProxyHeaderError("the checksum is wrong")
        }
      }
      at = next
    }
  }
}

/// Why bytes are no header of the PROXY protocol.
package struct ProxyHeaderError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong.
  package let description: String

  init(_ description: String) { self.description = description }
}
