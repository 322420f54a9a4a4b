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

  @Test(arguments: ["", "x", "192.0.2.0/33"])
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

  static let prefixes: [(field: String, prefix: String?)] = [
    ("/app", "/app"), ("/app/", "/app"), ("/a/b.c/d%20e", "/a/b.c/d%20e"), ("/x, /y", "/y"), ("/", nil),
    ("", nil),
    ("app", nil), ("//evil.example", nil), ("/a//b", nil), ("/../b", nil), ("/a/./b", nil), ("/a\\b", nil),
    ("/a?b", nil), ("/a b", nil), ("https://evil.example", nil),
  ]

  @Test(arguments: prefixes)
  func `a prefix is a plain path`(_ row: (field: String, prefix: String?)) {
    #expect(TrustedProxies.prefix(row.field) == row.prefix)
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
