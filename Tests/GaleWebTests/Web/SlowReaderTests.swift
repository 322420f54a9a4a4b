// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleHTTP
import GaleLoop
import GaleWeb
import Testing

@Suite("web: slow readers")
struct SlowReaderTests {
  private static let pieces = 800
  private static let piece = [UInt8](repeating: 120, count: 1 << 16)
  private static var total: Int { pieces * piece.count }

  private static func flushing(_ written: Counter, _ journal: Journal = Journal()) -> URLSpec {
    .to("/", onFinish: { _ in journal.note("onFinish") }) { handler in
      for _ in 0..<pieces {
        handler.write(piece)
        try await handler.flush()
        written.add(piece.count)
      }
    }
  }

  @Test func `hold back a handler that flushes, and get everything in the end`() throws {
    let written = Counter()
    try serving([Self.flushing(written)]) { server in
      let client = try await server.connect()
      try await client.send("GET", "/")
      try await server.wait { written.value > 0 }
      var last = -1
      while written.value != last {
        last = written.value
        try await server.loop.sleep(for: .milliseconds(100))
      }
      #expect(written.value < Self.total / 2, "what the sockets hold, and little more")
      #expect(try await client.responseHead()["Transfer-Encoding"] == "chunked")
      for _ in 0..<Self.pieces { try #require(try await client.chunk() == Self.piece) }
      #expect(try await client.chunk().isEmpty)
      #expect(written.value == Self.total)
    }
  }

  @Test func `that leave end a handler that waits for them`() throws {
    let written = Counter()
    let journal = Journal()
    try serving([Self.flushing(written, journal)]) { server in
      let client = try await server.connect()
      try await client.send("GET", "/")
      try await server.wait { written.value > 0 }
      client.stream.abort()
      try await server.wait { journal.contains("onFinish") }
      try await server.settle()
      #expect(written.value < Self.total)
    }
    #expect(journal.entries == ["onFinish"])
  }

  @Test func `that take nothing are cut off after the write timeout`() throws {
    let written = Counter()
    let journal = Journal()
    var configuration = HTTPServerConfiguration()
    configuration.writeTimeout = .milliseconds(300)
    try serving([Self.flushing(written, journal)], configuration: configuration) { server in
      let client = try await server.connect()
      try await client.send("GET", "/")
      try await server.wait { journal.contains("onFinish") }
      #expect(written.value < Self.total)
      let (bytes, wasReset) = try await client.readToEnd()
      #expect(wasReset)
      #expect(bytes.count < Self.total)
    }
  }

  /// R10: what is written without a flush is bounded.
  @Test func `cost little when a handler never flushes, and get an error`() async {
    await #expect(processExitsWith: .success) {
      let route = URLSpec.to("/(.*)") { handler in
        if try handler.pathArgument(0) == "late" {
          handler.write("begun")
          try await handler.flush()
        }
        for _ in 0..<3000 { handler.write(Self.piece) }  // 197 MB
      }
      try serving([route]) { server async throws in
        _ = try await server.fetch("GET", "/")
        let before = try residentByteCount()
        var clients: [Client] = []
        for _ in 0..<4 {
          let client = try await server.connect()
          try await client.send("GET", "/")
          clients.append(client)
        }
        for client in clients { #expect(try await client.response().status == 500) }
        #expect(try residentByteCount() - before < 32 << 20)
        try await clients[0].send("GET", "/late")
        #expect(try await clients[0].responseHead()["Transfer-Encoding"] == "chunked")
        #expect(try await clients[0].readToEnd().bytes.count < 1 << 20, "cut")
        for client in clients { client.close() }
      }
    }
  }

  @Test func `get a long piece whole, for it was in memory anyway`() throws {
    let route = URLSpec.to("/") { $0.write([UInt8](repeating: 120, count: 20 << 20)) }
    try serving([route]) { server async throws in
      #expect(try await server.fetch("GET", "/").body.count == 20 << 20)
    }
  }

  @Test func `get everything of a handler that never flushes, if that is allowed`() throws {
    let route = URLSpec.to("/") { handler in
      for _ in 0..<Self.pieces { handler.write(Self.piece) }
    }
    var settings = Application.Settings.quiet
    settings.maxWriteBufferSize = Self.total
    try serving([route], settings: settings) { server in
      let client = try await server.connect()
      try await client.send("GET", "/")
      let head = try await client.responseHead()
      #expect(head["Content-Length"] == String(Self.total))
      var count = 0
      while count < Self.total {
        count += try await client.stream.read(count: 1 << 20, partial: true).count
        await server.loop.moment()
      }
      #expect(await client.isAlive("/none"))
    }
  }

  @Test func `cost no memory while they do not read`() async {
    await #expect(processExitsWith: .success) {
      let written = Counter()
      try serving([Self.flushing(written)]) { server in
        _ = try await server.fetch("GET", "/none")
        let before = try residentByteCount()
        var clients: [Client] = []
        for _ in 0..<4 {
          let client = try await server.connect()
          try await client.send("GET", "/")
          clients.append(client)
        }
        var last = -1
        while written.value != last {
          last = written.value
          try await server.loop.sleep(for: .milliseconds(100))
        }
        #expect(written.value < 4 * Self.total / 2)
        #expect(try residentByteCount() - before < 4 * (2 << 20))
        for client in clients { client.close() }
      }
    }
  }
}
