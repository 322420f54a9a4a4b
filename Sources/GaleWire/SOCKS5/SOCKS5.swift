// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// The messages of a SOCKS 5 client (RFC 1928), as pure functions.
package enum SOCKS5 {
  /// What the proxy chose of what it was offered.
  package enum Method: Sendable, Hashable {
    case none
    case password
  }

  /// What is wrong with a proxy's message, in words.
  package struct Refusal: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
  }

  /// The first message: which methods we know.
  package static func greeting(hasPassword: Bool) -> [UInt8] { hasPassword ? [5, 2, 0, 2] : [5, 1, 0] }

  /// Reads the two bytes that answer ``greeting(hasPassword:)``.
  package static func method(_ reply: [UInt8], hasPassword: Bool) throws(Refusal) -> Method {
    guard reply.count == 2, reply[0] == 5 else { throw Refusal(description: "not a SOCKS 5 proxy") }
    switch reply[1] {
    case 0: return .none
    case 2 where hasPassword: return .password
    case 0xFF: throw Refusal(description: "the proxy wants another way of authentication")
    default: throw Refusal(description: "the proxy chose a method that was not offered")
    }
  }

  /// The name and the password (RFC 1929), of 255 bytes at the most each.
  package static func login(_ username: String, _ password: String) throws(Refusal) -> [UInt8] {
    let (name, secret) = (Array(username.utf8), Array(password.utf8))
    guard 1...255 ~= name.count, 1...255 ~= secret.count else {
      throw Refusal(description: "a name and a password of 1 to 255 bytes are needed")
    }
    return [1, UInt8(name.count)] + name + [UInt8(secret.count)] + secret
  }

  /// Reads the two bytes that answer ``login(_:_:)``.
  package static func checkLogin(_ reply: [UInt8]) throws(Refusal) {
    guard reply.count == 2, reply[1] == 0 else {
      throw Refusal(description: "the proxy does not accept the name and the password")
    }
  }

  /// Asks for a connection to a name, or to the address of 4 or 16 bytes that it is.
  package static func connect(_ host: String, address: [UInt8]?, port: UInt16) throws(Refusal) -> [UInt8] {
    let name = Array(host.utf8)
    guard 1...255 ~= name.count else { throw Refusal(description: "a name of 1 to 255 bytes is needed") }
    let place =
      if let address { [address.count == 4 ? 1 : 4] + address } else { [3, UInt8(name.count)] + name }
    return [5, 1, 0] + place + [UInt8(port >> 8), UInt8(port & 0xFF)]
  }

  /// Reads the first five bytes that answer ``connect(_:address:port:)``.
  /// - Returns: How many more bytes belong to the answer.
  package static func checkReply(_ reply: [UInt8]) throws(Refusal) -> Int {
    guard reply.count == 5, reply[0] == 5, reply[2] == 0 else {
      throw Refusal(description: "the proxy's reply is malformed")
    }
    guard reply[1] == 0 else {
      let code = Int(reply[1])
      throw Refusal(description: "the proxy says: \(code < reasons.count ? reasons[code] : "error \(code)")")
    }
    switch reply[3] {
    case 1: return 4 - 1 + 2
    case 3: return Int(reply[4]) + 2
    case 4: return 16 - 1 + 2
    default: throw Refusal(description: "the proxy's reply is malformed")
    }
  }

  private static let reasons = [
    "succeeded", "general SOCKS server failure", "connection not allowed by ruleset", "network unreachable",
    "host unreachable", "connection refused", "TTL expired", "command not supported",
    "address type not supported",
  ]
}
