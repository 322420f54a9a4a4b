// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

public import GaleLoop
import GaleCore
import GaleWire

/// Whose word about the client is taken: Tornado's `xheaders` and `trusted_downstream`.
///
/// Addresses and networks, such as `127.0.0.1`, `10.0.0.0/8` and `fd00::/8`. Only when a connection comes from one of them
/// are the headers of a proxy looked at; everybody else could write there what they like.
///
/// ```swift
/// configuration.trustedProxies = try TrustedProxies("127.0.0.1", "10.0.0.0/8")
/// ```
public struct TrustedProxies: Sendable, Hashable {
  /// Which headers the proxies write.
  ///
  /// Those that they pass on from clients unread must not be among them.
  public enum Headers: Sendable, Hashable {
    /// `X-Forwarded-For` and `X-Forwarded-Proto`, or `X-Real-Ip` and `X-Scheme` where there are any: Tornado's.
    case xForwarded
    /// `Forwarded` (RFC 7239).
    case forwarded
  }

  private struct Network: Sendable, Hashable {
    let bytes: [UInt8]
    let bitCount: Int

    func contains(_ address: [UInt8]) -> Bool {
      guard address.count == bytes.count else { return false }
      for bit in 0..<bitCount {
        let mask = UInt8(0x80) >> UInt8(bit & 7)
        if (address[bit >> 3] ^ bytes[bit >> 3]) & mask != 0 { return false }
      }
      return true
    }
  }

  private var networks: [Network] = []
  /// Which headers they write.
  public var headers = Headers.xForwarded
  /// Whether they say which host was asked for, in `X-Forwarded-Host` or the `host` of `Forwarded`.
  public var sayHost = false
  /// Whether whoever connects to a Unix socket is a proxy.
  public var includesUnixSockets = false

  /// Nobody.
  public static let none = TrustedProxies()

  private init() {}

  /// These addresses and networks.
  /// - Throws: ``/GaleLoop/LoopError`` `.invalidArgument` for a text that is neither.
  public init(_ networks: String..., headers: Headers = .xForwarded) throws(LoopError) {
    try self.init(networks, headers: headers)
  }

  /// These addresses and networks.
  /// - Throws: ``/GaleLoop/LoopError`` `.invalidArgument` for a text that is neither.
  public init(_ networks: [String], headers: Headers = .xForwarded) throws(LoopError) {
    self.headers = headers
    for text in networks { self.networks.append(try TrustedProxies.network(text)) }
  }

  private static func network(_ text: String) throws(LoopError) -> Network {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { String($0) }
    let bytes = try SocketAddress(host: parts[0], port: 0).networkBytes
    guard parts.count > 1 else { return Network(bytes: bytes, bitCount: bytes.count * 8) }
    guard parts.count == 2, let count = Int(parts[1]), (0...bytes.count * 8).contains(count) else {
      throw LoopError(.invalidArgument, "\(text.debugDescription) is no network")
    }
    return Network(bytes: bytes, bitCount: count)
  }

  /// Whether nobody is trusted.
  var isEmpty: Bool { networks.isEmpty && !includesUnixSockets }

  /// Whether the peer is a proxy.
  func contains(_ peer: SocketAddress) -> Bool {
    peer.isPath ? includesUnixSockets : contains(peer.networkBytes)
  }

  private func contains(_ address: [UInt8]) -> Bool {
    let mapped = Array(address.dropFirst(12))
    let isMapped = address.count == 16 && address.starts(with: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF])
    return networks.contains { $0.contains(address) || isMapped && $0.contains(mapped) }
  }

  // MARK: - What they say

  /// What proxies tell of a request.
  struct Word {
    var address: SocketAddress?
    var scheme: String?
    var host: String?
  }

  /// What the header of a request tells that came from a proxy.
  func word(of request: HTTPServerRequest) -> Word {
    switch headers {
    case .xForwarded: xForwarded(request)
    case .forwarded: forwarded(request)
    }
  }

  private func xForwarded(_ request: HTTPServerRequest) -> Word {
    let fields = request.headers
    var word = Word()
    if let chain = fields["X-Forwarded-For"] {
      word.address = client(chain.split(separator: ",").map { String($0) })
    }
    // Where it is invalid, what the other one says stands.
    if let real = fields["X-Real-Ip"], let address = TrustedProxies.address(real) { word.address = address }
    word.scheme = TrustedProxies.scheme(fields["X-Scheme"] ?? fields["X-Forwarded-Proto"])
    if sayHost { word.host = TrustedProxies.host(fields["X-Forwarded-Host"]) }
    return word
  }

  /// RFC 7239, section 4: elements from the client on, each with what one proxy saw.
  private func forwarded(_ request: HTTPServerRequest) -> Word {
    guard let field = request.headers["Forwarded"] else { return Word() }
    let elements = ForwardedElement.parse(field)
    var word = Word()
    for element in elements.reversed() {
      // An element without an address, or with a hidden one, says nothing about who stands behind it.
      guard let name = element.for, let address = TrustedProxies.address(name) else { break }
      word = Word(
        address: address, scheme: TrustedProxies.scheme(element.proto),
        host: sayHost ? TrustedProxies.host(element.host) : nil)
      guard contains(address.networkBytes) else { break }
    }
    return word
  }

  /// The last address that is no proxy's; the first one when all are.
  private func client(_ chain: [String]) -> SocketAddress? {
    var result: SocketAddress?
    for name in chain.reversed() {
      guard let address = TrustedProxies.address(name) else { return result }
      result = address
      guard contains(address.networkBytes) else { break }
    }
    return result
  }

  /// An address, also with a port, as `192.0.2.1:80` and `[2001:db8::1]:80`.
  static func address(_ text: String) -> SocketAddress? {
    var name = text.drop { $0 == " " || $0 == "\t" }
    while let last = name.last, last == " " || last == "\t" { name.removeLast() }
    if name.hasPrefix("[") {
      guard let close = name.firstIndex(of: "]") else { return nil }
      let rest = name[name.index(after: close)...]
      guard rest.isEmpty || isPort(rest) else { return nil }
      name = name[name.index(after: name.startIndex)..<close]
      guard name.contains(":") else { return nil }
    } else if name.utf8.count(where: { $0 == ASCII.colon }) == 1, let colon = name.firstIndex(of: ":") {
      guard isPort(name[colon...]) else { return nil }
      name = name[..<colon]
    }
    // A zone is a name of this machine's, not of the proxy's.
    guard !name.contains("%") else { return nil }
    return try? SocketAddress(host: String(name), port: 0)
  }

  private static func isPort(_ text: Substring) -> Bool {
    let digits = text.dropFirst()
    return text.first == ":" && (1...5).contains(digits.utf8.count) && digits.utf8.allSatisfy(\.isASCIIDigit)
  }

  /// The last word, if it is one of the two.
  private static func scheme(_ field: String?) -> String? {
    let last = field?.split(separator: ",").last.map { $0.lowercased().filter { $0 != " " && $0 != "\t" } }
    return last == "http" || last == "https" ? last : nil
  }

  private static func host(_ field: String?) -> String? {
    guard var last = field?.split(separator: ",").last?.drop(while: { $0 == " " || $0 == "\t" }) else {
      return nil
    }
    while let end = last.last, end == " " || end == "\t" { last.removeLast() }
    guard let host = HostHeader(parsing: String(last)), !host.host.isEmpty else { return nil }
    return String(last)
  }
}

/// One element of a `Forwarded` field (RFC 7239, section 4).
struct ForwardedElement {
  var `for`: String?
  var proto: String?
  var host: String?

  /// The elements in their order; of an element that cannot be read, nothing is set.
  static func parse(_ field: String) -> [ForwardedElement] {
    split(field, at: ",").map { text in
      var element = ForwardedElement()
      for pair in split(text, at: ";") {
        guard let equals = pair.firstIndex(of: "=") else { continue }
        let name = pair[..<equals].lowercased().filter { $0 != " " && $0 != "\t" }
        let value = unquote(String(pair[pair.index(after: equals)...]))
        switch name {
        case "for": element.for = value
        case "proto": element.proto = value
        case "host": element.host = value
        default: break
        }
      }
      return element
    }
  }

  /// Splits where `separator` stands outside of quotes.
  private static func split(_ text: String, at separator: Character) -> [String] {
    var parts = [""]
    var isQuoted = false
    var isEscaped = false
    for character in text {
      if character == separator, !isQuoted {
        parts.append("")
        continue
      }
      if character == "\"", !isEscaped { isQuoted.toggle() }
      isEscaped = isQuoted && character == "\\" && !isEscaped
      parts[parts.count - 1].append(character)
    }
    return parts
  }

  private static func unquote(_ text: String) -> String {
    var value = text.drop { $0 == " " || $0 == "\t" }
    while let last = value.last, last == " " || last == "\t" { value.removeLast() }
    guard value.count >= 2, value.first == "\"", value.last == "\"" else { return String(value) }
    var result = ""
    var isEscaped = false
    for character in value.dropFirst().dropLast() {
      if character == "\\", !isEscaped {
        isEscaped = true
      } else {
        isEscaped = false
        result.append(character)
      }
    }
    return result
  }
}
