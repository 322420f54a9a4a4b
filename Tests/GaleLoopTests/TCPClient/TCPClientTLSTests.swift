// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if TLS

import TestSupport
import Testing

@testable import GaleLoop

@Suite("tcpclient: TLS")
struct TCPClientTLSTests {
  let zoo: TLSZoo

  init() throws { zoo = try TLSZoo.shared.get() }

  private func echo(_ stream: IOStream) async throws {
    try await stream.write("hello\n")
    #expect(try await stream.text(until: "\n") == "hello\n")
    stream.close()
  }

  /// TCC-002, TCS-007.
  @Test(arguments: PollerKind.allCases)
  func `connects to a host by name and shakes hands`(_ poller: PollerKind) throws {
    let (context, server) = (try zoo.client(), try zoo.server())
    try runLoop(poller) { loop async throws in
      let server = EchoBytes(tls: server, on: loop)
      try server.listen(port: 0, address: "127.0.0.1")
      let address = server.addresses[0]
      let client = TCPClient(on: loop)
      let stream = try await client.connect(
        "localhost", port: address.port, tls: context, family: .ipv4, maxBufferSize: 12345,
        timeout: .seconds(30))
      #expect(stream.maxBufferSize == 12345)
      try await echo(stream)
      try await echo(client.connect(to: address, tls: context, serverName: "localhost"))
      try await echo(client.connect("127.0.0.1", port: address.port, tls: context, serverName: "localhost"))
      server.stop()
    }
  }

  @Test func `a certificate for another name is an error`() throws {
    let (context, server) = (try zoo.client(), try zoo.server())
    try runLoop { loop async throws in
      let server = EchoBytes(tls: server, on: loop)
      try server.listen(port: 0, address: "127.0.0.1")
      let client = TCPClient(on: loop)
      _ = await #expect(throws: TLSError.self) {
        let stream = try await client.connect(
          "127.0.0.1", port: server.addresses[0].port, tls: context, serverName: "other.example")
        stream.close()
      }
      #expect(server.peers.isEmpty)
      try await loop.wait { server.connectionCount == 0 }
      server.stop()
    }
  }

  /// TCC-005, R32: a peer that takes the connection and says nothing.
  @Test(arguments: [true, false])
  func `a handshake without an answer ends with the time-out or with the task`(_ isCancelled: Bool) throws {
    let context = try zoo.client()
    try runLoop { loop async throws in
      let socket = try bindSockets(port: 0, address: "127.0.0.1")[0]
      var peer: IOStream?
      let acceptor = try Acceptor(socket, on: loop) { descriptor, _ in
        peer = IOStream(descriptor: descriptor, on: loop)
      }
      let client = TCPClient(on: loop)
      var caught: (any Error)?
      let task = loop.spawn {
        do {
          let stream = try await client.connect(
            "localhost", port: socket.address.port, tls: context, family: .ipv4,
            timeout: isCancelled ? nil : .milliseconds(100))
          stream.close()
        } catch {
          caught = error
        }
      }
      try await loop.wait { peer != nil }
      let hello = try await peer?.read(count: 1)
      #expect(hello == [22], "a handshake record")
      if isCancelled { task.cancel() }
      await task.value
      if isCancelled {
        #expect(caught is CancellationError)
      } else {
        let error = try #require(caught as? TCPClientError)
        #expect(error.code == .timedOut)
        #expect(error.description.contains("no TLS handshake within 0.1 seconds"))
      }
      // The client closed its end.
      _ = try await peer?.readUntilClose()
      acceptor.stop()
    }
  }

  @Test func `streams of an encrypted server have its limits`() throws {
    let (context, server) = (try zoo.client(), try zoo.server())
    try runLoop { loop async throws in
      final class Sink: TCPServer {
        var sizes: [Int] = []
        override func handle(_ stream: IOStream, address: SocketAddress) async throws {
          sizes = [stream.maxBufferSize, stream.readChunkSize]
        }
      }
      let server = Sink(tls: server, maxBufferSize: 100_000, readChunkSize: 1000, on: loop)
      try server.listen(port: 0, address: "127.0.0.1")
      let stream = try await TCPClient(on: loop)
        .connect(to: server.addresses[0], tls: context, serverName: "localhost")
      #expect(try await stream.readUntilClose() == [])
      #expect(server.sizes == [100_000, 1000])
      server.stop()
    }
  }
}

#endif
