// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleHTTP
import GaleLoop
import GaleWire

/// What can be asked of a running server.
protocol Controlled: AnyObject {
  /// How it stands.
  var report: ServiceReport { get }
  /// The supervisor, if there is one.
  var supervisor: Supervisor? { get }
  /// Ends it gracefully.
  func stop()
}

/// Answers those who watch and steer: a few paths, JSON but for the metrics.
///
/// | | |
/// |---|---|
/// | `GET /status` | how it stands |
/// | `GET /metrics` | the same for Prometheus |
/// | `POST /reload` | replaces the workers |
/// | `POST /stop` | ends the server gracefully |
/// | `POST /workers` with `{"count": 4}` or `{"change": -1}` | how many workers |
final class ControlServer: HTTPServerConnectionDelegate {
  /// What it offers.
  enum Scope: Sendable {
    /// Only metrics, at `/metrics`.
    case metrics
    /// Everything: for the control socket.
    case all
  }

  private let controlled: LoopConfined<any Controlled>
  private let scope: Scope

  init(_ controlled: any Controlled, _ scope: Scope) {
    self.controlled = LoopConfined(controlled)
    self.scope = scope
  }

  /// Serves on sockets of its own, on the present loop.
  func serve(_ sockets: [ListeningSocket], on loop: IOLoop) throws(LoopError) -> HTTPServer {
    var configuration = HTTPServerConfiguration()
    configuration.http2.isEnabled = false
    configuration.limits.body = 64 * 1024
    configuration.idleTimeout = .seconds(600)
    let server = HTTPServer(self, configuration: configuration, on: loop)
    try server.addSockets(sockets)
    return server
  }

  func startRequest(_ request: HTTPServerRequest) -> any HTTPMessageDelegate { ControlExchange(self) }

  fileprivate func answer(_ request: HTTPServerRequest) -> ControlAnswer {
    let controlled = controlled.value
    let isReading = request.method == "GET" || request.method == "HEAD"
    switch (request.path, scope) {
    case ("/metrics", _):
      return isReading ? .metrics(controlled.report) : .failure(405, "metrics are read with GET")
    case ("/status", .all):
      return isReading ? .json(controlled.report.json) : .failure(405, "the status is read with GET")
    case ("/reload", .all), ("/stop", .all), ("/workers", .all):
      guard request.method == "POST" else {
        return .failure(405, "what changes something is asked for with POST")
      }
      return change(request, controlled)
    default: return .failure(404, "there is no \(HTTPServerRequest.escapeForLog(request.path))")
    }
  }

  private func change(_ request: HTTPServerRequest, _ controlled: any Controlled) -> ControlAnswer {
    if request.path == "/stop" {
      controlled.stop()
      return .json(["stopping": true])
    }
    guard let supervisor = controlled.supervisor else {
      return .failure(409, "this server has no workers: it was started without --workers")
    }
    if request.path == "/reload" {
      supervisor.reload()
      return .json(["reloading": true])
    }
    let wish = try? jsonDecode(request.body)
    guard
      let count = wish?["count"]?.intValue ?? wish?["change"]?.intValue.map({ supervisor.workerCount + $0 })
    else {
      return .failure(400, #"say {"count": 4} or {"change": -1}"#)
    }
    guard (1...1024).contains(count) else {
      return .failure(400, "a server has 1 to 1024 workers, not \(count)")
    }
    supervisor.setWorkerCount(count)
    return .json(["workers": .int(supervisor.workerCount)])
  }
}

/// An answer to be sent.
struct ControlAnswer {
  let status: Int
  let type: StaticString
  let body: String

  static func json(_ value: JSONValue, status: Int = 200) -> ControlAnswer {
    ControlAnswer(status: status, type: "application/json", body: jsonEncode(value) + "\n")
  }

  static func failure(_ status: Int, _ message: String) -> ControlAnswer {
    json(["error": .string(message)], status: status)
  }

  static func metrics(_ report: ServiceReport) -> ControlAnswer {
    ControlAnswer(status: 200, type: "text/plain; version=0.0.4; charset=utf-8", body: report.metrics)
  }

  func send(_ request: HTTPServerRequest) {
    var headers = HTTPHeaders()
    request.context.appendServerFields(to: &headers)
    headers.append("Content-Type", type)
    let bytes = Array(body.utf8)
    // What cannot be sent has nobody who wants it any more.
    try? request.connection.respond(status, reason: nil, &headers, bytes.span, for: request)
  }
}

private final class ControlExchange: HTTPMessageDelegate {
  private let server: ControlServer
  init(_ server: ControlServer) { self.server = server }
  func finish(_ request: HTTPServerRequest) { server.answer(request).send(request) }
}

/// Puts metrics at a path before what is served.
final class PublicMetrics: HTTPServerConnectionDelegate {
  private let path: [UInt8]
  private let report: @Sendable () -> ServiceReport
  private let rest: any HTTPServerConnectionDelegate

  init(
    at path: String, before rest: any HTTPServerConnectionDelegate,
    _ report: @escaping @Sendable () -> ServiceReport
  ) {
    self.path = Array(path.utf8)
    self.rest = rest
    self.report = report
  }

  func startRequest(_ request: HTTPServerRequest) -> any HTTPMessageDelegate {
    let isMine = request.withPath { path in
      guard path.count == self.path.count else { return false }
      for at in path.indices where path[at] != self.path[at] { return false }
      return true
    }
    return isMine ? MetricsExchange(report) : rest.startRequest(request)
  }

  private final class MetricsExchange: HTTPMessageDelegate {
    private let report: @Sendable () -> ServiceReport
    init(_ report: @escaping @Sendable () -> ServiceReport) { self.report = report }

    func finish(_ request: HTTPServerRequest) {
      let isReading = request.method == "GET" || request.method == "HEAD"
      let answer = isReading ? ControlAnswer.metrics(report()) : .failure(405, "metrics are read with GET")
      answer.send(request)
      request.logAccess()
    }
  }
}
