// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import Foundation
import Testing

extension GaleWSGITests {
  @Suite("lifetimes and limits")
  struct LifetimeTests {
    private func closes(_ port: UInt16) throws -> Int { try Int(RawClient.get(port, "/closes").text) ?? -1 }

    /// Asks until `expected` calls of close() were counted, for five seconds at most.
    private func waitForCloses(_ port: UInt16, _ expected: Int) throws -> Int {
      for _ in 0..<250 {
        if try closes(port) >= expected { break }
        usleep(20_000)
      }
      return try closes(port)
    }

    @Test("calls close() once, however the answer ends", arguments: TestLane.allCases)
    func closeOnce(_ lane: TestLane) throws {
      let port = try TestServer.port("torture:app", lane)
      var expected = try closes(port)
      for (method, path) in [("GET", "/close-counter"), ("HEAD", "/close-counter"), ("GET", "/raise-mid")] {
        _ = try RawClient.get(port, path, method: method)
        expected += 1
        #expect(try closes(port) == expected, "\(method) \(path)")
      }
    }

    @Test(
      "stops iterating when the client goes", arguments: TestLane.allCases,
      ["/endless?ms=0", "/endless?ms=2"])
    func goneClient(_ lane: TestLane, _ path: String) throws {
      let port = try TestServer.port("torture:app", lane)
      let before = try closes(port)
      for _ in 0..<3 {
        let client = try RawClient(port)
        client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
        usleep(30_000)
        _ = client
      }
      #expect(try waitForCloses(port, before + 3) == before + 3)
    }

    @Test("holds an endless answer back while nobody reads it", arguments: [TestLane.inline, .threads])
    func backPressure(_ lane: TestLane) throws {
      let port = try TestServer.port("torture:app", lane)
      let before = try closes(port)
      do {
        let client = try RawClient(port)
        client.send("GET /endless?ms=0 HTTP/1.1\r\nHost: a\r\n\r\n")
        usleep(200_000)
        let memory = try residentKilobytes()
        usleep(500_000)
        #expect(try residentKilobytes() - memory < 4096)
        #expect(try RawClient.get(port, "/").status == 200, "others are served meanwhile")
        _ = client
      }
      #expect(try waitForCloses(port, before + 1) == before + 1)
    }

    private func residentKilobytes() throws -> Int {
      let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
      let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") } ?? ""
      return Int(line.filter(\.isNumber)) ?? 0
    }

    /// R10: `write` cannot wait in the lane `inline`; what it is given lies in a file then.
    @Test("keeps what write() is given out of memory", arguments: [TestLane.inline, .threads])
    func imperativeBackPressure(_ lane: TestLane) throws {
      let port = try TestServer.port("torture:app", lane)
      let before = try closes(port)
      let memory = try residentKilobytes()
      let client = try RawClient(port)
      client.send("GET /write-much?n=1500 HTTP/1.1\r\nHost: a\r\n\r\n")
      usleep(500_000)
      #expect(try residentKilobytes() - memory < 16 << 10, "of 98 MB")
      #expect(try RawClient.get(port, "/").status == 200, "others are served meanwhile")
      let response = try client.read()
      #expect(
        !response.isCut && response.body.count == 1500 << 16 + 4
          && response.body.suffix(4) == Array("last".utf8)[...])
      for piece in 0..<1500 where piece % 100 == 0 {
        let start = piece << 16
        #expect(
          String(decoding: response.body[start..<start + 9], as: UTF8.self) == String(format: "%08dx", piece))
      }
      #expect(try waitForCloses(port, before + 1) == before + 1)
    }

    @Test("cuts an answer that fails after much was written, behind what was", arguments: TestLane.allCases)
    func imperativeFailure(_ lane: TestLane) throws {
      let port = try TestServer.port("torture:app", lane)
      let client = try RawClient(port)
      client.send("GET /write-much?n=400&end=raise HTTP/1.1\r\nHost: a\r\n\r\n")
      usleep(100_000)
      #expect(try client.read().isCut)
      for _ in 0..<3 {
        let leaver = try RawClient(port)
        leaver.send("GET /write-much?n=400 HTTP/1.1\r\nHost: a\r\n\r\n")
        usleep(20_000)
      }
      #expect(try RawClient.get(port, "/len-one").text == "only piece")
    }

    /// R11: a long body lies in a file, not in memory, until Python reads it.
    @Test("keeps long bodies out of memory", arguments: TestLane.allCases)
    func longBodies(_ lane: TestLane) throws {
      let port = try TestServer.port("torture:app", lane)
      let size = 90 << 20
      let client = try RawClient(port)
      let piece = [UInt8](repeating: 120, count: 1 << 20)
      let memory = try residentKilobytes()
      client.send("POST /input-partial?n=70000 HTTP/1.1\r\nHost: a\r\nContent-Length: \(size)\r\n\r\n")
      for _ in 0..<(lane == .inline ? 89 : 10) { client.send(piece) }
      usleep(100_000)
      #expect(try residentKilobytes() - memory < 16 << 10)
      if lane == .inline {
        client.send(piece)
        #expect(try client.read().text.utf8.count == 70000)
      }
    }

    @Test("gives long bodies to the app as they were sent", arguments: TestLane.allCases)
    func longBodiesAreWhole(_ lane: TestLane) throws {
      let port = try TestServer.port("torture:app", lane)
      let body = (0..<300_000).flatMap { Array("\($0)\n".utf8) }
      for path in ["/input-echo", "/input-partial?n=\(body.count)"] {
        #expect(try RawClient.get(port, path, method: "POST", body: body).body == body, "\(path)")
      }
      for path in [
        "/input-read?size=all", "/input-readline", "/input-readlines", "/input-iter", "/input-mixed",
      ] {
        let text = try RawClient.get(port, path, method: "POST", body: body).text
        #expect(text.contains("\"bytes\": \(body.count)"), "\(path): \(text)")
      }
      let client = try RawClient(port)
      client.send("POST /input-echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
      for start in stride(from: 0, to: body.count, by: 100_000) {
        let part = body[start..<min(start + 100_000, body.count)]
        client.send(Array("\(String(part.count, radix: 16))\r\n".utf8) + part + [13, 10])
      }
      client.send("0\r\n\r\n")
      #expect(try client.read().body == body)
      let other = try RawClient(port)
      let expecting =
        "POST /input-none HTTP/1.1\r\nHost: a\r\nContent-Length: \(101 << 20)\r\nExpect: 100-continue\r\n"
      other.send("\(expecting)\r\n")
      #expect(try other.read().status == 413)
    }

    @Test("holds a fast sender back while the app does not read", arguments: [TestLane.threads])
    func bodyBackPressure(_ lane: TestLane) throws {
      let port = try TestServer.port("torture:app", lane)
      let body = [UInt8](repeating: 120, count: 8 << 20)
      #expect(try RawClient.get(port, "/input-none", method: "POST", body: body).text == "not read\n")
      #expect(try RawClient.get(port, "/input-partial?n=7", method: "POST", body: body).text == "xxxxxxx")
    }

    @Test("says 100 Continue at the first read only", arguments: [TestLane.threads])
    func expectation(_ lane: TestLane) throws {
      let port = try TestServer.port("torture:app", lane)
      let client = try RawClient(port)
      client.send("POST /input-none HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
      #expect(try client.read().text == "not read\n", "answered without the body")
      #expect(client.isClosed(), "as the body may come or not")
      let other = try RawClient(port)
      other.send("POST /input-echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
      usleep(50_000)
      other.send("hello")
      #expect(try other.read().text == "hello")
    }

    @Test("answers 503 when the queue is full")
    func fullQueue() throws {
      let port = try TestServer.port("torture:app", .threads, queueLimit: 2)
      let clients = try (0..<8).map { _ in try RawClient(port) }
      for client in clients {
        client.send("GET /sleep?s=0.2 HTTP/1.1\r\nHost: a\r\n\r\n")
        usleep(10_000)
      }
      let responses = try clients.map { try $0.read() }
      #expect(responses.filter { $0.status == 200 }.count == 3)
      let refused = responses.filter { $0.status == 503 }
      #expect(refused.count == 5 && refused.allSatisfy { $0.header("retry-after") == "1" })
    }

    @Test("runs requests that wait at the same time", arguments: [TestLane.threads])
    func parallel(_ lane: TestLane) throws {
      let port = try TestServer.port("torture:app", lane)
      let start = ContinuousClock.now
      let clients = try (0..<4).map { _ in try RawClient(port) }
      for client in clients { client.send("GET /sleep?s=0.3 HTTP/1.1\r\nHost: a\r\n\r\n") }
      for client in clients { #expect(try client.read().text == "slept\n") }
      #expect(ContinuousClock.now - start < .milliseconds(900))
    }

    @Test("keeps nothing of 2,000 requests", arguments: TestLane.allCases)
    func leaks(_ lane: TestLane) throws {
      let port = try TestServer.port("torture:app", lane)
      let paths = [
        "/", "/generator", "/raise", "/raise-mid", "/file?length=8", "/write", "/twice", "/exc-info-before",
        "/none", "/bad-status?kind=crlf", "/environ", "/empty-pieces", "/input-read", "/404",
        "/close-counter",
      ]
      func round(_ count: Int) throws {
        for index in 0..<count {
          let path = paths[index % paths.count]
          if path == "/input-read" {
            _ = try RawClient.get(port, path, method: "POST", body: Array("some body".utf8))
          } else {
            _ = try RawClient.get(port, path, headers: "X-A: 1\r\nX-B: 2\r\nX-C: 3\r\n")
          }
        }
      }
      func objects() throws -> Int {
        try Int(RawClient.get(port, "/objects").text) ?? 0
      }
      func blocks() throws -> Int {
        try Int(RawClient.get(port, "/objects?kind=blocks").text) ?? 0
      }
      try round(2_000)  // Fills the caches, which are bounded.
      let (objectsBefore, blocksBefore) = (try objects(), try blocks())
      try round(2_000)
      #expect(try objects() - objectsBefore < 50)
      #expect(try blocks() - blocksBefore < 400)
    }

    @Test("logs each line of wsgi.errors, safely", arguments: TestLane.allCases)
    func errorStream(_ lane: TestLane) throws {
      let port = try TestServer.port("torture:app", lane)
      _ = TestLog.take()
      _ = try RawClient.get(port, "/errors")
      usleep(20_000)
      let log = TestLog.take().split(separator: "\n").map(String.init)
      let expected = ["one", "two", "thrée 🌬", "\\x1b[31mfour"].map { "gale.wsgi error: torture: \($0)" }
      #expect(log.filter { $0.hasPrefix("gale.wsgi") } == expected)
      #expect(log.contains { $0.hasPrefix("gale.access info: 200 GET /errors (127.0.0.1)") })
    }
  }
}

#endif
