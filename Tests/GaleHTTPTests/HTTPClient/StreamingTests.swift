// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleLoop
import GaleWire
import Synchronization
import TestSupport
import Testing

@testable import GaleHTTP

/// CLI-016, CLI-017, CLI-023, CLI-024.
@Suite("httpclient: streaming")
struct ClientStreamingTests {
  private struct Stop: Error {}

  @Test(arguments: [true, false])
  func `a body comes in pieces to the callback`(_ waits: Bool) throws {
    let body = pattern(1_000_000)
    try withClient(start: { _ in Exchange { $0.answer(bytes: body) } }) { bench, _ async throws in
      var received: [UInt8] = []
      var pieces = 0
      let loop = bench.loop
      for _ in 0..<2 {
        received = []
        let response = try await bench.fetch("/") {
          $0.streamingCallback = { bytes in
            if waits { await loop.moment() }
            pieces += 1
            received += bytes
          }
        }
        #expect(response.status == 200 && response.body.isEmpty)
        #expect(areEqual(received, body))
      }
      #expect(pieces > 2)
      #expect(bench.engine.idleConnectionCount == 1)
    }
  }

  @Test func `a slow callback holds the server back`() throws {
    var sent = 0
    try withScript({ stream, _ in
      _ = try await stream.readHead()
      try await stream.send("HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n")
      while sent < 100_000_000 {
        try await stream.write([UInt8](repeating: 7, count: 100_000))
        sent += 100_000
      }
      await stream.awaitClose()
    }) { bench, _ async throws in
      let gate = Completion<Void>(on: bench.loop)
      var received = 0
      let fetch = Future(on: bench.loop) {
        try await bench.fetch("/") {
          $0.requestTimeout = .zero
          $0.idleTimeout = .milliseconds(300)  // It is we who are slow: no time-out.
          $0.streamingCallback = { bytes in
            if received == 0 { try await gate.value() }
            received += bytes.count
          }
        }
      }
      var before = -1
      while before != sent || sent == 0 {
        before = sent
        try await bench.loop.sleep(for: .milliseconds(60))
      }
      #expect(sent < 30_000_000)  // What the kernel's buffers take.
      try await bench.loop.sleep(for: .milliseconds(450))
      gate.finish(.success(()))
      _ = try await fetch.get()
      #expect(received == 100_000_000)
    }
  }

  @Test func `what a callback throws ends the fetch`() throws {
    try withClient(start: { _ in Exchange { $0.answer(bytes: pattern(3_000_000)) } }) {
      bench, server async throws in
      await #expect(throws: Stop.self) {
        _ = try await bench.fetch("/") { $0.streamingCallback = { _ in throw Stop() } }
      }
      #expect(bench.engine.idleConnectionCount == 0)
      try await bench.loop.wait { server.context.connectionCount == 0 }
    }
  }

  @TaskLocal private static var name = "none"

  @Test func `callbacks see the task-local values of who fetches`() throws {
    try withClient { bench, _ async throws in
      var seen: [String] = []
      try await ClientStreamingTests.$name.withValue("mine") {
        _ = try await bench.fetch(
          "/", method: "POST", body: .producer { _ in seen.append(ClientStreamingTests.name) }
        ) { $0.streamingCallback = { _ in seen.append(ClientStreamingTests.name) } }
      }
      #expect(seen == ["mine", "mine"])
    }
  }

  @Test func `a body is a sequence`() throws {
    let body = pattern(2_000_000)
    try withClient(start: { _ in Exchange { $0.answer(bytes: body, [("X-A", "b")]) } }) {
      bench, _ async throws in
      let result = try await bench.client.stream(HTTPRequest(bench.base)) { response, chunks in
        #expect(response.status == 200)
        #expect(response.headers["X-A"] == "b")
        var all: [UInt8] = []
        for try await chunk in chunks { all += chunk }
        return all
      }
      #expect(areEqual(result, body))
      try await bench.loop.wait { bench.engine.idleConnectionCount == 1 }
    }
  }

  @Test func `who has enough of a sequence closes the connection`() throws {
    try withClient(start: { _ in Exchange { $0.answer(bytes: pattern(5_000_000)) } }) {
      bench, server async throws in
      let first = try await bench.client.stream(HTTPRequest(bench.base)) { _, chunks in
        for try await chunk in chunks { return chunk.count }
        return 0
      }
      #expect(first > 0)
      try await bench.loop.wait { server.context.connectionCount == 0 }
      try await bench.loop.wait { bench.client.load == (0, 0) }
      #expect(bench.engine.idleConnectionCount == 0)
    }
  }

  @Test func `a sequence fails as its answer does`() throws {
    try withScript({ stream, _ in
      let head = try await stream.readHead()
      let status = head.hasPrefix("GET /404") ? "404 Not Found" : "200 OK"
      try await stream.send("HTTP/1.1 \(status)\r\nContent-Length: 10\r\n\r\nhalf")
    }) { bench, _ async throws in
      var received = ""
      let error = await clientError {
        try await bench.client.stream(HTTPRequest(bench.base)) { _, chunks in
          for try await chunk in chunks { received += String(decoding: chunk, as: UTF8.self) }
        }
      }
      #expect(error?.code == .truncatedBody)
      #expect(received == "half")
      let missing = await clientError {
        try await bench.client.stream(HTTPRequest(bench.base + "/404")) { _, _ in }
      }
      #expect(missing?.status == 404)
      try await bench.loop.wait { bench.client.load == (0, 0) }
    }
  }

  // MARK: - Up

  @Test(arguments: [nil, 11] as [Int?])
  func `a producer writes the body`(_ length: Int?) throws {
    try withClient { bench, _ async throws in
      for _ in 0..<2 {
        let response = try await bench.fetch(
          "/", method: "POST",
          body: .producer(length: length) { writer in
            try await writer.write("hello ")
            await bench.loop.moment()
            try await writer.write([])
            try await writer.write("world")
          })
        #expect(response.text.hasSuffix("\n\nhello world"))
        #expect(response.sent("Transfer-Encoding") == (length == nil ? "chunked" : nil))
        #expect(response.sent("Content-Length") == length.map(String.init))
      }
      #expect(bench.engine.idleConnectionCount == 1)
      let said = try await bench.fetch(
        "/", method: "POST", headers: [("Content-Length", "2")], body: .producer { try await $0.write("ab") })
      #expect(said.sent("Content-Length") == "2")
    }
  }

  @Test(arguments: [("abc", "1 bytes more"), ("a", "1 bytes less")])
  func `a producer keeps to its length`(_ text: String, _ message: String) throws {
    try withClient { bench, _ async throws in
      let error = await clientError {
        _ = try await bench.fetch(
          "/", method: "POST", body: .producer(length: 2) { try await $0.write(text) })
      }
      #expect(error?.code == .wrongBodyLength)
      #expect(error?.message.contains(message) == true)
      #expect(bench.engine.idleConnectionCount == 0)
    }
  }

  @Test func `what a producer throws ends the fetch`() throws {
    try withClient { bench, _ async throws in
      await #expect(throws: Stop.self) {
        _ = try await bench.fetch(
          "/", method: "POST",
          body: .producer { writer in
            try await writer.write("half")
            throw Stop()
          })
      }
    }
  }

  @Test func `a producer runs again for a redirect`() throws {
    try withClient(start: { request in
      request.path == "/end"
        ? Exchange.describe() : Exchange { $0.answer("", status: 307, [("Location", "/end")]) }
    }) { bench, _ async throws in
      var runs = 0
      let response = try await bench.fetch(
        "/", method: "PUT",
        body: .producer { writer in
          runs += 1
          try await writer.write("run \(runs)")
        })
      #expect(response.text.hasSuffix("\n\nrun 2"))
    }
  }

  @Test func `a fast producer is held back`() throws {
    var taken = 0
    try withScript({ stream, _ in
      _ = try await stream.readHead()
      try await stream.loop.wait { taken > 0 }
      while taken < 50_000_000 { taken += try await stream.read(count: 1 << 20, partial: true).count }
      try await stream.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
      await stream.awaitClose()
    }) { bench, _ async throws in
      var written = 0
      let fetch = Future(on: bench.loop) {
        try await bench.fetch(
          "/", method: "POST",
          body: .producer(length: 50_000_000) { writer in
            while written < 50_000_000 {
              try await writer.write([UInt8](repeating: 1, count: 100_000))
              written += 100_000
            }
          })
      }
      var before = -1
      while before != written || written == 0 {
        before = written
        try await bench.loop.sleep(for: .milliseconds(50))
      }
      #expect(written < 30_000_000)
      taken = 1
      _ = try await fetch.get()
    }
  }

  @Test func `a file is sent`() throws {
    let directory = try TemporaryDirectory()
    let body = pattern(3_000_000)
    try directory.write(body, to: "large")
    try directory.write([], to: "empty")
    try withClient(start: { _ in Exchange { $0.answer("\($0.body.count) \(areEqual($0.body, body))") } }) {
      bench, _ async throws in
      for _ in 0..<2 {
        let response = try await bench.fetch("/", method: "PUT", body: .file(directory.path("large")))
        #expect(response.text == "3000000 true")
      }
      #expect(
        try await bench.fetch("/", method: "PUT", body: .file(directory.path("empty"))).text == "0 false")
      for path in [directory.path("missing"), directory.path] {
        let error = await clientError { _ = try await bench.fetch("/", method: "PUT", body: .file(path)) }
        #expect(error?.code == .invalidRequest)
      }
      #expect(bench.engine.idleConnectionCount == 1)
    }
  }

  @Test(arguments: ["bytes", "producer"])
  func `a body waits for the server's word`(_ kind: String) throws {
    var body = HTTPRequestBody.text("the body")
    if kind == "producer" { body = .producer { try await $0.write("the body") } }
    let sent = LoopConfined(body)
    var events: [String] = []
    try withScript({ stream, _ in
      let head = try await stream.readHead()
      #expect(head.contains("Expect: 100-continue\r\n"))
      let early = stream.readBuffer?.count ?? 0
      events.append("head \(early)")
      try await stream.send("HTTP/1.1 100 Continue\r\n\r\n")
      let want = kind == "producer" ? "8\r\nthe body\r\n0\r\n\r\n" : "the body"
      let got = try await stream.read(count: want.utf8.count)
      events.append(String(decoding: got, as: UTF8.self) == want ? "body" : "something else")
      try await stream.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
      await stream.awaitClose()
    }) { bench, _ async throws in
      _ = try await bench.fetch("/", method: "POST", body: sent.value) { $0.expectsContinue = true }
      #expect(events == ["head 0", "body"])
      #expect(bench.engine.idleConnectionCount == 1)
    }
  }

  @Test func `a body that is not wanted is not sent`() throws {
    try withScript({ stream, _ in
      _ = try await stream.readHead()
      try await stream.send("HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n")
      let rest = try await stream.readUntilClose()
      #expect(rest.isEmpty)
    }) { bench, server async throws in
      var produced = false
      let response = try await bench.fetch(
        "/", method: "POST", body: .producer { _ in produced = true }, raisesErrors: false
      ) { $0.expectsContinue = true }
      #expect(response.status == 417)
      #expect(!produced)
      #expect(bench.engine.idleConnectionCount == 0)  // It would wait for the body.
      try await bench.loop.wait { server.connectionCount == 0 }
    }
  }

  @Test func `a server that says nothing gets the body after a second`() throws {
    try withScript({ stream, _ in
      _ = try await stream.readHead()
      let body = try await stream.read(count: 4)
      #expect(body == Array("body".utf8))
      try await stream.send("HTTP/1.1 204 Fine\r\n\r\n")
      await stream.awaitClose()
    }) { bench, _ async throws in
      let start = bench.loop.time
      let response = try await bench.fetch("/", method: "POST", body: "body") { $0.expectsContinue = true }
      #expect(response.status == 204)
      #expect(bench.loop.time - start >= .seconds(1))
    }
  }

  @Test func `our own server says the word`() throws {
    try withClient { bench, _ async throws in
      let start = bench.loop.time
      let response = try await bench.fetch("/", method: "POST", body: "body") { $0.expectsContinue = true }
      #expect(response.text.hasSuffix("\n\nbody"))
      #expect(bench.loop.time - start < .milliseconds(900))
    }
  }

  @Test func `an answer before the body's end is taken`() throws {
    try withScript({ stream, _ in
      _ = try await stream.readHead()
      try await stream.send("HTTP/1.1 413 Too Much\r\nContent-Length: 4\r\n\r\nmuch")
      while let bytes = try? await stream.read(count: 65536, partial: true), !bytes.isEmpty {}
    }) { bench, _ async throws in
      let response = try await bench.fetch(
        "/", method: "POST",
        body: .producer { writer in
          while true { try await writer.write([UInt8](repeating: 0, count: 50_000)) }
        },
        raisesErrors: false)
      #expect(response.status == 413)
      #expect(response.text == "much")
      #expect(bench.engine.idleConnectionCount == 0)
    }
  }
}
