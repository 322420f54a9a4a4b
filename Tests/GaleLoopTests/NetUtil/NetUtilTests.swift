// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import CSystem
import Glibc
import TestSupport
import Testing

@testable import GaleLoop

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
