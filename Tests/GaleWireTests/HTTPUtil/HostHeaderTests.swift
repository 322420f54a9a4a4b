// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleWire
import Testing

@Suite("httputil: hosts")
struct HostHeaderTests {
  @Test(
    arguments: [
      ("localhost", "localhost", nil), ("LocalHost:8080", "localhost", 8080), ("[::1]:8080", "[::1]", 8080),
      ("[::1]", "[::1]", nil), ("127.0.0.1:65535", "127.0.0.1", 65535), ("a_b.example", "a_b.example", nil),
      ("host:", "host", nil), ("", "", nil), ("host:00080", "host", 80), ("a%2Db", "a%2db", nil),
      ("[2001:DB8::1.2.3.4]:0", "[2001:db8::1.2.3.4]", 0), ("[1:2:3:4:5:6:7:8]", "[1:2:3:4:5:6:7:8]", nil),
      ("[::]", "[::]", nil), ("[1::]", "[1::]", nil), ("[1:2:3:4:5:6:1.2.3.4]", "[1:2:3:4:5:6:1.2.3.4]", nil),
      ("[v1.a:b]", "[v1.a:b]", nil), ("a!$&'()*+;=~", "a!$&'()*+;=~", nil),
    ] as [(String, String, Int?)])
  func `valid hosts are read`(_ field: String, _ host: String, _ port: Int?) {
    let header = HostHeader(parsing: field)
    #expect(header?.host == host)
    #expect(header?.port == port)
  }

  @Test(arguments: [
    "localhost, evil.example", "local host", "localhost/evil", "user@localhost", "localhost:abc", "[::1",
    "<script>alert(1)</script>", "localhost:65536", "localhost:99999999999999999999", "localhost:+1", ":80",
    ":",
    "a:1:2", "::1", "[]", "[:]", "[:::]", "[1]", "[1:2:3:4:5:6:7]", "[1:2:3:4:5:6:7:8:9]", "[1::2::3]",
    "[12345::]",
    "[1:2:3:4:5:6:7:1.2.3.4]", "[::256.1.1.1]", "[::01.1.1.1]", "[::1.1.1]", "[::1.1.1.1.1]", "[::g]",
    "[::1]x",
    "[::1]:x", "[fe80::1%25eth0]", "[v.a]", "[v1.]", "[vg.a]", "[v]", "[1:2:3:4:5:6:7:8:]",
    "[:1:2:3:4:5:6:7]",
    "a%2", "a%zz", "a\0", "a\t", "é", "a\\b", "a?b", "a#b", "[", "]", "a[", "[::1.]", "[::.1]",
  ])
  func `everything else is a bad request`(_ field: String) {
    #expect(HostHeader(parsing: field) == nil)
  }

  @Test(
    arguments: [
      ("[::1]:80", "[::1]", 80), ("host:80", "host", 80), ("host", "host", nil), ("host:", "host:", nil),
      ("host:x", "host:x", nil), (":80", ":80", nil), ("::1", "::1", nil), ("host:65536", "host:65536", nil),
      ("", "", nil),
      ("[::1]", "[::1]", nil),
    ] as [(String, String, Int?)])
  func `splitting host and port`(_ netloc: String, _ host: String, _ port: Int?) {
    let result = splitHostAndPort(netloc)
    #expect(result.host == host)
    #expect(result.port == port)
  }
}
