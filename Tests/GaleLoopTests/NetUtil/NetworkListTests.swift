// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import GaleLoop

@Suite("netutil: lists of networks")
struct NetworkListTests {
  static let rows: [(network: String, address: String, isIn: Bool)] = [
    ("192.0.2.1", "192.0.2.1", true), ("192.0.2.1", "192.0.2.2", false),
    ("192.0.2.0/24", "192.0.2.255", true), ("192.0.2.0/24", "192.0.3.0", false),
    ("10.0.0.0/9", "10.127.0.1", true), ("10.0.0.0/9", "10.128.0.1", false),
    ("0.0.0.0/0", "203.0.113.9", true), ("0.0.0.0/0", "::1", false),
    ("2001:db8::/33", "2001:db8:7fff::1", true), ("2001:db8::/33", "2001:db8:8000::1", false),
    ("::1", "::1", true), ("[::1]", "::1", true), ("192.0.2.0/24", "::ffff:192.0.2.7", true),
    ("192.0.2.0/24", "::ffff:192.0.3.7", false), ("::/0", "192.0.2.1", false),
    ("::ffff:192.0.2.0/120", "192.0.2.1", false), ("2001:db8::1/128", "2001:db8::1", true),
    ("2001:db8::1/128", "2001:db8::2", false),
  ]

  @Test(arguments: rows)
  func `hold addresses`(_ row: (network: String, address: String, isIn: Bool)) throws {
    let list = try NetworkList([row.network])
    #expect(list.contains(try SocketAddress(host: row.address, port: 1)) == row.isIn)
  }

  @Test func `hold what one of their networks holds, and no paths`() throws {
    let list = try NetworkList(["192.0.2.1", "10.0.0.0/8"])
    #expect(!list.isEmpty)
    #expect(list.contains(try SocketAddress(host: "10.9.8.7", port: 0)))
    #expect(!list.contains(SocketAddress(path: "/tmp/x")))
    #expect(NetworkList.none.isEmpty)
    #expect(!NetworkList.none.contains(try SocketAddress(host: "127.0.0.1", port: 0)))
  }

  @Test(arguments: [
    "", "x", "192.0.2.0/33", "192.0.2.0/-1", "192.0.2.0/+8", "192.0.2.0/", "192.0.2.0/8/8", "::/129", "/8",
    "10.0.0/8", "10.0.0.0/08x",
  ])
  func `what is no network is refused`(_ text: String) {
    let error = #expect(throws: LoopError.self) { try NetworkList([text]) }
    #expect(error?.code == .invalidArgument)
  }
}
