// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleHTTP
import GaleLoop
import GaleWeb
import Testing

@Suite("web: sending static files")
struct StaticFileSendingTests {
  let tree: TemporaryTree

  init() throws { tree = try TemporaryTree() }

  private var routes: [URLSpec] { [URLSpec("/(.*)", StaticFileHandler.self, ["path": tree.path])] }

  /// More than the sockets of a connection hold, so that the sender has to wait for the reader.
  static let large = 32 << 20

  private static func pattern(_ count: Int) -> [UInt8] {
    var state: UInt32 = 1
    return (0..<count).map { _ in
      state = state &* 1_664_525 &+ 1_013_904_223
      return UInt8(truncatingIfNeeded: state >> 24)
    }
  }

  @Test func `a slow reader gets every byte of five megabytes`() throws {
    let bytes = Self.pattern(5 << 20)
    try tree.write(bytes, to: "five.bin")
    try serving(routes) { server in
      let client = try await server.connect()
      try await client.send("GET", "/five.bin")
      let head = try await client.responseHead()
      #expect(head["Content-Length"] == String(bytes.count))
      var received: [UInt8] = []
      while received.count < bytes.count {
        received += try await client.stream.read(count: 50_000, partial: true)
        await server.loop.moment()
      }
      #expect(received == bytes)
      #expect(await client.isAlive("/missing"))
    }
  }

  @Test func `a part of a file is sent from its place`() throws {
    let bytes = Self.pattern(3 << 20)
    try tree.write(bytes, to: "three.bin")
    try serving(routes) { server in
      let response = try await server.fetch("GET", "/three.bin", ["Range: bytes=1000001-2900000"])
      #expect(response.status == 206)
      #expect(response.body == Array(bytes[1_000_001...2_900_000]))
    }
  }

  @Test func `pipelined requests for files are answered in order`() throws {
    try tree.write(Self.pattern(300_000), to: "a.bin")
    try tree.write("b", to: "b.txt")
    try serving(routes) { server in
      let client = try await server.connect()
      let paths = ["a.bin", "b.txt", "missing", "a.bin", "b.txt"]
      try await client.send(paths.map { "GET /\($0) HTTP/1.1\r\nHost: x\r\n\r\n" }.joined())
      for path in paths {
        let response = try await client.response()
        #expect(response.status == (path == "missing" ? 404 : 200))
        #expect(
          response.body.count == (path == "a.bin" ? 300_000 : path == "b.txt" ? 1 : response.body.count))
      }
    }
  }

  @Test func `a file that shrinks while it is sent cuts the connection`() throws {
    try tree.write([1], to: "shrinks.bin")
    tree.truncate("shrinks.bin", to: Self.large)
    try serving(routes) { server in
      let client = try await server.connect()
      try await client.send("GET", "/shrinks.bin")
      let head = try await client.responseHead()
      #expect(head["Content-Length"] == String(Self.large))
      tree.truncate("shrinks.bin", to: 1000)
      let (bytes, _) = try await client.readToEnd()
      #expect(bytes.count < Self.large)
      #expect(!bytes.contains(UInt8(ascii: "H")), "nothing but the file's zeros may follow")
      #expect(StaticFileTests.openDescriptors(below: tree.path) == 0)
    }
  }

  @Test(arguments: [false, true])
  func `a client that leaves has the file closed`(_ resets: Bool) throws {
    try tree.write([1], to: "large.bin")
    tree.truncate("large.bin", to: Self.large)
    try serving(routes) { server in
      let client = try await server.connect()
      try await client.send("GET", "/large.bin")
      _ = try await client.responseHead()
      #expect(StaticFileTests.openDescriptors(below: tree.path) == 1)
      if resets { client.stream.abort() } else { client.close() }
      try await server.wait { StaticFileTests.openDescriptors(below: tree.path) == 0 }
      #expect(try await server.fetch("HEAD", "/large.bin").status == 200)
    }
  }

  @Test func `a client that takes nothing is cut off after the write timeout`() throws {
    try tree.write([1], to: "large.bin")
    tree.truncate("large.bin", to: Self.large)
    var configuration = HTTPServerConfiguration()
    configuration.writeTimeout = .milliseconds(300)
    try serving(routes, configuration: configuration) { server in
      let client = try await server.connect()
      try await client.send("GET", "/large.bin")
      _ = try await client.responseHead()
      client.stream.pauseReading()
      try await server.wait { StaticFileTests.openDescriptors(below: tree.path) == 0 }
    }
  }

  @Test func `a large file takes no memory, however slow its readers`() async {
    await #expect(processExitsWith: .success) {
      let size = 64 << 20
      let tree = try TemporaryTree()
      try tree.write([1], to: "large.bin")
      tree.truncate("large.bin", to: size)
      try serving([URLSpec("/(.*)", StaticFileHandler.self, ["path": tree.path])]) { server in
        _ = try await server.fetch("HEAD", "/large.bin")  // So that the tag is known.
        let before = try residentByteCount()
        var clients: [Client] = []
        for _ in 0..<4 {
          let client = try await server.connect()
          try await client.send("GET", "/large.bin")
          _ = try await client.responseHead()
          clients.append(client)
        }
        try await server.settle()
        for client in clients {
          var left = size
          while left > 0 { left -= try await client.stream.read(count: 1 << 20, partial: true).count }
        }
        #expect(try residentByteCount() - before < 32 << 20)
      }
    }
  }
}
