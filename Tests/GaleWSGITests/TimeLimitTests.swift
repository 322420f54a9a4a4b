// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import Foundation
import Testing

extension GaleWSGITests {
  @Suite("time limit")
  struct TimeLimitTests {
    private static let limit = Duration.milliseconds(300)

    private func get(_ client: RawClient, _ path: String) throws -> RawResponse {
      client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
      return try client.read()
    }

    @Test("answers 504 in time, and drops what comes late")
    func lateAnswer() throws {
      let client = try RawClient(try TestServer.port(timeout: Self.limit))
      _ = TestLog.take()
      let start = ContinuousClock.now
      let response = try get(client, "/sleep?s=1.2")
      #expect(ContinuousClock.now - start < .milliseconds(900))
      #expect(response.status == 504 && response.text.contains("504: Gateway Timeout"))
      #expect(response.header("server")?.hasPrefix("Gale/") == true && response.header("date") != nil)
      let log = TestLog.take().split(separator: "\n").filter { $0.hasPrefix("gale.wsgi") }
      let line = "gale.wsgi error: No answer in time: GET /sleep?s=1.2 (127.0.0.1) ["
      #expect(log.count == 1 && log[0].hasPrefix(line), "\(log)")
      #expect(try get(client, "/len-one").text == "only piece", "another thread serves")
      #expect(ContinuousClock.now - start < .milliseconds(1100), "while the lost one sleeps")
      #expect(try get(client, "/sleep?s=0.2").text == "slept\n")
      usleep(1_000_000)
      for _ in 0..<3 { #expect(try get(client, "/len-one").text == "only piece", "after it came back") }
    }

    @Test("lets answers that take almost as long pass")
    func goodAnswer() throws {
      let client = try RawClient(try TestServer.port(timeout: Self.limit))
      for _ in 0..<3 { #expect(try get(client, "/sleep?s=0.2").text == "slept\n") }
      #expect(try get(client, "/pieces?n=6&size=2&ms=150").text == "xxxxxxxxxxxx", "each piece counts anew")
    }

    @Test("cuts answers that stop coming")
    func silentAnswer() throws {
      let port = try TestServer.port(timeout: Self.limit)
      _ = TestLog.take()
      let response = try RawClient.get(port, "/pieces?n=2&size=3&ms=1200")
      #expect(response.status == 200 && response.isCut && response.text == "xxx")
      #expect(TestLog.take().contains("gale.wsgi error: The answer stopped coming: GET /pieces"))
      #expect(try RawClient.get(port, "/len-one").text == "only piece")
    }

    @Test("answers 503 to requests that wait too long for a thread, and runs them never")
    func queued() throws {
      let port = try TestServer.port(timeout: Self.limit)
      let closes = try RawClient.get(port, "/closes").text
      let sender = try RawClient(port)
      sender.send("POST /input-echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
      usleep(50_000)
      let waiting = try RawClient(port)
      waiting.send("GET /close-counter HTTP/1.1\r\nHost: a\r\n\r\n")
      for _ in 0..<12 {
        sender.send("1\r\nx\r\n")
        usleep(100_000)
      }
      #expect(try waiting.read().status == 503)
      sender.send("0\r\n\r\n")
      #expect(try sender.read().text == "xxxxxxxxxxxx", "a body that comes holds the limit off")
      #expect(try get(waiting, "/closes").text == closes)
    }

    @Test("replaces a bounded number of threads, and goes on when they come back")
    func manyLost() throws {
      let port = try TestServer.port(timeout: Self.limit)
      for _ in 0..<5 { #expect(try RawClient.get(port, "/sleep?s=4").status == 504) }
      let start = ContinuousClock.now
      #expect(try RawClient.get(port, "/len-one").status == 503)
      #expect(ContinuousClock.now - start < .milliseconds(200), "at once")
      var status = 0
      for _ in 0..<50 where status != 200 {
        usleep(100_000)
        status = try RawClient.get(port, "/len-one").status
      }
      #expect(status == 200)
      usleep(3_000_000)
      for _ in 0..<3 { #expect(try RawClient.get(port, "/len-one").text == "only piece") }
    }

    @Test("gives up threads whose client is gone, too")
    func goneClient() throws {
      let port = try TestServer.port(timeout: Self.limit)
      do {
        let client = try RawClient(port)
        client.send("GET /pieces?n=3&size=300000&ms=1500 HTTP/1.1\r\nHost: a\r\n\r\n")
        usleep(100_000)
        _ = client
      }
      usleep(700_000)
      #expect(try RawClient.get(port, "/len-one").text == "only piece")
    }
  }
}

#endif
