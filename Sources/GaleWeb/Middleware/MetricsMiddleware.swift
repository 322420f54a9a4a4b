// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Metrics
import GaleHTTP
import GaleWire
public import Metrics
import Synchronization

/// Counts and times requests for the back end of swift-metrics, under the names of OpenTelemetry's semantic conventions.
///
/// | Name | Kind | Dimensions |
/// |---|---|---|
/// | `http.server.request.duration` | timer | method, route, status |
/// | `http.server.requests` | counter | method, route, status |
/// | `http.server.request.body.size`, `http.server.response.body.size` | recorder, bytes | method, route, status |
/// | `http.server.active_requests` | meter | method |
///
/// The dimensions are called `http.request.method`, `http.route` and `http.response.status_code`. A route is the path as
/// it was written (``RequestHandler/routePath``), or `unmatched`; methods that nobody knows are `_OTHER`. So clients cannot
/// make new series. Status 0 stands for requests whose connection was gone before there was an answer.
public final class MetricsMiddleware: Middleware {
  private struct Key: Hashable {
    let method: String
    let route: String
    let status: Int
  }

  private struct Instruments {
    let duration: Metrics.Timer
    let requests: Counter
    let requestSize: Recorder
    let responseSize: Recorder
  }

  private let factory: any MetricsFactory
  private let instruments = Mutex<[Key: Instruments]>([:])
  private let active = Mutex<[String: Meter]>([:])

  /// Creates the middleware; it should stand outermost.
  public init(factory: any MetricsFactory = MetricsSystem.factory) { self.factory = factory }

  /// Measures a request.
  public func handle(_ handler: RequestHandler, next: Next) async throws {
    let method = Self.name(of: handler.request)
    let route = handler.routePath ?? "unmatched"
    let meter = activeMeter(method)
    meter.increment()
    handler.request.onEnd { [self] request in
      meter.decrement()
      let record = RequestRecord(request, routePath: route)
      let found = instruments(Key(method: method, route: route, status: record.status))
      found.duration.recordNanoseconds(record.duration.nanosecondCount)
      found.requests.increment()
      found.requestSize.record(record.requestByteCount)
      found.responseSize.record(record.responseByteCount)
    }
    try await next()
  }

  private static func name(of request: HTTPServerRequest) -> String {
    request.head.methodKind == .other ? "_OTHER" : request.method
  }

  private func activeMeter(_ method: String) -> Meter {
    active.withLock { meters in
      if let known = meters[method] { return known }
      let made = Meter(
        label: "http.server.active_requests", dimensions: [("http.request.method", method)], factory: factory)
      meters[method] = made
      return made
    }
  }

  private func instruments(_ key: Key) -> Instruments {
    instruments.withLock { known in
      if let found = known[key] { return found }
      let dimensions = [
        ("http.request.method", key.method), ("http.route", key.route),
        ("http.response.status_code", "\(key.status)"),
      ]
      let made = Instruments(
        duration: Timer(label: "http.server.request.duration", dimensions: dimensions, factory: factory),
        requests: Counter(label: "http.server.requests", dimensions: dimensions, factory: factory),
        requestSize: Recorder(
          label: "http.server.request.body.size", dimensions: dimensions, aggregate: true, factory: factory),
        responseSize: Recorder(
          label: "http.server.response.body.size", dimensions: dimensions, aggregate: true, factory: factory))
      known[key] = made
      return made
    }
  }
}

extension Duration {
  fileprivate var nanosecondCount: Int64 {
    let (seconds, attoseconds) = components
    return seconds &* 1_000_000_000 &+ attoseconds / 1_000_000_000
  }
}
#endif
