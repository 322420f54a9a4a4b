// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleHTTP
import GaleLoop
import GaleWire
import TestSupport
import Testing

extension ConnectionTests {
  // MARK: - Back-pressure

  @Test(arguments: Engine.allCases) func `a slow reader holds the server back, and memory stays flat`(
    _ engine: Engine
  ) throws {
    try withClient(engine) { client, loop in
      let total = 64 << 20
      var sent = 0
      let server = try ScriptedServer.listening(on: loop) { connection in
        try await connection.head()
        try await connection.send("HTTP/1.1 200 OK\r\nContent-Length: \(total)\r\n\r\n")
        let piece = [UInt8](repeating: 7, count: 1 << 20)
        while sent < total {
          try await connection.send(piece)
          sent += piece.count
        }
      }
      defer { server.stop() }
      var taken = 0
      var isSlow = true
      var request = HTTPRequest(server.base)
      request.streamingCallback = { piece in
        taken += piece.count
        if isSlow { try await loop.wait { !isSlow } }
      }
      let sentRequest = request
      let fetch = Future(on: loop) { try await client.fetch(sentRequest) }
      try await loop.wait { taken > 0 }
      // The server comes to a stop: the kernel's buffers and a little of ours are full.
      var before = -1
      while before != sent {
        before = sent
        try await loop.sleep(for: .milliseconds(50))
      }
      #expect(sent < 24 << 20)
      #expect(taken < 2 << 20)
      isSlow = false
      _ = try await fetch.get()
      #expect(taken == total)
    }
  }

  @Test(arguments: Engine.allCases) func `a slow server holds a producer back`(_ engine: Engine) throws {
    try withClient(engine) { client, loop in
      var isSlow = true
      var received = 0
      let total = 64 << 20
      let server = try ScriptedServer.listening(on: loop) { connection in
        try await connection.head()
        try await loop.wait { !isSlow }
        while received < total {
          received += try await connection.stream.read(count: 1 << 20, partial: true).count
        }
        try await connection.answer("ok")
      }
      defer { server.stop() }
      var written = 0
      let body = HTTPRequestBody.producer(length: total) { writer in
        let piece = [UInt8](repeating: 7, count: 1 << 20)
        while written < total {
          try await writer.write(piece)
          written += piece.count
        }
      }
      let request = HTTPRequest(server.base, method: "PUT", body: body)
      let fetch = Future(on: loop) { try await client.fetch(request) }
      try await loop.wait { server.heads.count == 1 }
      var before = -1
      while before != written {
        before = written
        try await loop.sleep(for: .milliseconds(50))
      }
      #expect(written < 24 << 20)
      isSlow = false
      #expect(try await fetch.get().text == "ok")
      #expect(received == total)
    }
  }

  @Test(arguments: Engine.allCases) func `an error of a callback ends the request and is thrown`(
    _ engine: Engine
  ) throws {
    struct Mine: Error {}
    try withClient(engine) { client, loop in
      let server = try ConnectionTests.answering(on: loop)
      defer { server.stop() }
      var request = HTTPRequest(server.base)
      request.streamingCallback = { _ in throw Mine() }
      let streamed = request
      let first = await thrown { _ = try await client.fetch(streamed) }
      #expect(first is Mine)
      let produced = HTTPRequest(server.base, method: "PUT", body: .producer { _ in throw Mine() })
      let second = await thrown { _ = try await client.fetch(produced) }
      #expect(second is Mine)
      #expect(try await client.fetch(server.base).text == "ok")
    }
  }

  @Test(arguments: Engine.allCases, [3, 5, 8]) func `a producer that breaks its word is an error`(
    _ engine: Engine, _ written: Int
  ) throws {
    try withClient(engine) { client, loop in
      let server = try ScriptedServer.listening(on: loop) { connection in
        try await connection.head()
        _ = try await connection.stream.read(count: 5)
        try await connection.answer("ok")
      }
      defer { server.stop() }
      let body = HTTPRequestBody.producer(length: 5) {
        try await $0.write([UInt8](repeating: 0, count: written))
      }
      let error = await failure {
        try await client.fetch(HTTPRequest(server.base, method: "PUT", body: body))
      }
      #expect(error?.code == (written == 5 ? nil : .wrongBodyLength))
    }
  }

  @Test(arguments: Engine.allCases) func `a server may answer before it has the whole body`(_ engine: Engine)
    throws
  {
    try withClient(engine) { client, loop in
      let server = try ScriptedServer.listening(on: loop) { connection in
        try await connection.head()
        try await connection.send("HTTP/1.1 413 Too much\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno")
        try await connection.untilClosed()
      }
      defer { server.stop() }
      var failed: (any Error)?
      let body = HTTPRequestBody.producer { writer in
        do {
          while true { try await writer.write([UInt8](repeating: 0, count: 100_000)) }
        } catch {
          failed = error
          throw error
        }
      }
      let request = HTTPRequest(server.base, method: "PUT", body: body)
      let response = try await client.fetch(request, raisesErrors: false)
      #expect(response.status == 413)
      #expect(response.text == "no")
      try await loop.wait { failed != nil }
    }
  }
}
