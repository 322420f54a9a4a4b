// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleHTTP
import GaleLoop
import GaleWeb
import Testing

@Suite("web: server")
struct ServerTests {
  /// Answers once `journal` says `go`.
  private static func waiting(_ journal: Journal) -> [URLSpec] {
    [
      .text("/", "hello"),
      .to("/wait", onFinish: { _ in journal.note("onFinish") }) { handler in
        journal.note("waiting")
        while !journal.contains("go") { try await handler.loop.sleep(for: .milliseconds(1)) }
        handler.write("done")
      },
    ]
  }

  @Test func `that is stopped accepts nothing more and serves what is open`() throws {
    try serving(Self.waiting(Journal())) { server in
      let address = server.server.addresses[0]
      let client = try await server.connect()
      #expect(await client.isAlive("/"))
      server.server.stop()
      #expect(server.server.addresses.isEmpty)
      await #expect(throws: StreamError.self) { try await IOStream.connect(to: address, on: server.loop) }
      #expect(await client.isAlive("/"))
    }
  }

  @Test func `closeAllConnections cuts what is open, busy or not`() throws {
    let journal = Journal()
    try serving(Self.waiting(journal)) { server in
      let idle = try await server.connect()
      #expect(await idle.isAlive("/"))
      let busy = try await server.connect()
      try await busy.send("GET", "/wait")
      try await server.wait { journal.contains("waiting") }
      server.server.closeAllConnections()
      #expect(try await idle.readToEnd().bytes.isEmpty)
      #expect(try await busy.readToEnd().bytes.isEmpty)
      try await server.wait { journal.contains("onFinish") }
      #expect(try await server.fetch("GET", "/").text == "hello", "the server goes on")
    }
  }

  @Test func `shutdown lets requests end and closes idle connections`() throws {
    let journal = Journal()
    try serving(Self.waiting(journal)) { server in
      let idle = try await server.connect()
      #expect(await idle.isAlive("/"))
      let busy = try await server.connect()
      try await busy.send("GET", "/wait")
      try await server.wait { journal.contains("waiting") }
      server.loop.spawn {
        await server.server.shutdown(grace: .seconds(60))
        journal.note("down")
      }
      #expect(try await idle.readToEnd().bytes.isEmpty)
      #expect(!journal.contains("down"))
      journal.note("go")
      let response = try await busy.response()
      #expect(response.text == "done")
      let rest = try await busy.readToEnd()
      #expect(rest.bytes.isEmpty)
      busy.close()
      try await server.wait { journal.contains("down") }
    }
  }

  @Test func `shutdown cuts what does not end within its grace`() throws {
    let journal = Journal()
    try serving(Self.waiting(journal)) { server in
      let busy = try await server.connect()
      try await busy.send("GET", "/wait")
      try await server.wait { journal.contains("waiting") }
      await server.server.shutdown(grace: .milliseconds(50))
      let (bytes, wasReset) = try await busy.readToEnd()
      #expect(bytes.isEmpty)
      #expect(wasReset)
    }
  }

  @Test func `two loops share a port`() throws {
    let application = try Application(Self.waiting(Journal()), settings: .quiet)
    let loop = try IOLoop()
    defer { loop.close() }
    try loop.runSync(timeout: .seconds(60)) {
      let server = try application.listen(port: 0, address: "127.0.0.1", loops: 2, on: loop)
      let test = TestServer(application, server, loop)
      for _ in 0..<40 { #expect(try await test.fetch("GET", "/").text == "hello") }
      await server.shutdown(grace: .seconds(5))
    }
  }

  @Test func `noKeepAlive closes after each answer`() throws {
    var configuration = HTTPServerConfiguration()
    configuration.noKeepAlive = true
    try serving([.text("/", "hello")], configuration: configuration) { server in
      let client = try await server.connect()
      try await client.send("GET", "/")
      let response = try await client.response()
      #expect(response["Connection"] == "close")
      #expect(try await client.readToEnd().bytes.isEmpty)
    }
  }

  @Test func `a connection carries so many requests and no more`() throws {
    var configuration = HTTPServerConfiguration()
    configuration.maxRequestsPerConnection = 3
    try serving([.text("/", "hello")], configuration: configuration) { server in
      let client = try await server.connect()
      for number in 1...3 {
        try await client.send("GET", "/")
        #expect(try await client.response()["Connection"] == (number == 3 ? "close" : nil))
      }
      let rest = try await client.readToEnd()
      #expect(rest.bytes.isEmpty)
    }
  }

  @Test func `the Server field can be named and left out`() throws {
    for name in ["Mine/1", ""] {
      var configuration = HTTPServerConfiguration()
      configuration.serverName = name
      try serving([.text("/", "hello")], configuration: configuration) { server in
        let response = try await server.fetch("GET", "/")
        #expect(response["Server"] == (name.isEmpty ? nil : name))
      }
    }
  }

  static let stalls: [(name: String, first: String, status: Int?)] = [
    ("nothing", "", nil),
    ("half a head", "GET / HTT", 408),
    ("half a head of a second request", "GET / HTTP/1.1\r\nHost: x\r\n\r\nGET / HTT", 408),
    ("half a body", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n01234", 408),
    ("half a chunk", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n0", 408),
  ]

  @Test(arguments: stalls)
  func `a client that stalls is given up in time`(_ name: String, _ first: String, _ status: Int?) throws {
    var configuration = HTTPServerConfiguration()
    configuration.headerTimeout = .milliseconds(500)
    configuration.bodyTimeout = .milliseconds(300)
    if name == "nothing" { configuration.idleTimeout = .milliseconds(300) }
    try serving([.text("/", "hello")], configuration: configuration) { server in
      let client = try await server.connect()
      let start = server.loop.time
      try await client.send(first)
      if name.contains("second") { #expect(try await client.response().text == "hello") }
      if let status { #expect(try await client.response().status == status) }
      let (rest, _) = try await client.readToEnd()
      #expect(rest.isEmpty)
      #expect(server.loop.time - start < .seconds(5))
    }
  }

  @Test func `a body that comes on is not given up`() throws {
    var configuration = HTTPServerConfiguration()
    configuration.bodyTimeout = .seconds(2)
    try serving([.to("/") { $0.write($0.request.body) }], configuration: configuration) { server in
      let client = try await server.connect()
      try await client.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n")
      for byte in "01234".utf8 {
        try await server.loop.sleep(for: .milliseconds(100))
        try await client.send([byte])
      }
      #expect(try await client.response().text == "01234")
    }
  }
}
