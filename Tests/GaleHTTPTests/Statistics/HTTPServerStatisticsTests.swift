// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleLoop
import GaleTesting
import GaleWire
import TestSupport
import Testing

@testable import GaleHTTP

@Suite("httpserver: statistics")
struct HTTPServerStatisticsTests {
  /// What is counted while `body` has a server that answers with the status that the query says.
  private func counted(
    _ body: (HTTPTestServer, HTTPServerStatistics) async throws -> Void
  ) async throws -> HTTPStatisticsSnapshot {
    let statistics = HTTPServerStatistics()
    var configuration = HTTPServerConfiguration()
    configuration.statistics = statistics
    let server = try HTTPTestServer(configuration: configuration) { request in
      request.answer("body", status: Int(request.query) ?? 200)
    }
    try await body(server, statistics)
    return statistics.snapshot
  }

  @Test(.loop(timeLimit: .seconds(60))) func `requests are counted by method and status`() async throws {
    let counts = try await counted { server, _ in
      let client = RawClient(try await server.connect())
      for path in ["/", "/?201", "/?302", "/?404", "/?503"] { _ = try await client.request(get(path)) }
      _ = try await client.request("POST /?400 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc")
      _ = try await client.request("BREW /?418 HTTP/1.1\r\nHost: a\r\n\r\n")
    }
    #expect(counts.requestCount == 7)
    #expect(counts.requestCount(method: "GET", statusClass: 2) == 2)
    #expect(counts.requestCount(method: "GET", statusClass: 3) == 1)
    #expect(counts.requestCount(method: "GET", statusClass: 4) == 1)
    #expect(counts.requestCount(method: "GET", statusClass: 5) == 1)
    #expect(counts.requestCount(method: "POST", statusClass: 4) == 1)
    #expect(counts.requestCount(method: "other", statusClass: 4) == 1)
    #expect(counts.requestCount(method: "BREW", statusClass: 4) == 0)
    #expect(counts.requestCount(method: "GET", statusClass: 6) == 0)
    #expect(counts.requestCount(statusClass: 4) == 3)
    #expect(counts.inFlightCount == 0)
    #expect(counts.acceptedCount == 1)
    #expect(counts.connectionCount == 1)
    #expect(counts.durations.map(\.count).reduce(0, +) == 7)
    #expect(counts.durationSum > .zero)
    #expect(counts.refusedCount == 0)
  }

  @Test(.loop(timeLimit: .seconds(60))) func `bytes are those on the wire`() async throws {
    var answer = 0
    let request = get("/")
    let counts = try await counted { server, _ in
      let client = RawClient(try await server.connect())
      try await client.send(request)
      client.closeSending()
      answer = try await client.rest().utf8.count
    }
    #expect(counts.receivedByteCount == request.utf8.count)
    #expect(counts.sentByteCount == answer)
    #expect(answer > 40)
  }

  @Test(.loop(timeLimit: .seconds(60))) func `what is no request is refused, and no request`() async throws {
    let counts = try await counted { server, _ in
      let client = RawClient(try await server.connect())
      try await client.send("nonsense\r\n\r\n")
      _ = try await client.rest()
    }
    #expect(counts.refusedCount == 1)
    #expect(counts.requestCount == 0)
    #expect(counts.inFlightCount == 0)
  }

  @Test(.loop(timeLimit: .seconds(60)))
  func `a request in flight is seen, and one whose client leaves is aborted`()
    async throws
  {
    let statistics = HTTPServerStatistics()
    var configuration = HTTPServerConfiguration()
    configuration.statistics = statistics
    let arrived = Event()
    let ended = Event()
    let server = try HTTPTestServer(configuration: configuration) { request in
      request.onEnd { _ in ended.set() }
      arrived.set()
    }
    let client = RawClient(try await server.connect())
    try await client.send(get("/"))
    try await arrived.wait()
    #expect(statistics.snapshot.inFlightCount == 1)
    client.reset()
    try await ended.wait()
    #expect(statistics.snapshot.inFlightCount == 0)
    #expect(statistics.snapshot.requestCount(method: "GET", statusClass: 0) == 1)
  }

  @Test(arguments: [
    (UInt64(0), 0), (100, 0), (101, 1), (250, 1), (1000, 3), (1001, 4), (30_000_000, 16), (30_000_001, 17),
  ])
  func `the end of a bucket belongs to it`(_ microseconds: UInt64, _ bucket: Int) {
    #expect(LoopStatistics.bucket(of: microseconds) == bucket)
  }

  @Test(.loop(timeLimit: .seconds(60))) func `lag is measured again and again`() async throws {
    let counts = try await counted { server, statistics in
      server.server.context.measureLag(every: .milliseconds(1))
      while statistics.snapshot.lagCount < 3 { try await IOLoop.current.sleep(for: .milliseconds(1)) }
      let snapshot = statistics.snapshot
      #expect(snapshot.lagSum >= snapshot.lag)
      #expect(snapshot.lags.map(\.count).reduce(0, +) == snapshot.lagCount)
    }
    #expect(counts.requestCount == 0)
  }

  @Test func `snapshots of several processes are added`() {
    let page = ScorePage()
    page.add(3, at: StatisticsLayout.requests + 2)
    page.add(2, at: StatisticsLayout.connections)
    var sum = HTTPStatisticsSnapshot(page.values)
    sum.add(page.values)
    #expect(sum.requestCount(method: "GET", statusClass: 2) == 6)
    #expect(sum.connectionCount == 4)
  }

  // MARK: - Percentiles

  @Test(arguments: [
    (0.5, [0, 10, 0], 1.5), (1.0, [0, 10, 0], 2.0), (0.5, [10, 10, 0], 1.0), (0.75, [10, 10, 0], 1.5),
    (0.99, [0, 0, 5], 2.0), (0.0, [4, 0, 0], 0.0), (0.5, [1, 0, 1], 1.0),
  ])
  func `shares are interpolated within a bucket`(_ share: Double, _ counts: [Int], _ value: Double) {
    #expect(Percentile.value(share: share, of: counts, below: [1, 2]) == value)
  }

  @Test func `nothing has no percentile, and what was before does not count`() {
    #expect(Percentile.value(share: 0.5, of: [0, 0], below: [1]) == nil)
    let page = ScorePage()
    page.add(100, at: StatisticsLayout.buckets)
    let past = HTTPStatisticsSnapshot(page.values)
    #expect(past.duration(share: 0.5) == .microseconds(50))
    #expect(past.duration(share: 0.5, since: past) == nil)
    page.add(1, at: StatisticsLayout.buckets + 1)
    #expect(HTTPStatisticsSnapshot(page.values).duration(share: 1, since: past) == .microseconds(250))
  }
}

@Suite("httpserver: Prometheus's page")
struct PrometheusPageTests {
  @Test func `labels and help are escaped, numbers as Prometheus reads them`() {
    var page = PrometheusPage()
    page.metric("a_total", .counter, "What\nis \"it\" \\")
    page.sample("a_total", [("x", "q\"\\\n"), ("y", "")], 3)
    page.sample("a_total", [], 0.25)
    page.sample("a_total", [], Double.infinity)
    page.sample("a_total", [], -Double.infinity)
    page.sample("a_total", [], Double.nan)
    page.sample("a_total", [], 1e15)
    #expect(
      page.text == """
        # HELP a_total What\\nis "it" \\\\
        # TYPE a_total counter
        a_total{x="q\\"\\\\\\n",y=""} 3
        a_total 0.25
        a_total +Inf
        a_total -Inf
        a_total NaN
        a_total 1000000000000000

        """)
  }

  @Test func `buckets of the histogram contain those below them`() {
    let page = ScorePage()
    page.add(2, at: StatisticsLayout.buckets)
    page.add(3, at: StatisticsLayout.buckets + 3)
    page.add(1, at: StatisticsLayout.buckets + StatisticsLayout.bounds.count)
    page.add(1_500_000_000, at: StatisticsLayout.durationSum)
    var text = PrometheusPage()
    text.add(HTTPStatisticsSnapshot(page.values))
    let lines = text.text.split(separator: "\n").filter { $0.hasPrefix("gale_http_request_duration_seconds") }
    #expect(lines.first == "gale_http_request_duration_seconds_bucket{le=\"0.0001\"} 2")
    #expect(lines.contains("gale_http_request_duration_seconds_bucket{le=\"0.001\"} 5"))
    #expect(lines.contains("gale_http_request_duration_seconds_bucket{le=\"30\"} 5"))
    #expect(
      lines.suffix(3) == [
        "gale_http_request_duration_seconds_bucket{le=\"+Inf\"} 6",
        "gale_http_request_duration_seconds_sum 1.5",
        "gale_http_request_duration_seconds_count 6",
      ])
    #expect(text.text.contains("\ngale_http_requests_total{method=\"GET\",status=\"2xx\"} 0\n"))
  }

  @Test func `how late loops came is a histogram, too`() {
    let page = ScorePage()
    let statistics = LoopStatistics(page: page)
    for microseconds: Int64 in [50, 100, 2000, 40_000_000] { statistics.lagged(microseconds * 1000) }
    var text = PrometheusPage()
    text.add(HTTPStatisticsSnapshot(page.values))
    let lines = text.text.split(separator: "\n").filter { $0.hasPrefix("gale_loop_lag_seconds_") }
    #expect(lines.contains("gale_loop_lag_seconds_bucket{le=\"0.0001\"} 2"))
    #expect(lines.contains("gale_loop_lag_seconds_bucket{le=\"0.0025\"} 3"))
    #expect(lines.contains("gale_loop_lag_seconds_bucket{le=\"30\"} 3"))
    #expect(lines.contains("gale_loop_lag_seconds_bucket{le=\"+Inf\"} 4"))
    #expect(lines.contains("gale_loop_lag_seconds_sum 40.00215"))
    #expect(lines.contains("gale_loop_lag_seconds_count 4"))
  }
}
