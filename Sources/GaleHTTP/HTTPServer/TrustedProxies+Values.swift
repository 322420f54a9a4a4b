// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleLoop
import GaleWire

extension TrustedProxies {
  /// An address, also with a port, as `192.0.2.1:80` and `[2001:db8::1]:80`.
  static func address(_ text: String) -> SocketAddress? {
    var name = trimmed(text)
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

  private static func trimmed(_ text: some StringProtocol) -> Substring {
    var result = Substring(text).drop { $0 == " " || $0 == "\t" }
    while let last = result.last, last == " " || last == "\t" { result.removeLast() }
    return result
  }

  /// The last element of a list; `nil` when it is empty.
  private static func last(_ field: String?) -> Substring? {
    let last = field?.split(separator: ",").last.map { trimmed($0) }
    return last?.isEmpty ?? true ? nil : last
  }

  /// The last word, if it is one of the two.
  static func scheme(_ field: String?) -> String? {
    let last = last(field)?.lowercased()
    return last == "http" || last == "https" ? last : nil
  }

  /// The last host, if it is one.
  static func host(_ field: String?) -> String? {
    guard let last = last(field), let host = HostHeader(parsing: String(last)), !host.host.isEmpty else {
      return nil
    }
    return String(last)
  }

  /// The last number, if it is a port's.
  static func port(_ field: String?) -> UInt16? {
    guard let last = last(field), last.utf8.allSatisfy(\.isASCIIDigit), let port = UInt16(last), port > 0
    else {
      return nil
    }
    return port
  }

  /// The path that a proxy has cut off, without a slash at the end: one that neither leads to another host nor upwards.
  static func prefix(_ field: String?) -> String? {
    guard var path = last(field), path.hasPrefix("/") else { return nil }
    while path.hasSuffix("/") { path.removeLast() }
    guard !path.isEmpty else { return nil }
    let parts = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
    let isPlain = parts.allSatisfy { part in
      !part.isEmpty && part != "." && part != ".."
        && part.utf8.allSatisfy {
          $0.asciiLowercased &- 0x61 < 26 || $0.isASCIIDigit || "-._~%!$&'()*+=:@".utf8.contains($0)
        }
    }
    return isPlain ? String(path) : nil
  }

  /// The host with the port, where it has none and the scheme does not say it.
  static func join(_ host: String, _ port: UInt16, _ scheme: String) -> String? {
    guard !host.isEmpty else { return nil }
    let colon = host.lastIndex(of: ":")
    let hasPort = colon.map { !host[$0...].contains("]") } ?? false
    guard !hasPort, port != (scheme == "https" ? 443 : 80) else { return host }
    return "\(host):\(port)"
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
