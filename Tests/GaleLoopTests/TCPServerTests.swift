// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import CSystem
import Glibc
import TestSupport
import Testing

@testable import GaleLoop

@Suite("tcpserver: TCPServer")
struct TCPServerTests {
  @Test(arguments: PollerKind.allCases)
  func `connections are served side by side`(_ poller: PollerKind) throws {
    try runLoop(poller) { loop async throws in
      let server = EchoServer(on: loop)
      try server.listen(port: 0, address: "127.0.0.1")
      #expect(server.addresses.count == 1)
      var clients: [IOStream] = []
      for _ in 0..<20 { clients.append(try await IOStream.connect(to: server.addresses[0], on: loop)) }
      for round in 0..<3 {
        for (index, client) in clients.enumerated() { try await client.write("\(round) \(index)\n") }
        for (index, client) in clients.enumerated().reversed() {
          #expect(try await client.text(until: "\n") == "\(round) \(index)\n")
        }
      }
      #expect(server.connectionCount == 20)
      for client in clients { client.close() }
      try await loop.wait { server.connectionCount == 0 }
      #expect(server.handled == 20)
      server.stop()
    }
  }

  /// TCS-006.
  @Test func `an error of one connection is reported and the next one served`() throws {
    let reports = Reports()
    try runLoop(reports: reports) { loop async throws in
      let server = EchoServer(on: loop)
      try server.listen(port: 0, address: "127.0.0.1")
      let failing = try await IOStream.connect(to: server.addresses[0], on: loop)
      try await failing.write("fail\n")
      #expect(try await failing.textUntilClose() == "")
      let next = try await IOStream.connect(to: server.addresses[0], on: loop)
      try await next.write("hello\nbye\n")
      #expect(try await next.textUntilClose() == "hello\nbye\n")
      let closing = try await IOStream.connect(to: server.addresses[0], on: loop)
      try await closing.write("close\n")
      #expect(try await closing.textUntilClose() == "")
      try await loop.wait { server.connectionCount == 0 }
      server.stop()
    }
    #expect(reports.texts == ["Error in connection callback: Failure()"])
  }

  /// TCS-005.
  @Test func `after stop connections go on and new ones are refused`() throws {
    try runLoop { loop async throws in
      let server = EchoServer(on: loop)
      try server.listen(port: 0, address: "127.0.0.1")
      let address = server.addresses[0]
      let client = try await IOStream.connect(to: address, on: loop)
      try await client.write("one\n")
      #expect(try await client.text(until: "\n") == "one\n")
      server.stop()
      server.stop()
      #expect(server.addresses.isEmpty)
      try await client.write("two\n")
      #expect(try await client.text(until: "\n") == "two\n")
      await #expect(throws: StreamError.self) { _ = try await IOStream.connect(to: address, on: loop) }
      client.close()
      try await loop.wait { server.connectionCount == 0 }
    }
  }

  /// As in the type's own example.
  @Test func `a server that nobody keeps serves until the loop closes`() throws {
    try runLoop { loop async throws in
      let socket = try bindSockets(port: 0, address: "127.0.0.1")[0]
      try EchoServer(on: loop).addSockets([socket])
      let client = try await IOStream.connect(to: socket.address, on: loop)
      try await client.write("hello\nbye\n")
      #expect(try await client.textUntilClose() == "hello\nbye\n")
    }
  }

  @Test func `one server listens on several sockets`() throws {
    try runLoop { loop async throws in
      let directory = try TemporaryDirectory()
      let server = EchoServer(on: loop)
      try server.listen(port: 0, address: "127.0.0.1")
      try server.listen(port: 0, address: "127.0.0.1")
      try server.addSockets([bindUnixSocket(path: directory.path("s"))])
      #expect(server.addresses.count == 3)
      for address in server.addresses {
        let client = try await IOStream.connect(to: address, on: loop)
        try await client.write("bye\n")
        #expect(try await client.textUntilClose() == "bye\n")
      }
      try await loop.wait { server.connectionCount == 0 }
      server.stop()
    }
  }

  /// R08: no descriptors left.
  @Test(arguments: PollerKind.allCases)
  func `without descriptors a server takes a breath, and goes on when there are some`(_ poller: PollerKind)
    async
  {
    await #expect(processExitsWith: .success) { [poller = poller as PollerKind] in
      try runLoop(poller) { loop async throws in
        let server = EchoServer(on: loop)
        try server.listen(port: 0, address: "127.0.0.1")
        // The clients first: they are connected by the kernel, and wait to be accepted.
        var clients: [IOStream] = []
        let address = server.addresses[0]
        var limit = rlimit()
        unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        let old = limit.rlim_cur
        clients.append(try await IOStream.connect(to: address, on: loop))
        try await loop.wait { server.connectionCount == 1 }
        let reserve = dup(2)
        limit.rlim_cur = rlim_t(reserve + 1)
        unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        _ = gale_close(reserve)
        clients.append(try await IOStream.connect(to: address, on: loop))
        try await loop.sleep(for: .milliseconds(50))
        #expect(server.connectionCount == 1)
        // It does not spin: hardly any processor time goes by while it cannot accept.
        let before = clock()
        try await loop.sleep(for: .milliseconds(400))
        #expect(Double(clock() - before) / Double(CLOCKS_PER_SEC) < 0.2)
        limit.rlim_cur = old
        unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        try await loop.wait { server.connectionCount == 2 }
        for client in clients {
          try await client.write("bye\n")
          #expect(try await client.textUntilClose() == "bye\n")
        }
        server.stop()
      }
    }
  }

  /// Who was held back by its owner does not begin again because its breath is over.
  @Test func `a breath does not end being held back`() async {
    await #expect(processExitsWith: .success) {
      try runLoop { loop async throws in
        let socket = try bindSockets(port: 0, address: "127.0.0.1")[0]
        var accepted: [IOStream] = []
        let acceptor = try Acceptor(socket, on: loop) { descriptor, _ in
          accepted.append(IOStream(descriptor: descriptor, on: loop))
        }
        acceptor.suspend()
        let client = try await IOStream.connect(to: socket.address, on: loop)
        var limit = rlimit()
        unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        let old = limit.rlim_cur
        limit.rlim_cur = rlim_t(client.descriptor + 1)
        unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        acceptor.resume()
        try await loop.sleep(for: .milliseconds(50))
        acceptor.suspend()
        limit.rlim_cur = old
        unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        try await loop.sleep(for: .milliseconds(700))
        #expect(accepted.isEmpty)
        acceptor.resume()
        try await loop.wait { accepted.count == 1 }
        acceptor.stop()
        for stream in accepted + [client] { stream.close() }
      }
    }
  }

  @Test func `an acceptor can be held back`() throws {
    try runLoop { loop async throws in
      let socket = try bindSockets(port: 0, address: "127.0.0.1")[0]
      var accepted: [IOStream] = []
      let acceptor = try Acceptor(socket, on: loop) { descriptor, address in
        #expect(address.host == "127.0.0.1")
        accepted.append(IOStream(descriptor: descriptor, on: loop))
      }
      acceptor.suspend()
      let client = try await IOStream.connect(to: socket.address, on: loop)
      try await loop.sleep(for: .milliseconds(5))
      #expect(accepted.isEmpty)
      acceptor.resume()
      acceptor.resume()
      try await loop.wait { accepted.count == 1 }
      acceptor.stop()
      acceptor.resume()
      let late = try await IOStream.connect(to: socket.address, on: loop)
      try await loop.sleep(for: .milliseconds(5))
      #expect(accepted.count == 1)
      for stream in accepted + [client, late] { stream.close() }
    }
  }
}
