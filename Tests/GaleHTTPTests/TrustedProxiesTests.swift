// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleLoop
import GaleWire
import Testing

@testable import GaleHTTP

@Suite("server: what proxies tell")  // SRV-003 to SRV-006, SRV-008
struct TrustedProxiesTests {
  static let addresses: [(text: String, host: String?)] = [
    ("192.0.2.1", "192.0.2.1"), (" 192.0.2.1 ", "192.0.2.1"), ("192.0.2.1:80", "192.0.2.1"),
    ("[2001:db8::1]", "2001:db8::1"), ("[2001:db8::1]:8080", "2001:db8::1"), ("2001:db8::1", "2001:db8::1"),
    ("", nil), ("unknown", nil), ("_hidden", nil), ("192.0.2.1:", nil), ("192.0.2.1:x", nil),
    ("192.0.2.1:123456", nil),
    ("[2001:db8::1", nil), ("[2001:db8::1]x", nil), ("[192.0.2.1]", nil), ("fe80::1%1", nil),
    ("256.0.0.1", nil),
    ("192.0.2.1, 192.0.2.2", nil), ("localhost", nil), ("1", nil),
  ]

  @Test(arguments: addresses)
  func `addresses may have brackets and ports`(_ row: (text: String, host: String?)) {
    #expect(TrustedProxies.address(row.text)?.host == row.host)
  }

  static let networks: [(network: String, address: String, isIn: Bool)] = [
    ("192.0.2.1", "192.0.2.1", true), ("192.0.2.1", "192.0.2.2", false),
    ("192.0.2.0/24", "192.0.2.255", true),
    ("192.0.2.0/24", "192.0.3.0", false), ("10.0.0.0/9", "10.127.0.1", true),
    ("10.0.0.0/9", "10.128.0.1", false),
    ("0.0.0.0/0", "203.0.113.9", true), ("0.0.0.0/0", "::1", false),
    ("2001:db8::/33", "2001:db8:7fff::1", true),
    ("2001:db8::/33", "2001:db8:8000::1", false), ("::1", "::1", true),
    ("192.0.2.0/24", "::ffff:192.0.2.7", true),
    ("192.0.2.0/24", "::ffff:192.0.3.7", false), ("::/0", "192.0.2.1", false),
  ]

  @Test(arguments: networks)
  func `networks hold addresses`(_ row: (network: String, address: String, isIn: Bool)) throws {
    let proxies = try TrustedProxies(row.network)
    #expect(proxies.contains(try SocketAddress(host: row.address, port: 1)) == row.isIn)
  }

  @Test(arguments: [
    "", "x", "192.0.2.0/33", "192.0.2.0/-1", "192.0.2.0/", "192.0.2.0/8/8", "::/129", "/8", "10.0.0/8",
  ])
  func `what is no network is refused`(_ text: String) {
    let error = #expect(throws: LoopError.self) { try TrustedProxies(text) }
    #expect(error?.code == .invalidArgument)
  }

  @Test func `nobody is trusted unless named, Unix sockets apart`() throws {
    let path = SocketAddress(path: "/tmp/x")
    var proxies = TrustedProxies.none
    #expect(proxies.isEmpty)
    #expect(!proxies.contains(try SocketAddress(host: "127.0.0.1", port: 1)))
    #expect(!proxies.contains(path))
    proxies.includesUnixSockets = true
    #expect(!proxies.isEmpty)
    #expect(proxies.contains(path))
  }

  @Test func `elements of Forwarded are read as RFC 7239 writes them`() {
    let elements = ForwardedElement.parse(
      #"For="[2001:db8:cafe::17]:4711";proto=HTTPS ; host="a.example" ,for=192.0.2.43, by=x;for="_a\"b,c;d", nonsense"#
    )
    #expect(elements.map(\.for) == ["[2001:db8:cafe::17]:4711", "192.0.2.43", "_a\"b,c;d", nil])
    #expect(elements[0].proto == "HTTPS")
    #expect(elements[0].host == "a.example")
  }
}
