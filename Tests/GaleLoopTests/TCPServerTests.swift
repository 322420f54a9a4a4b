// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import CSystem
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import GaleLoop

private struct Failure: Error {}

private final class EchoServer: TCPServer {
  var handled = 0
  override func handle(_ stream: IOStream, address: SocketAddress) async throws {
    handled += 1
    while true {
      let line = try await stream.text(until: "\n")
      switch line {
      case "fail\n": throw Failure()
      case "bye\n":
        try stream.enqueue(Array("bye\n".utf8))
        return
      case "close\n":
        stream.close()
        return
      default: try await stream.write(line)
      }
    }
  }
}

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

@Suite("tcpserver: limits, ends and groups")
struct TCPServerLifeTests {
  private func ask(_ stream: IOStream, _ line: String) async throws {
    try await stream.write(line + "\n")
    #expect(try await stream.text(until: "\n") == line + "\n")
  }

  /// TCS-004.
  @Test func `what is bound is served after the start`() throws {
    try runLoop { loop async throws in
      let server = EchoServer(on: loop)
      let port = try bindSockets(port: 0, address: "127.0.0.1")[0].address.port
      try server.bind(port: port, address: "127.0.0.1")
      #expect(server.addresses.isEmpty)
      let client = try await IOStream.connect(to: SocketAddress(host: "127.0.0.1", port: port), on: loop)
      try await client.write("hello\n")
      await loop.turns(5)
      #expect(server.connectionCount == 0)
      try server.start()
      #expect(server.addresses.map(\.port) == [port])
      #expect(try await client.text(until: "\n") == "hello\n")
      try server.start()
      #expect(server.addresses.count == 1)
      client.close()
      server.stop()
    }
  }

  @Test func `a Unix socket's path is listened on`() throws {
    try runLoop { loop async throws in
      let directory = try TemporaryDirectory()
      let server = EchoServer(on: loop)
      try server.listen(path: directory.path("s"))
      try await ask(IOStream.connect(to: server.addresses[0], on: loop), "hello")
      server.closeAllConnections()
      server.stop()
    }
  }

  /// TCS-008.
  @Test(arguments: PollerKind.allCases)
  func `no more connections are accepted than may be open`(_ poller: PollerKind) throws {
    try runLoop(poller) { loop async throws in
      let server = EchoServer(on: loop)
      server.maxConnections = 2
      try server.listen(port: 0, address: "127.0.0.1")
      let address = server.addresses[0]
      var clients: [IOStream] = []
      for _ in 0..<4 { clients.append(try await IOStream.connect(to: address, on: loop)) }
      try await loop.wait { server.connectionCount == 2 }
      await loop.turns(10)
      #expect(server.connectionCount == 2)
      try server.listen(port: 0, address: "127.0.0.1")
      let other = try await IOStream.connect(to: server.addresses[1], on: loop)
      await loop.turns(10)
      #expect(server.connectionCount == 2, "a socket that comes later is held back too")
      clients.removeFirst().close()
      try await loop.wait { server.handled == 3 }
      #expect(server.connectionCount == 2)
      server.maxConnections = nil
      try await loop.wait { server.connectionCount == 4 }
      for client in clients + [other] { try await ask(client, "served") }
      for client in clients + [other] { client.close() }
      server.stop()
    }
  }

  @Test func `a server waits for its connections, and cuts those that take too long`() throws {
    try runLoop { loop async throws in
      let server = EchoServer(on: loop)
      try server.listen(port: 0, address: "127.0.0.1")
      let client = try await IOStream.connect(to: server.addresses[0], on: loop)
      try await ask(client, "one")
      var hasEnded = false
      let ending = loop.spawn {
        await server.shutdown(grace: .seconds(3600))
        hasEnded = true
      }
      try await loop.wait { server.addresses.isEmpty }
      try await ask(client, "two")
      #expect(!hasEnded)
      client.close()
      await ending.value
      #expect(server.connectionCount == 0)

      let second = EchoServer(on: loop)
      try second.listen(port: 0, address: "127.0.0.1")
      let stubborn = try await IOStream.connect(to: second.addresses[0], on: loop)
      try await ask(stubborn, "one")
      await second.shutdown(grace: .milliseconds(20))
      #expect(second.connectionCount == 0)
      #expect(try await stubborn.readUntilClose() == [])
      await second.shutdown()
    }
  }

  @Test func `cutting connections cancels what serves them`() throws {
    final class Sleeper: TCPServer {
      var outcomes: [String] = []
      override func handle(_ stream: IOStream, address: SocketAddress) async throws {
        do { try await loop.sleep(for: .seconds(3600)) } catch {
          outcomes.append("\(error is CancellationError)")
          throw error
        }
      }
    }
    try runLoop { loop async throws in
      let server = Sleeper(on: loop)
      try server.listen(port: 0, address: "127.0.0.1")
      let client = try await IOStream.connect(to: server.addresses[0], on: loop)
      try await loop.wait { server.connectionCount == 1 }
      server.closeAllConnections()
      #expect(try await client.readUntilClose() == [])
      try await loop.wait { server.connectionCount == 0 }
      #expect(server.outcomes == ["true"])
      server.stop()
    }
  }

  /// TCS-001.
  @Test func `streams have the server's limits`() throws {
    final class Counter: TCPServer {
      var counts: [Int] = []
      override func handle(_ stream: IOStream, address: SocketAddress) async throws {
        #expect(stream.maxBufferSize == 1000)
        while true { counts.append(try await stream.read(count: 100_000, partial: true).count) }
      }
    }
    try runLoop { loop async throws in
      let server = Counter(maxBufferSize: 1000, readChunkSize: 300, on: loop)
      try server.listen(port: 0, address: "127.0.0.1")
      let client = try await IOStream.connect(to: server.addresses[0], on: loop)
      try await client.write(pattern(5000))
      client.close()
      try await loop.wait { server.counts.reduce(0, +) == 5000 }
      #expect(server.counts.allSatisfy { $0 <= 300 })
      server.stop()
    }
  }

  @Test(arguments: [1, 3])
  func `each loop of a group serves`(_ loops: Int) throws {
    let threads = Mutex<Set<UInt>>([])
    final class Reporter: TCPServer {
      var threads: (UInt) -> Void = { _ in }
      override func handle(_ stream: IOStream, address: SocketAddress) async throws {
        threads(UInt(pthread_self()))
        while true { try await stream.write(stream.read(until: [10])) }
      }
    }
    try runLoop { loop async throws in
      let directory = try TemporaryDirectory()
      let group = try TCPServerGroup(loops: loops, on: loop) { loop in
        let server = Reporter(on: loop)
        server.threads = { thread in _ = threads.withLock { $0.insert(thread) } }
        return server
      }
      try group.listen(port: 0, address: "127.0.0.1")
      try group.addSockets([bindUnixSocket(path: directory.path("s"))])
      #expect(group.addresses.count == 2)
      let (tcp, unix) = (group.addresses[0], group.addresses[1])
      var clients: [IOStream] = []
      // The kernel spreads them by their ports; that one loop gets none of so many does not happen.
      while threads.withLock({ $0.count }) < loops || clients.count < 10 {
        try #require(clients.count < 400)
        let client = try await IOStream.connect(to: clients.count % 10 == 9 ? unix : tcp, on: loop)
        try await ask(client, "hello \(clients.count)")
        clients.append(client)
      }
      var hasEnded = false
      let ending = loop.spawn {
        await group.shutdown(grace: .seconds(3600))
        hasEnded = true
      }
      for client in clients { try await ask(client, "still there") }
      #expect(!hasEnded)
      await #expect(throws: StreamError.self) { _ = try await IOStream.connect(to: tcp, on: loop) }
      for client in clients { client.close() }
      await ending.value
      #expect(group.addresses.isEmpty)
    }
  }
}

@Suite("netutil: sockets and addresses")
struct NetUtilTests {
  private func code(_ body: () throws -> Void) -> Int32? {
    do {
      try body()
      return nil
    } catch {
      return (error as? LoopError)?.systemError
    }
  }

  private func status(_ path: String) -> stat? {
    var status = stat()
    return unsafe lstat(path, &status) == 0 ? status : nil
  }

  /// NET-001.
  @Test func `port 0 is one free port for every address`() throws {
    let sockets = try bindSockets(port: 0)
    #expect(!sockets.isEmpty)
    let ports = Set(sockets.map(\.address.port))
    #expect(ports.count == 1)
    #expect(ports != [0])
    #expect(Set(sockets.map(\.address.isIPv6)).count == sockets.count)
  }

  @Test(arguments: ["127.0.0.1", "::1", "localhost", "", "0.0.0.0", "::"])
  func `a socket accepts at the address that it was bound to`(_ host: String) throws {
    // A machine without IPv6 has nothing to bind to.
    if host.contains(":"), (try? bindSockets(port: 0, address: host)) == nil { return }
    let sockets = try bindSockets(port: 0, address: host)
    try runLoop { loop async throws in
      for socket in sockets {
        var accepted = 0
        let acceptor = try Acceptor(socket, on: loop) { descriptor, _ in
          accepted += 1
          _ = gale_close(descriptor)
        }
        let stream = try await IOStream.connect(to: socket.address, on: loop)
        #expect(try await stream.readUntilClose() == [])
        #expect(accepted == 1)
        acceptor.stop()
      }
    }
  }

  @Test func `a port in use is refused, and shared only when all ask for it`() throws {
    let first = try bindSockets(port: 0, address: "127.0.0.1")
    let port = first[0].address.port
    #expect(code { _ = try bindSockets(port: port, address: "127.0.0.1") } == EADDRINUSE)
    #expect(code { _ = try bindSockets(port: port, address: "127.0.0.1", reusePort: true) } == EADDRINUSE)
    let shared = try bindSockets(port: 0, address: "127.0.0.1", reusePort: true)
    let other = try bindSockets(port: shared[0].address.port, address: "127.0.0.1", reusePort: true)
    #expect(other[0].address == shared[0].address)
  }

  @Test func `a port can be used again as soon as its socket is closed`() throws {
    let port = try bindSockets(port: 0, address: "127.0.0.1")[0].address.port
    #expect(try bindSockets(port: port, address: "127.0.0.1")[0].address.port == port)
  }

  @Test func `a name that does not resolve is an error of its own`() {
    #expect { _ = try bindSockets(port: 0, address: "no such host.invalid") } throws: {
      ($0 as? LoopError)?.code == .resolution
    }
  }

  /// NET-002.
  @Test func `a stale socket file is replaced and goes with the socket`() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path("s")
    do {
      let stale = gale_socket(1, Int32(SOCK_STREAM.rawValue))
      var raw = SocketAddress(path: path).raw
      #expect(unsafe gale_bind(stale, &raw) == 0)
      _ = gale_close(stale)
      #expect(status(path) != nil)
      let socket = try bindUnixSocket(path: path)
      #expect(socket.address == SocketAddress(path: path))
      #expect(status(path)?.st_mode.permissions == 0o600)
      let other = try bindUnixSocket(path: directory.path("t"), mode: 0o660)
      #expect(status(directory.path("t"))?.st_mode.permissions == 0o660)
      _ = (socket, other)
    }
    #expect(status(path) == nil)
  }

  @Test func `a socket on which somebody listens is taken over only when that is asked for`() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path("s")
    var first: ListeningSocket? = try bindUnixSocket(path: path)
    #expect(code { _ = try bindUnixSocket(path: path) } == EADDRINUSE)
    let second = try bindUnixSocket(path: path, takesOver: true)
    let made = status(path)?.st_ino
    #expect(first?.descriptor != second.descriptor)
    first = nil
    #expect(status(path)?.st_ino == made, "the file is the second socket's")
    try runLoop { loop async throws in
      let acceptor = try Acceptor(second, on: loop) { descriptor, _ in _ = gale_close(descriptor) }
      let stream = try await IOStream.connect(to: SocketAddress(path: path), on: loop)
      #expect(try await stream.readUntilClose() == [])
      acceptor.stop()
    }
  }

  @Test func `a socket whose queue is full is not stale`() throws {
    let directory = try TemporaryDirectory()
    let socket = try bindUnixSocket(path: directory.path("s"), backlog: 0)
    var waiting: [Int32] = []
    for _ in 0..<3 {
      let descriptor = gale_socket(1, Int32(SOCK_STREAM.rawValue))
      var raw = socket.address.raw
      _ = unsafe gale_connect(descriptor, &raw)
      waiting.append(descriptor)
    }
    #expect(code { _ = try bindUnixSocket(path: directory.path("s")) } == EADDRINUSE)
    for descriptor in waiting { _ = gale_close(descriptor) }
  }

  @Test func `another file at a socket's path is left alone`() throws {
    let directory = try TemporaryDirectory()
    try directory.write([1, 2, 3], to: "file")
    for name in ["file", "."] {
      #expect { _ = try bindUnixSocket(path: directory.path(name)) } throws: {
        ($0 as? LoopError)?.code == .invalidArgument
      }
    }
    #expect(status(directory.path("file"))?.st_size == 3)
  }

  @Test func `a path that does not fit is refused, not cut`() throws {
    let directory = try TemporaryDirectory()
    let longest = directory.path(String(repeating: "a", count: 107 - directory.path.utf8.count - 1))
    #expect(longest.utf8.count == 107)
    let socket = try bindUnixSocket(path: longest)
    #expect(socket.address.host == longest)
    for extra in ["a", "ab", String(repeating: "a", count: 300)] {
      #expect(throws: LoopError.self) { _ = try bindUnixSocket(path: longest + extra) }
    }
    try runLoop { loop async throws in
      await #expect(throws: (any Error).self) {
        _ = try await IOStream.connect(to: SocketAddress(path: longest + "a"), on: loop)
      }
      await #expect(throws: (any Error).self) {
        _ = try await IOStream.connect(to: SocketAddress(path: longest + "bcd"), on: loop)
      }
    }
  }

  @Test func `an abstract socket needs no file`() throws {
    try runLoop { loop async throws in
      let path = "\0gale-test-\(UInt32.random(in: 0 ... .max))"
      let socket = try bindUnixSocket(path: path)
      #expect(socket.address == SocketAddress(path: path))
      let acceptor = try Acceptor(socket, on: loop) { descriptor, _ in _ = gale_close(descriptor) }
      let stream = try await IOStream.connect(to: socket.address, on: loop)
      #expect(try await stream.readUntilClose() == [])
      acceptor.stop()
    }
  }

  @Test func `a socket that listens already can be taken over`() throws {
    let first = try bindSockets(port: 0, address: "127.0.0.1")[0]
    let inherited = try ListeningSocket(inherited: dup(first.descriptor))
    #expect(inherited.address == first.address)
    #expect { _ = try ListeningSocket(inherited: 999) } throws: { ($0 as? LoopError)?.systemError == EBADF }
    let (reader, writer) = try makePipe()
    #expect(code { _ = try ListeningSocket(inherited: reader) } == ENOTSOCK)
    let datagrams = gale_socket(4, Int32(SOCK_DGRAM.rawValue))
    #expect(code { _ = try ListeningSocket(inherited: datagrams) } == ESOCKTNOSUPPORT)
    for descriptor in [reader, writer, datagrams] { _ = gale_close(descriptor) }
  }

  @Test func `a socket that is only bound listens once it is taken over`() throws {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    let inherited = try ListeningSocket(inherited: descriptor)
    #expect(fcntl(descriptor, F_GETFL) & O_NONBLOCK != 0)
    #expect(fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0)
    // Not bound either: the kernel chose a port when it began to listen.
    let address = try SocketAddress(
      host: "127.0.0.1", port: ListeningSocket(inherited: dup(descriptor)).address.port)
    try runLoop { loop async throws in
      let acceptor = try Acceptor(inherited, on: loop) { descriptor, _ in _ = gale_close(descriptor) }
      let stream = try await IOStream.connect(to: address, on: loop)
      #expect(try await stream.readUntilClose() == [])
      acceptor.stop()
    }
  }

  @Test func `the file of an inherited socket stays`() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path("s")
    let first = try bindUnixSocket(path: path)
    do { _ = try ListeningSocket(inherited: dup(first.descriptor)) }
    #expect(status(path) != nil)
  }

  /// NET-001.
  @Test func `a family and flags choose among the addresses`() throws {
    #expect(try bindSockets(port: 0, family: .ipv4).map(\.address.host) == ["0.0.0.0"])
    if hasIPv6 { #expect(try bindSockets(port: 0, family: .ipv6).map(\.address.host) == ["::"]) }
    #expect(try bindSockets(port: 0, family: .ipv4, flags: []).map(\.address.host) == ["127.0.0.1"])
    #expect(throws: LoopError.self) { try bindSockets(port: 0, address: "localhost", flags: [.numericHost]) }
  }

  /// RFC 4007 section 11; NET-004.
  @Test func `an address of a link names its zone`() throws {
    let index = unsafe if_nametoindex("lo")
    for zone in ["lo", "\(index)"] {
      let address = try SocketAddress(host: "fe80::1%\(zone)", port: 80)
      #expect(address.zone == index)
      #expect(address.host == "fe80::1")
      #expect(address.description == "[fe80::1%\(index)]:80")
      #expect(SocketAddress(address.raw) == address)
    }
    for host in [
      "fe80::1%", "fe80::1%no-such-link", "fe80::1%-1", "127.0.0.1%lo", "%lo", "fe80::1%99999999999",
    ] {
      #expect(!isValidIP(host), "\(host)")
    }
  }

  @Test(
    arguments: [
      ("127.0.0.1", 80, "127.0.0.1:80"), ("::1", 443, "[::1]:443"), ("[::1]", 1, "[::1]:1"),
      ("2001:DB8:0:0::1", 65535, "[2001:db8::1]:65535"), ("::ffff:1.2.3.4", 0, "[::ffff:1.2.3.4]:0"),
    ] as [(String, UInt16, String)])
  func `a numeric address is read and written`(_ host: String, _ port: UInt16, _ expected: String) throws {
    let address = try SocketAddress(host: host, port: port)
    #expect(address.description == expected)
    #expect(address.port == port)
    #expect(address.isIPv6 == host.contains(":"))
    #expect(SocketAddress(address.raw) == address)
    #expect(isValidIP(address.host))
  }

  @Test(arguments: [
    "", "localhost", "127.0.0", "127.0.0.1.1", "256.0.0.1", "127.0.0.1:80", "::g", "[::1", "1::2::3", "\0",
    "127.0.0.1\0", " 1.2.3.4",
    "01.2.3.4.", "[127.0.0.1]",
  ])
  func `what is no numeric address is refused`(_ text: String) {
    #expect(throws: LoopError.self) { try SocketAddress(host: text, port: 0) }
    #expect(!isValidIP(text))
  }

  @Test func `a path describes itself`() {
    let address = SocketAddress(path: "/run/x")
    #expect(address.description == "unix:/run/x")
    #expect(address.host == "/run/x")
    #expect(address.port == 0)
    #expect(address.isPath)
    #expect(SocketAddress(address.raw) == address)
  }
}

extension mode_t {
  fileprivate var permissions: mode_t { self & 0o777 }
}
