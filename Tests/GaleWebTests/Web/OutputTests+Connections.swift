// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleHTTP
import GaleLoop
import GaleWeb
import GaleWire
import Glibc
import Testing

extension OutputTests {
  // MARK: - Connections

  @Test func `a connection is closed when the client wants that`() throws {
    try serving([.text("/", "bye")]) { server in
      for value in ["close", "Close", "keep-alive, close", "close, TE"] {
        let client = try await server.connect()
        try await client.send("GET", "/", ["Connection: \(value)"])
        let response = try await client.response()
        #expect(response["Connection"] == "close")
        #expect(response.text == "bye")
        let (rest, wasReset) = try await client.readToEnd()
        #expect(rest.isEmpty)
        #expect(!wasReset)
      }
    }
  }

  @Test(arguments: ["close", "Close", "x, close"])
  func `a handler that says close has the connection closed`(_ value: String) throws {
    let route = URLSpec.to("/") { handler in
      try handler.setHeader("Connection", value)
      handler.write("bye")
    }
    try serving([route]) { server in
      let client = try await server.connect()
      try await client.send("GET", "/")
      let response = try await client.response()
      #expect(response.values("Connection") == ["close"])
      #expect(response.text == "bye")
      #expect(try await client.readToEnd().bytes.isEmpty)
    }
  }

  @Test(arguments: [false, true])
  func `a handler that says chunked is understood`(_ flushes: Bool) throws {
    let route = URLSpec.to("/") { handler in
      try handler.setHeader("Transfer-Encoding", "chunked")
      handler.write("one")
      if flushes { try await handler.flush() }
      handler.write("two")
    }
    try serving([route]) { server in
      let client = try await server.connect()
      for version in ["HTTP/1.1", "HTTP/1.0"] {
        if version == "HTTP/1.0" {
          try await client.send("GET", "/", version: version)
        } else {
          try await client.send("GET", "/")
        }
        let response = try await client.response()
        #expect(response.text == "onetwo")
        let chunked = flushes && version == "HTTP/1.1"
        #expect(response.values("Transfer-Encoding") == (chunked ? ["chunked"] : []))
        #expect((response["Content-Length"] == nil) == flushes)
      }
    }
  }

  static let framings: [[(name: String, value: String)]] = [
    [("Transfer-Encoding", "gzip")], [("Transfer-Encoding", "gzip, chunked")],
    [("Content-Length", "3"), ("Content-Length", "4")], [("Content-Length", "3"), ("Content-Length", "3")],
    [("Content-Length", "-1")], [("Content-Length", "3 ")], [("Content-Length", "+3")],
    [("Content-Length", "")],
    [("Content-Length", "99999999999999999999")], [("Content-Length", "3, 3")],
  ]

  @Test(arguments: framings)
  func `a handler cannot say what would not be so`(_ fields: [(name: String, value: String)]) throws {
    let route = URLSpec.to("/") { handler in
      for field in fields { try handler.addHeader(field.name, field.value) }
      handler.write("abc")
    }
    try serving([route, .text("/next", "next")]) { server in
      let client = try await server.connect()
      try await client.send("GET", "/")
      let response = try await client.response()
      #expect(response.status == 500)
      #expect(response.values("Content-Length").count == 1)
      #expect(response["Transfer-Encoding"] == nil)
      try await client.send("GET", "/next")
      #expect(try await client.response().text == "next")
    }
  }

  @Test func `a client that closes its side still gets a short answer`() throws {
    try serving([.text("/", "hello")]) { server in
      let client = try await server.connect()
      try await client.send("GET", "/")
      _ = shutdown(client.stream.descriptor, Int32(SHUT_WR))
      #expect(try await client.response().text == "hello")
      let (rest, wasReset) = try await client.readToEnd()
      #expect(rest.isEmpty)
      #expect(!wasReset)
    }
  }

  @Test func `detach hands the stream to the handler`() throws {
    let route = URLSpec.to("/") { handler in
      guard let stream = handler.detach() else { throw TestFailure("no stream") }
      try await stream.write(Array("raw ".utf8))
      let echo = try await stream.read(count: 4)
      try await stream.write(echo)
      stream.close()
    }
    try serving([route]) { server in
      let client = try await server.connect()
      try await client.send("GET", "/")
      #expect(try await client.stream.read(count: 4) == Array("raw ".utf8))
      try await client.send("ping")
      let (bytes, _) = try await client.readToEnd()
      #expect(bytes == Array("ping".utf8))
    }
  }
}
