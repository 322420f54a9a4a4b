// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import GaleLoop

private final class AddressServer: TCPServer {
  override func handle(_ stream: IOStream, address: SocketAddress) async throws {
    let line = try await stream.text(until: "\n")
    try await stream.write("\(address) \(line)")
  }
}

@Suite("proxy protocol: TCPServer")
struct ProxiedServerTests {
  private func withServer(
    _ protocol: ProxyProtocol?, _ make: @escaping (IOLoop) throws -> TCPServer = { AddressServer(on: $0) },
    _ body: @escaping (IOLoop, TCPServer) async throws -> Void
  ) throws {
    try runLoop { loop in
      let server = try make(loop)
      server.proxyProtocol = `protocol`
      try server.listen(port: 0, address: "127.0.0.1")
      defer { server.stop() }
      try await body(loop, server)
      try await loop.wait { server.connectionCount == 0 }
    }
  }

  private func loopback(_ version: ProxyProtocol.Version = .auto) throws -> ProxyProtocol {
    ProxyProtocol(version, from: try NetworkList(["127.0.0.0/8"]))
  }

  @Test(arguments: [
    (Array("PROXY TCP4 192.0.2.1 198.51.100.2 4660 443\r\n".utf8), "192.0.2.1:4660"),
    (ProxyBytes.header(0x21, 0x21, ProxyBytes.ipv6), "[2001:db8::1]:4660"),
    (ProxyBytes.checked(), "192.0.2.1:4660"),
  ])
  func `handlers get the address that a header names`(_ header: [UInt8], _ address: String) throws {
    try withServer(try loopback()) { loop, server in
      let client = try await IOStream.connect(to: server.addresses[0], on: loop)
      // In pieces, the last one with what follows.
      for byte in header.dropLast(3) { try await client.write([byte]) }
      try await client.write(header.suffix(3) + Array("hello\n".utf8))
      #expect(try await client.textUntilClose() == "\(address) hello\n")
    }
  }

  @Test(arguments: ["PROXY UNKNOWN\r\n"])
  func `handlers get the peer's address when a header names none`(_ header: String) throws {
    try withServer(try loopback()) { loop, server in
      for header in [Array(header.utf8), ProxyBytes.header(0x20, 0, [])] {
        let client = try await IOStream.connect(to: server.addresses[0], on: loop)
        try await client.write(header + Array("hello\n".utf8))
        #expect(try await client.textUntilClose().hasPrefix("127.0.0.1:"))
      }
    }
  }

  @Test(arguments: [
    (ProxyProtocol.Version.auto, "hello\n"), (.auto, "PROXY TCP4 nonsense\r\n"), (.v2, "PROXY UNKNOWN\r\n"),
    (.auto, "\r\n\r\n\0\r\nQUIT?"),
  ])
  func `a connection without its header is closed`(_ version: ProxyProtocol.Version, _ bytes: String) throws {
    try withServer(try loopback(version)) { loop, server in
      let client = try await IOStream.connect(to: server.addresses[0], on: loop)
      try await client.write(bytes)
      #expect(try await client.textUntilClose() == "")
    }
  }

  @Test func `a connection that ends before its header is forgotten`() throws {
    try withServer(try loopback()) { loop, server in
      for text in ["", "PROXY "] {
        let client = try await IOStream.connect(to: server.addresses[0], on: loop)
        if !text.isEmpty { try await client.write(text) }
        try await loop.wait { server.connectionCount == 1 }
        client.close()
        try await loop.wait { server.connectionCount == 0 }
      }
    }
  }

  @Test func `a header has only so long to come`() throws {
    var limited = try loopback()
    limited.timeout = .milliseconds(20)
    try withServer(limited) { loop, server in
      let client = try await IOStream.connect(to: server.addresses[0], on: loop)
      try await client.write("PROXY TCP4")
      #expect(try await client.textUntilClose() == "")
    }
  }

  @Test func `others cannot pretend to be somebody else`() throws {
    let elsewhere = ProxyProtocol(.auto, from: try NetworkList(["192.0.2.0/24"]))
    try withServer(elsewhere) { loop, server in
      let client = try await IOStream.connect(to: server.addresses[0], on: loop)
      try await client.write("PROXY TCP4 192.0.2.1 198.51.100.2 4660 443\r\n")
      #expect(try await client.textUntilClose().hasPrefix("127.0.0.1:"))
    }
  }

  #if TLS
  @Test func `the header stands before TLS`() throws {
    let zoo = try TLSZoo.shared.get()
    try withServer(try loopback(), { AddressServer(tls: try zoo.server(), on: $0) }) { loop, server in
      let plain = try await IOStream.connect(to: server.addresses[0], on: loop)
      try await plain.write(ProxyBytes.header(0x21, 0x11, ProxyBytes.ipv4))
      let client = try await plain.startTLS(try zoo.client(), serverName: "localhost")
      try await client.write("hello\n")
      #expect(try await client.textUntilClose() == "192.0.2.1:4660 hello\n")
    }
  }

  @Test func `connections that come with a header can be cut during the handshake`() throws {
    let zoo = try TLSZoo.shared.get()
    try withServer(try loopback(), { AddressServer(tls: try zoo.server(), on: $0) }) { loop, server in
      let client = try await IOStream.connect(to: server.addresses[0], on: loop)
      try await client.write(ProxyBytes.header(0x21, 0x11, ProxyBytes.ipv4))
      try await loop.wait { server.connectionCount == 1 }
      await loop.turns(20)  // so that the header is read, as a rule
      server.closeAllConnections()
      _ = try? await client.textUntilClose()
    }
  }
  #endif
}
