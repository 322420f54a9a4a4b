// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import Foundation
import GaleHTTP
import GaleLoop
import GalePython
import Testing

@testable import GaleWSGI

extension GaleWSGITests {
  @Suite("lanes")
  struct LaneTests {
    @Test("the lane `auto` moves to threads after 5 slow calls, for good")
    func auto() throws {
      let lane = WSGILane.auto(threads: 2, slowCall: .milliseconds(400))
      let (port, container) = try TestServer.limited(lane, timeout: .seconds(30))
      let client = try RawClient(port)
      func get(_ path: String) throws -> String {
        client.send("GET \(path) HTTP/1.1\r\nHost: a\r\n\r\n")
        return try client.read().text
      }
      let loop = try get("/thread")
      _ = TestLog.take()
      for _ in 0..<4 {
        #expect(try get("/sleep?s=0.4") == "slept\n")
        #expect(try get("/thread") == loop, "still inline")
      }
      #expect(!container.statistics.isThreaded && container.statistics.threads == 0)
      #expect(try get("/sleep?s=0.4") == "slept\n")
      #expect(
        TestLog.take().contains(
          "gale.wsgi notice: The application is slow: 5 of the last 100 calls held the loop for 400.0 ms or more. "
            + "It runs on 2 threads from now on"))
      for _ in 0..<3 { #expect(try get("/thread") != loop, "on threads") }
      let environ = try get("/environ")
      #expect(environ.contains(#""wsgi.multithread": true"#))
      #expect(container.statistics.isThreaded && container.statistics.threads == 2)
    }

    /// Slow calls by their numbers, and the number of the one that is too many; 0 for none.
    struct Calls: Sendable {
      let slow: [Int]
      let verdict: Int
    }

    @Test(
      "5 of the last 100 calls make an application slow",
      arguments: [
        Calls(slow: [1, 2, 3, 4, 5], verdict: 5), Calls(slow: [1, 2, 3, 4], verdict: 0),
        Calls(slow: [1, 26, 51, 76, 100], verdict: 100), Calls(slow: [1, 26, 51, 76, 101], verdict: 0),
        Calls(slow: [1, 2, 3, 4, 102, 103, 104, 105, 201], verdict: 201),
        Calls(slow: [1, 2, 3, 4, 102, 103, 104, 105, 202], verdict: 0),
      ])
    func rule(_ calls: Calls) {
      var window = AutoChoice.Window()
      let verdict = (1...300).first { window.add(isSlow: calls.slow.contains($0)) } ?? 0
      #expect(verdict == calls.verdict)
    }

    @Test("counts what a lane does", arguments: TestLane.allCases)
    func statistics(_ lane: TestLane) throws {
      let wanted: WSGILane =
        switch lane {
        case .inline: .inline
        case .threads: .threads(1, queueLimit: 1)
        case .interpreters: .interpreters(1, queueLimit: 1)
        }
      let (port, container) = try TestServer.limited(wanted, timeout: .seconds(30))
      #expect(container.statistics.requests == 0 && container.statistics.isThreaded == (lane != .inline))
      for _ in 0..<5 { #expect(try RawClient.get(port, "/sleep?s=0.02").status == 200) }
      // A thread counts the call when the client has its answer.
      wait { container.statistics.callTimes.count == 5 }
      var statistics = container.statistics
      #expect(statistics.requests == 5 && statistics.callTimes.count == 5)
      #expect(
        statistics.callTimes.total >= .milliseconds(100) && statistics.callTimes.longest >= .milliseconds(20))
      #expect(statistics.callTimes.counts[..<4].allSatisfy { $0 == 0 }, "none took 10 ms or less")
      #expect(statistics.lockTimes.count >= 1 && statistics.lockTimes.count <= 6)
      guard lane != .inline else {
        return #expect(statistics.queueTimes.count == 0 && statistics.threads == 0)
      }
      #expect(statistics.queueTimes.count == 5 && statistics.threads == 1 && statistics.queueLimit == 1)
      let clients = try (0..<3).map { _ in try RawClient(port) }
      for (number, client) in clients.enumerated() {
        client.send("GET /sleep?s=1 HTTP/1.1\r\nHost: a\r\n\r\n")
        wait { Self.number(container.statistics) > number }
      }
      statistics = container.statistics
      #expect(statistics.queued == 1 && statistics.idleThreads == 0 && statistics.refused == 1)
      #expect(statistics.running == 1 && statistics.lockWaiters == 0)
      #expect(try clients.map { try $0.read().status } == [200, 200, 503])
      #expect(container.statistics.queueTimes.longest > .milliseconds(200))
    }

    /// Waits until `condition` holds, for ten seconds at most.
    private func wait(_ condition: () -> Bool) {
      for _ in 0..<2000 where !condition() { usleep(5_000) }
    }

    /// How many requests a lane has now, with those that it refused.
    private static func number(_ statistics: WSGILaneStatistics) -> Int {
      statistics.running + statistics.queued + statistics.refused
    }

    @Test("counts on a page that others read, for several containers together")
    func page() throws {
      let page = ScorePage()
      var read: WSGILaneStatistics { WSGILaneStatistics(pages: page.values) }
      let first = try TestServer.limited(.threads(1, queueLimit: 1), timeout: .seconds(30), page: page)
      let second = try TestServer.limited(.inline, timeout: .seconds(30), page: page)
      #expect(read.queueLimit == 1 && read.requests == 0 && read.threads == 0)
      for port in [first.port, second.port, second.port] {
        #expect(try RawClient.get(port, "/sleep?s=0.02").status == 200)
      }
      wait { read.callTimes.count == 3 }
      #expect(read.requests == 3 && read.threads == 1 && read.running == 0)
      #expect(read.callTimes.count == 3 && read.callTimes.total >= .milliseconds(60))
      #expect((2...3).contains(read.lockTimes.count) && read.queueTimes.count == 1)
      #expect(first.container.statistics.requests == 3, "those of the page")
      let clients = try (0..<3).map { _ in try RawClient(first.port) }
      for (number, client) in clients.enumerated() {
        client.send("GET /sleep?s=1 HTTP/1.1\r\nHost: a\r\n\r\n")
        wait { Self.number(read) > number }
      }
      #expect(read.running == 1 && read.queued == 1 && read.refused == 1 && read.idleThreads == 0)
      #expect(try clients.map { try $0.read().status } == [200, 200, 503])
      #expect(read.queued == 0 && read.requests == 5)
    }

    @Test("threads that wait for Python's lock are counted while they do")
    func lockWaiters() throws {
      let (port, container) = try TestServer.limited(.threads(1), timeout: .seconds(30), page: nil)
      let client = try RawClient(port)
      var seen = 0
      try TestServer.interpreter().attach { _ in
        client.send("GET /thread HTTP/1.1\r\nHost: a\r\n\r\n")
        for _ in 0..<2000 where seen == 0 {
          usleep(5000)
          seen = container.statistics.lockWaiters
        }
      }
      #expect(seen == 1)
      #expect(try client.read().status == 200)
      #expect(container.statistics.lockWaiters == 0)
    }

    @Test("a page of metrics has a lane's numbers")
    func metrics() throws {
      let counters = LaneCounters()
      counters.noteRefused(2)
      for _ in 0..<3 { counters.noteExpired() }
      counters.beginCall(queued: 2_000_000, lock: nil)
      var page = PrometheusPage()
      page.add(counters.value)
      let lines = page.text.split(separator: "\n").map(String.init)
      #expect(lines.contains(#"gale_python_refused_total{reason="queue_full"} 2"#))
      #expect(lines.contains(#"gale_python_refused_total{reason="queue_timeout"} 3"#))
      #expect(lines.contains(#"gale_python_queue_seconds_bucket{le="0.001"} 0"#))
      #expect(lines.contains(#"gale_python_queue_seconds_bucket{le="0.005"} 1"#))
      #expect(lines.contains(#"gale_python_queue_seconds_bucket{le="+Inf"} 1"#))
      #expect(lines.contains("gale_python_queue_seconds_sum 0.002"))
    }

    @Test("times are kept by their bounds")
    func times() {
      let counters = LaneCounters()
      for time in [0, 100_000, 100_001, 5_000_000, 31_000_000_000] as [Int64] {
        counters.beginCall(queued: nil, lock: nil)
        counters.endCall(time)
      }
      let times = counters.value.callTimes
      #expect(counters.value.running == 0 && counters.value.requests == 5)
      #expect(times.counts == [2, 1, 1, 0, 0, 0, 0, 0, 0, 1])
      #expect(times.count == 5 && times.longest == .seconds(31))
      #expect(times.total == .nanoseconds(31_005_200_001))
    }
  }
}

#endif
