// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Crypto
import GaleCore
import GaleWire

/// Basic credentials (RFC 7617).
enum BasicAuthentication {
  /// The value of `Authorization` or `Proxy-Authorization`.
  static func value(_ credentials: HTTPCredentials) -> String {
    let bytes = encodeUsernamePassword(credentials.username, credentials.password)
    return "Basic " + String(decoding: Base64.encode(bytes.span), as: UTF8.self)
  }
}

/// A server's challenge for digest credentials, and what answers it (RFC 7616).
struct DigestAuthentication {
  private enum Algorithm: String {
    case md5 = "MD5"
    case sha256 = "SHA-256"

    func hash(_ text: String) -> String {
      let bytes = Array(text.utf8)
      return switch self {
      case .md5: DigestAuthentication.hexadecimal(Insecure.MD5.hash(data: bytes))
      case .sha256: DigestAuthentication.hexadecimal(SHA256.hash(data: bytes))
      }
    }
  }

  let nonce: String
  /// Whether only the nonce was too old.
  let isStale: Bool
  private let realm: String
  private let opaque: String?
  private let algorithm: Algorithm
  private let isSession: Bool
  /// Whether the server knows the protection that was added to RFC 2069.
  private let hasQuality: Bool
  private let hashesUsername: Bool

  /// The best challenge that can be answered among those in `WWW-Authenticate` or `Proxy-Authenticate`.
  init?(challenges: [String]) {
    let possible = challenges.flatMap(DigestAuthentication.split).compactMap {
      DigestAuthentication(parsing: $0)
    }
    guard let best = possible.first(where: { $0.algorithm == .sha256 }) ?? possible.first else { return nil }
    self = best
  }

  private init?(parsing parameters: [String: String]) {
    guard let nonce = parameters["nonce"], let realm = parameters["realm"] else { return nil }
    var name = (parameters["algorithm"] ?? "MD5").uppercased()
    isSession = name.hasSuffix("-SESS")
    if isSession { name.removeLast(5) }
    guard let algorithm = Algorithm(rawValue: name) else { return nil }
    let qualities = parameters["qop"]?.split(separator: ",").map { $0.lowercased().filter { $0 != " " } }
    if let qualities, !qualities.contains("auth") { return nil }
    hasQuality = qualities != nil
    self.nonce = nonce
    self.realm = realm
    self.algorithm = algorithm
    opaque = parameters["opaque"]
    isStale = parameters["stale"]?.lowercased() == "true"
    hashesUsername = parameters["userhash"]?.lowercased() == "true"
  }

  /// The parameters of each Digest challenge in a field, which may hold several of other schemes
  /// (RFC 9110, section 11.6.1).
  private static func split(_ field: String) -> [[String: String]] {
    var result: [[String: String]] = []
    var scheme = ""
    var current: [String: String] = [:]
    func close() { if scheme == "digest" { result.append(current) } }
    var rest = Substring(field)
    while true {
      rest = rest.drop { $0 == " " || $0 == "\t" || $0 == "," }
      let word = rest.prefix { $0 != " " && $0 != "=" && $0 != "," && $0 != "\t" }
      guard !word.isEmpty else { break }
      rest = rest[word.endIndex...]
      let afterBlanks = rest.drop { $0 == " " || $0 == "\t" }
      guard afterBlanks.first == "=" else {
        close()
        scheme = word.lowercased()
        current = [:]
        continue
      }
      rest = afterBlanks.dropFirst().drop { $0 == " " || $0 == "\t" }
      current[word.lowercased()] = takeValue(&rest)
    }
    close()
    return result
  }

  private static func takeValue(_ rest: inout Substring) -> String {
    guard rest.first == "\"" else {
      let token = rest.prefix { $0 != "," && $0 != " " }
      rest = rest[token.endIndex...]
      return String(token)
    }
    var value = ""
    rest.removeFirst()
    while let next = rest.popFirst(), next != "\"" {
      if next == "\\", let escaped = rest.popFirst() { value.append(escaped) } else { value.append(next) }
    }
    return value
  }

  /// The value of `Authorization` or `Proxy-Authorization` for a request.
  /// - Parameter cnonce: Our part of the randomness; `nil` for a new one.
  func response(
    _ credentials: HTTPCredentials, method: String, target: String, cnonce: String? = nil
  ) -> String {
    let cnonce = cnonce ?? String(UInt64.random(in: 0 ... .max), radix: 16)
    let count = "00000001"
    var first = algorithm.hash("\(credentials.username):\(realm):\(credentials.password)")
    if isSession { first = algorithm.hash("\(first):\(nonce):\(cnonce)") }
    let second = algorithm.hash("\(method):\(target)")
    let response =
      hasQuality
      ? algorithm.hash("\(first):\(nonce):\(count):\(cnonce):auth:\(second)")
      : algorithm.hash("\(first):\(nonce):\(second)")
    let username = hashesUsername ? algorithm.hash("\(credentials.username):\(realm)") : credentials.username
    var value = "Digest username=\(DigestAuthentication.quoted(username))"
    value += ", realm=\(DigestAuthentication.quoted(realm)), nonce=\(DigestAuthentication.quoted(nonce))"
    value += ", uri=\(DigestAuthentication.quoted(target)), response=\"\(response)\""
    value += ", algorithm=\(algorithm.rawValue)\(isSession ? "-sess" : "")"
    if hasQuality { value += ", qop=auth, nc=\(count), cnonce=\"\(cnonce)\"" }
    if let opaque { value += ", opaque=\(DigestAuthentication.quoted(opaque))" }
    if hashesUsername { value += ", userhash=true" }
    return value
  }

  /// quoted-string (RFC 9110, section 5.6.4); control characters, which may not stand there, are left out.
  private static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars where scalar.value >= 0x20 && scalar.value != 0x7F {
      if scalar == "\"" || scalar == "\\" { result.unicodeScalars.append("\\") }
      result.unicodeScalars.append(scalar)
    }
    return result + "\""
  }

  private static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}
