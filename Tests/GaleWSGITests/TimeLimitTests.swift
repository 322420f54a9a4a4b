// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import Foundation
import Testing

@testable import GaleWSGI

extension GaleWSGITests {
  @Suite("time limit (PYS-012)")
  struct TimeLimitTests {
    private static let limit = Duration.milliseconds(300)

    private func get(_ client: RawClient, _ path: String) throws -> RawResponse {
      client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
      return try client.read()
    }

    @Test("answers 504 in time, and has another thread take over from one that does not come back")
    func lateAnswer() throws {
      let (port, container) = try TestServer.limited(timeout: Self.limit)
      let client = try RawClient(port)
      _ = TestLog.take()
      let start = ContinuousClock.now
      let response = try get(client, "/sleep?s=3")
      #expect(response.status == 504 && response.text.contains("504: Gateway Timeout"))
      #expect(response.header("server")?.hasPrefix("Gale/") == true && response.header("date") != nil)
      #expect(try get(client, "/len-one").text == "only piece", "another thread serves")
      #expect(ContinuousClock.now - start < .milliseconds(2900), "while the lost one sleeps")
      let lost = "gale.wsgi error: A thread does not come back from Python ("
      let log = try #require(TestLog.wait(for: lost))
      #expect(log.contains("gale.wsgi error: No answer in time (0."), "\(log)")
      #expect(log.contains(" s): GET /sleep?s=3 (127.0.0.1) ["), "\(log)")
      #expect(log.contains("gale.wsgi error: Interrupted GET /sleep?s=3 (127.0.0.1) ["), "\(log)")
      #expect(log.contains(", in sleep\n    time.sleep("), "the log says where: \(log)")
      let statistics = container.statistics
      #expect(statistics.timedOut == 1 && statistics.stuck == 1 && statistics.lostThreads == 1)
      #expect(try get(client, "/sleep?s=0.2").text == "slept\n")
      let back = "gale.wsgi notice: A lost thread is back from Python: GET /sleep?s=3 (127.0.0.1) ["
      let rest = try #require(TestLog.wait(for: back))
      #expect(!rest.contains("Uncaught"), "what is known is not told again: \(rest)")
      for _ in 0..<3 { #expect(try get(client, "/len-one").text == "only piece", "after it came back") }
      #expect(container.statistics.lostThreads == 0)
    }

    @Test("interrupts a thread that computes, and uses it again (PYS-012)")
    func interrupted() throws {
      let (port, container) = try TestServer.limited(timeout: Self.limit, grace: .seconds(30))
      let client = try RawClient(port)
      _ = TestLog.take()
      let thread = try get(client, "/thread").text
      #expect(try get(client, "/spin?s=50").status == 504)
      let log = try #require(TestLog.wait(for: "Interrupted GET /spin?s=50 (127.0.0.1) ["))
      #expect(log.contains(", in spin\n"), "\(log)")
      for _ in 0..<20 { #expect(try get(client, "/thread").text == thread, "unharmed") }
      let statistics = container.statistics
      #expect(statistics.timedOut == 1 && statistics.stuck == 0 && statistics.lostThreads == 0)
      #expect(!TestLog.take().contains("Uncaught"))
    }

    @Test("raises what `except Exception` lets pass", arguments: TestLane.allCases)
    func caught(_ lane: TestLane) throws {
      let wanted = lane == .threads ? WSGILane.threads(1) : lane.lane
      let (port, container) = try TestServer.limited(wanted, timeout: Self.limit, grace: .seconds(30))
      #expect(try RawClient.get(port, "/spin-caught?s=50&kind=exception").status == 504)
      let response = try RawClient.get(port, "/spin-caught?s=50&kind=base")
      // On a thread the client has its answer already.
      if lane == .inline { #expect(response.text == "caught gale.RequestTimeout\n") }
      #expect(response.status == (lane == .inline ? 200 : 504))
      #expect(try RawClient.get(port, "/len-one").text == "only piece")
      #expect(container.statistics.timedOut == 2 && container.statistics.stuck == 0)
    }

    @Test("interrupts a call that holds the loop")
    func inline() throws {
      let (port, container) = try TestServer.limited(.inline, timeout: Self.limit, grace: .seconds(30))
      let client = try RawClient(port)
      let closes = try get(client, "/closes").text
      _ = TestLog.take()
      for _ in 0..<2 { #expect(try get(client, "/spin?s=50").status == 504, "each time") }
      let log = try #require(TestLog.wait(for: "Interrupted GET /spin?s=50 (127.0.0.1) ["))
      #expect(log.contains("gale.wsgi error: Python holds the loop too long (0."), "\(log)")
      #expect(log.contains(", in spin\n"), "\(log)")
      #expect(try get(client, "/len-one").text == "only piece")
      let late = try RawClient.get(port, "/spin-late?s=50")
      #expect(late.status == 200 && late.isCut && late.text == "first piece\n")
      #expect(
        try RawClient.get(port, "/closes").text == String((Int(closes) ?? 0) + 1), "closed all the same")
      for _ in 0..<3 { #expect(try get(client, "/spin?s=0.2").status == 200, "in time, each counts anew") }
      #expect(container.statistics.timedOut == 3 && container.statistics.stuck == 0)
    }

    @Test("says that the loop does not come back, and when it does")
    func inlineStuck() throws {
      let (port, container) = try TestServer.limited(.inline, timeout: Self.limit)
      _ = TestLog.take()
      #expect(try RawClient.get(port, "/sleep?s=2").status == 504, "the exception meets it at last")
      let log = try #require(TestLog.wait(for: "gale.wsgi notice: The loop is back from Python ("))
      #expect(log.contains("gale.wsgi critical: The loop does not come back from Python (0."), "\(log)")
      #expect(log.contains(", in sleep\n    time.sleep("), "\(log)")
      #expect(container.statistics.stuck == 1)
      #expect(try RawClient.get(port, "/len-one").text == "only piece")
    }

    @Test("answers 503 to requests that wait longer for a thread than they may")
    func queueTimeout() throws {
      let lane = WSGILane.threads(1, queueTimeout: .milliseconds(300))
      let (port, container) = try TestServer.limited(lane, timeout: nil)
      let first = try RawClient(port)
      first.send("GET /sleep?s=2 HTTP/1.1\r\nHost: a\r\n\r\n")
      while container.statistics.requests == 0 { usleep(5_000) }
      let second = try RawClient.get(port, "/len-one")
      #expect(second.status == 503 && second.header("retry-after") == "1")
      #expect(try first.read().text == "slept\n", "a request that has its thread may take its time")
      let statistics = container.statistics
      #expect(statistics.expired == 1 && statistics.requests == 1 && statistics.timedOut == 0)
      #expect(try RawClient.get(port, "/len-one").status == 200)
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
      #expect(TestLog.take().contains("gale.wsgi error: The answer stopped coming ("))
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
      let (port, container) = try TestServer.limited(timeout: Self.limit)
      for _ in 0..<5 { #expect(try RawClient.get(port, "/sleep?s=6").status == 504) }
      while container.statistics.threads > 0 { usleep(5_000) }
      #expect(container.statistics.stuck == 5 && container.statistics.lostThreads == 5)
      #expect(try RawClient.get(port, "/len-one").status == 503, "nobody is there to take it")
      var status = 0
      for _ in 0..<150 where status != 200 {
        usleep(100_000)
        status = try RawClient.get(port, "/len-one").status
      }
      #expect(status == 200)
      while container.statistics.lostThreads > 0 { usleep(20_000) }
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
