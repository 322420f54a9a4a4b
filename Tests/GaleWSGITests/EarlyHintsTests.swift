// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import Foundation
import Testing

extension GaleWSGITests {
  @Suite("Early hints (PYS-028)")
  struct EarlyHintsTests {
    @Test("go out before the answer", arguments: TestLane.allCases)
    func hints(_ lane: TestLane) throws {
      let client = try RawClient(TestServer.port("torture:app", lane))
      // Also on a connection that is used again, and after a request without hints.
      for _ in 0..<2 {
        client.send("GET /early-hints HTTP/1.1\r\nHost: a\r\n\r\n")
        let response = try client.read()
        #expect(response.interim == ["103 </a.css>; rel=preload", "103 </b.css>"])
        #expect(response.status == 200 && response.text == "hinted\n" && response.header("link") == nil)
        client.send("GET /status?status=200 HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try client.read().interim == [])
      }
    }

    @Test("go out at once, while the application goes on", arguments: TestLane.allCases)
    func atOnce(_ lane: TestLane) throws {
      let path = NSTemporaryDirectory() + "gale-hints-\(UUID().uuidString)"
      defer { try? FileManager.default.removeItem(atPath: path) }
      let client = try RawClient(TestServer.port("torture:app", lane))
      client.send("GET /early-hints?until=\(path) HTTP/1.1\r\nHost: a\r\n\r\n")
      let hints = try client.readHead()
      #expect(hints.status == 103 && hints.reason == "Early Hints")
      #expect(hints.headers.map(\.name) == ["link"])
      #expect(FileManager.default.createFile(atPath: path, contents: nil))
      let response = try client.read()
      #expect(response.interim == ["103 </b.css>"] && response.text == "hinted\n")
    }

    @Test("are not offered to HTTP/1.0", arguments: TestLane.allCases)
    func http10(_ lane: TestLane) throws {
      let client = try RawClient(TestServer.port("torture:app", lane))
      client.send("GET /early-hints HTTP/1.0\r\n\r\n")
      let response = try client.read()
      #expect(response.status == 200 && response.text == "none\n" && response.interim == [])
    }

    @Test("that come too late are none", arguments: TestLane.allCases)
    func late(_ lane: TestLane) throws {
      let client = try RawClient(TestServer.port("torture:app", lane))
      client.send("GET /late-hints HTTP/1.1\r\nHost: a\r\n\r\n")
      let response = try client.read()
      #expect(response.status == 200 && response.text == "first last\n" && response.interim == [])
    }

    @Test(
      "that are bad raise what start_response() would, and nothing goes out", arguments: TestLane.allCases)
    func bad(_ lane: TestLane) throws {
      let client = try RawClient(TestServer.port("torture:app", lane))
      client.send("GET /bad-hints HTTP/1.1\r\nHost: a\r\n\r\n")
      let response = try client.read()
      let values = Array(repeating: "ValueError", count: 3)
      let types = Array(repeating: "TypeError", count: 9)
      #expect(
        response.text.split(separator: " ").map(String.init)
          == values + ["AssertionError", "AssertionError"] + types + ["RuntimeError"])
      #expect(response.interim == [])
    }
  }
}

#endif
