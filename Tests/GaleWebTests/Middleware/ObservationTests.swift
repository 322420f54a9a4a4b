// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleHTTP
import GaleLoop
import GaleWeb
import Logging
import Synchronization
import TestSupport
import Testing

#if Metrics
import Metrics
import MetricsTestKit
#endif
#if Tracing
import InMemoryTracing
import Tracing
#endif

/// A log that keeps its lines.
private struct KeptLog: LogHandler {
  let journal: Journal
  var logLevel = Logger.Level.trace
  var metadata: Logger.Metadata = [:]
  var metadataProvider: Logger.MetadataProvider? = LogContext.provider

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let all = metadata.merging(metadataProvider?.get() ?? [:]) { $1 }
    journal.note("\(event.message) \(all["request-id"].map { "\($0)" } ?? "-")")
  }
}

@Suite("web: logs, metrics and traces of requests (SWF-012, SWF-025, SWF-026, SWF-027)")
struct ObservationTests {
  private static let routes: [URLSpec] = [
    .get("/users/{id}") { (_, id: Int) in "user \(id)" }, .get("/error") { _ in throw HTTPError(503) },
    .post("/post") { handler in "\(handler.request.body.count)" }, .mount("/app", EchoDelegate()),
    .text("/regex/[0-9]+", "regex"),
  ]

  @Test func `each request is told at its end, whatever answered it`() throws {
    let records = Mutex<[RequestRecord]>([])
    let middleware = RequestLogMiddleware { record in records.withLock { $0.append(record) } }
    try serving(try Application(Self.routes, middleware: [middleware], settings: .quiet)) {
      server async throws in
      _ = try await server.fetch("GET", "/users/7?x=1")
      _ = try await server.fetch("POST", "/post", body: [1, 2, 3])
      for target in ["/error", "/app/x", "/none", "/regex/5"] { _ = try await server.fetch("GET", target) }
    }
    let all = records.withLock { $0 }
    #expect(all.map(\.status) == [200, 200, 503, 203, 404, 200])
    #expect(all.map(\.routePath) == ["/users/{id}", "/post", "/error", "/app", nil, "/regex/[0-9]+"])
    #expect(all[0].method == "GET" && all[0].path == "/users/7" && all[0].remoteIP == "127.0.0.1")
    #expect(all[0].responseByteCount == 6 && all[1].requestByteCount == 3 && all[0].duration > .zero)
    #expect(Set(all.map(\.id)).count == 6)
  }

  @Test func `log lines carry the id of their request`() throws {
    let journal = Journal()
    let logger = Logger(label: "test") { _ in KeptLog(journal: journal) }
    let routes: [URLSpec] = [
      .get("/") { handler in
        logger.info("inside")
        await Task { logger.info("task") }.value
        #expect(handler.logger[metadataKey: "request-id"] == "\(handler.requestID)")
        return handler.requestID
      }
    ]
    let trusting = try Application(
      routes, middleware: [RequestIDMiddleware(header: "X-Id", trustsClients: true)], settings: .quiet)
    try serving(trusting) { server async throws in
      let own = try await server.fetch("GET", "/")
      #expect(own["X-Id"] == own.text && !own.text.isEmpty)
      #expect(journal.entries == ["inside \(own.text)", "task \(own.text)"])
      let given = try await server.fetch("GET", "/", ["X-Id: abc-1"])
      #expect(given["X-Id"] == "abc-1" && given.text == "abc-1")
      for bad in ["a b", String(repeating: "x", count: 129), "é"] {
        #expect(try await server.fetch("GET", "/", ["X-Id: \(bad)"]).text != bad)
      }
    }
    let careful = try Application(routes, middleware: [RequestIDMiddleware()], settings: .quiet)
    try serving(careful) { server async throws in
      let answer = try await server.fetch("GET", "/", ["X-Request-Id: abc"])
      #expect(answer.text != "abc" && answer["X-Request-Id"] == answer.text)
    }
    logger.info("outside")
    #expect(journal.entries.last == "outside -")
  }

  #if Metrics
  @Test func `requests are counted and timed by route`() throws {
    let metrics = TestMetrics()
    let application = try Application(
      Self.routes, middleware: [MetricsMiddleware(factory: metrics)], settings: .quiet)
    try serving(application) { server async throws in
      for target in ["/users/1", "/users/2", "/error", "/none", "/app/x"] {
        _ = try await server.fetch("GET", target)
      }
      _ = try await server.fetch("POST", "/post", body: [1, 2, 3])
      _ = try await server.fetch("BREW", "/users/1")
    }
    func dimensions(_ method: String, _ route: String, _ status: Int) -> [(String, String)] {
      [("http.request.method", method), ("http.route", route), ("http.response.status_code", "\(status)")]
    }
    let users = dimensions("GET", "/users/{id}", 200)
    #expect(try metrics.expectCounter("http.server.requests", users).totalValue == 2)
    #expect(try metrics.expectTimer("http.server.request.duration", users).values.allSatisfy { $0 > 0 })
    #expect(try metrics.expectTimer("http.server.request.duration", users).values.count == 2)
    #expect(try metrics.expectRecorder("http.server.response.body.size", users).values == [6, 6])
    let post = dimensions("POST", "/post", 200)
    #expect(try metrics.expectRecorder("http.server.request.body.size", post).values == [3])
    for (method, route, status) in [
      ("GET", "/error", 503), ("GET", "unmatched", 404), ("GET", "/app", 203), ("_OTHER", "/users/{id}", 405),
    ] {
      let counter = try metrics.expectCounter("http.server.requests", dimensions(method, route, status))
      #expect(counter.totalValue == 1)
    }
    let active = try metrics.expectMeter("http.server.active_requests", [("http.request.method", "GET")])
    #expect(active.values.max() == 1 && active.values.last == 0)
  }

  @Test func `how late the loop comes is told`() throws {
    let metrics = TestMetrics()
    try runLoop { loop async throws in
      let watch = LoopMetrics(
        every: .milliseconds(1), on: loop, dimensions: [("loop", "main")], factory: metrics)
      watch.start()
      System.pause(.milliseconds(20))
      let lag = try metrics.expectTimer("gale.loop.lag", [("loop", "main")])
      try await loop.wait { lag.values.contains { $0 >= 10_000_000 } }
      try await loop.wait { lag.values.count > 3 }
      #expect(loop.turnDurations != nil)
      let longest = try metrics.expectGauge("gale.loop.turns.longest", [("loop", "main")])
      #expect(longest.values.contains { $0 > 0 })
      watch.stop()
      #expect(loop.turnDurations == nil)
      let count = lag.values.count
      try await loop.sleep(for: .milliseconds(5))
      #expect(lag.values.count == count)
    }
  }
  #endif

  #if Tracing
  @Test func `each request is a span in its trace, and the parent of what the handler traces`() throws {
    let tracer = InMemoryTracer()
    let routes: [URLSpec] =
      Self.routes + [
        .get("/traced") { _ in
          tracer.withSpan("inner") { _ in }
          return "x"
        },
        .get("/broken") { _ in throw TestFailure("x") },
      ]
    let application = try Application(
      routes, middleware: [TracingMiddleware(tracer: tracer)], settings: .quiet)
    try serving(application) { server async throws in
      let trace = ["in-memory-trace-id: t1", "in-memory-span-id: s1", "User-Agent: test"]
      _ = try await server.fetch("GET", "/traced?q=1", trace)
      for target in ["/users/3", "/none", "/broken", "/app/x"] { _ = try await server.fetch("GET", target) }
      _ = try await server.fetch("BREW", "/users/3")
    }
    let spans = tracer.finishedSpans
    #expect(
      spans.map(\.operationName) == [
        "inner", "GET /traced", "GET /users/{id}", "GET", "GET /broken", "GET /app", "HTTP /users/{id}",
      ])
    let (inner, traced) = (spans[0], spans[1])
    #expect(traced.traceID == "t1" && traced.spanContext.parentSpanID == "s1")
    #expect(inner.traceID == "t1" && inner.spanContext.parentSpanID == traced.spanContext.spanID)
    let attributes = traced.attributes
    #expect(attributes.get("http.request.method") == "GET".toSpanAttribute())
    #expect(attributes.get("http.route") == "/traced".toSpanAttribute())
    #expect(attributes.get("url.path") == "/traced".toSpanAttribute())
    #expect(attributes.get("url.query") == "q=1".toSpanAttribute())
    #expect(attributes.get("http.response.status_code") == 200.toSpanAttribute())
    #expect(attributes.get("user_agent.original") == "test".toSpanAttribute())
    #expect(attributes.get("server.address") == "gale.test".toSpanAttribute())
    #expect(spans[3].status == nil && spans[4].status?.code == .error && spans[4].errors.count == 1)
    #expect(spans[5].attributes.get("http.response.status_code") == 203.toSpanAttribute())
    #expect(spans[6].attributes.get("http.request.method_original") == "BREW".toSpanAttribute())
    #expect(tracer.activeSpans.isEmpty)
  }
  #endif
}
