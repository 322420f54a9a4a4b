// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Auth

import Crypto
import GaleCore
import GaleHTTP

/// How a request of OAuth 1 is signed (RFC 5849, section 3.4).
public enum OAuthSignatureMethod: String, Sendable, Hashable, CaseIterable {
  /// With the secrets, by SHA-1.
  case hmacSHA1 = "HMAC-SHA1"
  /// With the secrets, by SHA-256, as many providers take it.
  case hmacSHA256 = "HMAC-SHA256"
  /// Not at all: the secrets themselves; over HTTPS only.
  case plaintext = "PLAINTEXT"
}

/// What is signed, and with what.
public enum OAuthSignatureStyle: Sendable, Hashable {
  /// RFC 5849: the arguments in the URL count, the scheme's own port does not, secrets are escaped.
  case rfc5849
  /// What Tornado makes for version 1.0a: ports count and the arguments in the URL do not.
  case tornado
  /// What Tornado makes for version 1.0: as the other one, with secrets as they are.
  case tornado10
}

/// A token of OAuth 1, with its secret: Tornado's `{"key": …, "secret": …}`.
public struct OAuthToken: Sendable, Hashable, Codable, CustomStringConvertible {
  /// The token.
  public let key: String
  /// What requests with it are signed with.
  public let secret: String
  /// What else the provider sent with it, as `screen_name`.
  public let fields: [String: String]

  /// Creates a token.
  public init(key: String, secret: String, fields: [String: String] = [:]) {
    self.key = key
    self.secret = secret
    self.fields = fields
  }

  /// Says nothing about the token.
  public var description: String { "OAuthToken" }
}

/// Signatures of OAuth 1.
public enum OAuthSignature {
  /// The signature of a request.
  /// - Parameters:
  ///   - method: The method.
  ///   - url: The URL, whose query counts as the style says.
  ///   - parameters: All others: those of OAuth, and those of a form.
  ///   - consumer: The application.
  ///   - token: The user's, or that of a login under way.
  ///   - signatureMethod: See ``OAuthSignatureMethod``.
  ///   - style: See ``OAuthSignatureStyle``.
  /// - Throws: ``AuthError`` `.invalidConfiguration` when it is no URL.
  public static func sign(
    method: String, url: String, parameters: [(String, String)], consumer: ClientCredentials,
    token: OAuthToken? = nil, by signatureMethod: OAuthSignatureMethod = .hmacSHA1,
    style: OAuthSignatureStyle = .rfc5849
  ) throws(AuthError) -> String {
    let secrets = [consumer.secret, token?.secret ?? ""]
    let key = secrets.map { style == .tornado10 ? $0 : escape($0) }.joined(separator: "&")
    let base = try Array(baseString(method: method, url: url, parameters: parameters, style: style).utf8)
    let symmetric = SymmetricKey(data: Array(key.utf8))
    switch signatureMethod {
    case .plaintext: return key
    case .hmacSHA1:
      return text(HMAC<Insecure.SHA1>.authenticationCode(for: base, using: symmetric))
    case .hmacSHA256:
      return text(HMAC<SHA256>.authenticationCode(for: base, using: symmetric))
    }
  }

  private static func text(_ bytes: some Sequence<UInt8>) -> String {
    String(decoding: Base64.encode(Array(bytes).span), as: UTF8.self)
  }

  /// What is signed (RFC 5849, section 3.4.1.1).
  static func baseString(
    method: String, url: String, parameters: [(String, String)], style: OAuthSignatureStyle
  ) throws(AuthError) -> String {
    let parsed: HTTPClientURL
    do { parsed = try HTTPClientURL(url) } catch {
      throw AuthError(.invalidConfiguration, "not a URL: \(error.message)")
    }
    let target = parsed.target
    let path = String(target.prefix { $0 != "?" })
    var pairs = parameters
    let place: String
    if style == .rfc5849 {
      // Section 3.4.1.3.1: the query's arguments, unescaped as those of a form are.
      let query = target.dropFirst(path.count).dropFirst()
      pairs += (FormText.decode(Array(query.utf8)) ?? []).map { ($0.name, $0.value) }
      place = "\(parsed.scheme)://\(parsed.authority)\(path)"
    } else {
      place = "\(parsed.scheme)://\(authority(url).lowercased())\(path)"
    }
    // Section 3.4.1.3.2: escaped first, then by name, and by value among the same names.
    let sorted = pairs.map { (escape($0.0), escape($0.1)) }.sorted { $0 < $1 }
    let normalized = sorted.map { "\($0)=\($1)" }.joined(separator: "&")
    return [method.uppercased(), escape(place), escape(normalized)].joined(separator: "&")
  }

  /// The authority as it was written, with its port.
  private static func authority(_ url: String) -> String {
    let start = url.firstRange(of: "://")?.upperBound ?? url.startIndex
    return String(url[start...].prefix { $0 != "/" && $0 != "?" && $0 != "#" })
  }

  /// Section 3.6: everything but letters, digits and `-._~`.
  static func escape(_ text: String) -> String {
    var bytes: [UInt8] = []
    for byte in text.utf8 {
      if byte.isAlphanumeric || byte == 0x2D || byte == 0x2E || byte == 0x5F || byte == 0x7E {
        bytes.append(byte)
      } else {
        bytes.append(0x25)
        for digit in [byte >> 4, byte & 15] { bytes.append(digit < 10 ? 0x30 + digit : 0x37 + digit) }
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The header's value for OAuth's parameters (section 3.5.1).
  static func header(_ parameters: [(String, String)]) -> String {
    "OAuth " + parameters.map { "\(escape($0))=\"\(escape($1))\"" }.joined(separator: ", ")
  }
}

#endif
