// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleLoop
import GaleWire

/// An absolute `http` or `https` URL, taken apart (RFC 3986; RFC 9110, section 4.2).
public struct HTTPClientURL: Sendable, Hashable {
  /// Whether the scheme is `https`.
  public let isSecure: Bool
  /// The name in lower case, or the numeric address without brackets.
  public let host: String
  /// The port, also when it is the scheme's.
  public let port: UInt16
  /// The path and the query, as they stand in a request line: from a slash on, all of it visible ASCII.
  public let target: String
  /// The user and password before the host, unescaped.
  public let credentials: HTTPCredentials?

  /// Takes a URL apart.
  ///
  /// Spaces and what is not ASCII are escaped in the path and the query, as browsers do; names that are not ASCII
  /// need their `xn--` form.
  /// - Throws: ``HTTPClientError`` `.invalidURL` for another scheme, no host, a control character, a bad port.
  public init(_ url: String) throws(HTTPClientError) { try self.init(url, defaultPort: nil) }

  init(_ url: String, defaultPort: UInt16?) throws(HTTPClientError) {
    let bytes = url.utf8.span
    func invalid(_ reason: String) -> HTTPClientError {
      HTTPClientError(.invalidURL, "\(reason): \(String(url.prefix(200)).debugDescription)")
    }
    var at: Int
    if bytes.count >= 8, bytes.equals("https://", caseInsensitivelyIn: 0..<8) {
      (isSecure, at) = (true, 8)
    } else if bytes.count >= 7, bytes.equals("http://", caseInsensitivelyIn: 0..<7) {
      (isSecure, at) = (false, 7)
    } else {
      throw invalid("Not an http or https URL")
    }
    let start = at
    while at < bytes.count, !HTTPClientURL.endsAuthority(bytes[at]) { at += 1 }
    var hostStart = start
    var index = at
    while index > start {
      index -= 1
      if bytes[index] == 0x40 {  // @
        hostStart = index + 1
        break
      }
    }
    credentials =
      hostStart > start ? HTTPClientURL.credentials(bytes.extracting(start..<hostStart - 1)) : nil
    guard hostStart < at, let field = HostHeader(parsing: bytes.extracting(hostStart..<at)) else {
      throw invalid("No valid host in the URL")
    }
    let isBracketed = field.host.hasPrefix("[")
    host = isBracketed ? String(field.host.dropFirst().dropLast()) : field.host
    port = field.port.map { UInt16($0) } ?? defaultPort ?? (isSecure ? 443 : 80)
    guard port != 0 else { throw invalid("Port 0 in the URL") }
    guard let target = HTTPClientURL.target(bytes, from: at) else {
      throw invalid("Control character in the URL")
    }
    self.target = target
  }

  /// A slash, a question mark, a number sign, and the backslash that browsers take for a slash.
  private static func endsAuthority(_ byte: UInt8) -> Bool {
    byte == ASCII.slash || byte == ASCII.questionMark || byte == 0x23 || byte == ASCII.backslash
  }

  private static func credentials(_ bytes: Span<UInt8>) -> HTTPCredentials {
    let colon = bytes.firstIndex(of: ASCII.colon, in: 0..<bytes.count) ?? bytes.count
    func text(_ range: Range<Int>) -> String {
      String(decoding: urlUnescapeBytes(bytes.extracting(range), plus: false), as: UTF8.self)
    }
    let password = colon < bytes.count ? text(colon + 1..<bytes.count) : ""
    return HTTPCredentials(username: text(0..<colon), password: password)
  }

  /// The target of a request for what stands from `start` on; `nil` with a control character in it.
  private static func target(_ bytes: Span<UInt8>, from start: Int) -> String? {
    var end = start
    var isPlain = true
    while end < bytes.count, bytes[end] != 0x23 {
      let byte = bytes[end]
      guard byte >= 0x20, byte != 0x7F else { return nil }
      if byte == ASCII.space || byte >= 0x80 { isPlain = false }
      end += 1
    }
    let needsSlash = start == end || bytes[start] != ASCII.slash
    if isPlain, !needsSlash { return bytes.text(in: start..<end) }
    var result: [UInt8] = needsSlash ? [ASCII.slash] : []
    for at in start..<end {
      let byte = bytes[at]
      if byte == ASCII.space || byte >= 0x80 {
        result.append(ASCII.percent)
        for digit in [byte >> 4, byte & 15] { result.append(digit < 10 ? 0x30 + digit : 0x37 + digit) }
      } else {
        result.append(byte)
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// `http` or `https`.
  public var scheme: String { isSecure ? "https" : "http" }

  /// The host, in brackets if it is an IPv6 address, and the port if it is not the scheme's: the Host field.
  public var authority: String {
    let name = host.utf8.contains(ASCII.colon) ? "[\(host)]" : host
    return port == (isSecure ? 443 : 80) ? name : "\(name):\(port)"
  }

  /// The host and the port, whatever it is: what CONNECT asks for.
  var hostAndPort: String { host.utf8.contains(ASCII.colon) ? "[\(host)]:\(port)" : "\(host):\(port)" }

  /// The whole URL, without credentials and fragment.
  public var text: String { "\(scheme)://\(authority)\(target)" }

  /// Whether both have the same scheme, host and port (RFC 6454, section 5).
  public func hasSameOrigin(as other: HTTPClientURL) -> Bool {
    isSecure == other.isSecure && port == other.port && host == other.host
  }

  /// What a reference in an answer of this URL means (RFC 3986, section 5.2), as in `Location`.
  /// - Throws: ``HTTPClientError`` `.invalidURL`.
  public func resolving(_ reference: String) throws(HTTPClientError) -> HTTPClientURL {
    if let scheme = HTTPClientURL.scheme(of: reference) {
      guard scheme == "http" || scheme == "https" else {
        throw HTTPClientError(
          .invalidURL, "Redirected to another scheme: \(String(reference.prefix(200)).debugDescription)")
      }
      return try HTTPClientURL(reference)
    }
    if reference.hasPrefix("//") { return try HTTPClientURL("\(scheme):\(reference)") }
    let base = "\(scheme)://\(authority)"
    let path = target.prefix { $0 != "?" }
    if reference.isEmpty || reference.hasPrefix("#") { return try HTTPClientURL(base + target) }
    if reference.hasPrefix("?") { return try HTTPClientURL(base + path + reference) }
    let end = reference.firstIndex { $0 == "?" || $0 == "#" } ?? reference.endIndex
    let wanted = reference[..<end]
    let folder = path[...(path.lastIndex(of: "/") ?? path.startIndex)]
    let merged = wanted.hasPrefix("/") ? String(wanted) : String(folder + wanted)
    return try HTTPClientURL(base + HTTPClientURL.withoutDots(merged) + reference[end...])
  }

  /// ALPHA *( ALPHA / DIGIT / "+" / "-" / "." ) before a colon, in lower case.
  private static func scheme(of reference: String) -> String? {
    guard let colon = reference.utf8.firstIndex(of: ASCII.colon) else { return nil }
    let name = reference[..<colon].lowercased()
    guard let first = name.utf8.first, 0x61...0x7A ~= first,
      name.utf8.allSatisfy({
        0x61...0x7A ~= $0 || $0.isASCIIDigit || $0 == 0x2B || $0 == 0x2D || $0 == 0x2E
      })
    else { return nil }
    return name
  }

  /// remove_dot_segments (RFC 3986, section 5.2.4) for a path that begins with a slash.
  private static func withoutDots(_ path: String) -> String {
    var kept: [Substring] = []
    let segments = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
    for (index, segment) in segments.enumerated() {
      let isLast = index == segments.count - 1
      switch segment {
      case ".": if isLast { kept.append("") }
      case "..":
        _ = kept.popLast()
        if isLast { kept.append("") }
      default: kept.append(segment)
      }
    }
    return "/" + kept.joined(separator: "/")
  }
}
