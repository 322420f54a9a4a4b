// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleHTTP
import GaleLoop
import Glibc
import Logging

/// The places where a server is watched and steered, for as long as it runs.
final class Watching {
  private let log = Logger(label: "gale.general")
  private var servers: [HTTPServer] = []
  private let control: ListeningSocket?

  /// Opens the metrics' address, before the rights to do so are given up.
  static func metricsSockets(_ settings: WatchSettings) throws(LoopError) -> [ListeningSocket] {
    try settings.metrics?.listen(backlog: defaultBacklog) ?? []
  }

  /// Opens the control socket; without it the server works as well, so that is no reason to end.
  static func controlSocket(_ settings: WatchSettings, pidFile: String?) -> ListeningSocket? {
    let log = Logger(label: "gale.general")
    guard let path = ControlPath.choose(settings.control, pidFile: pidFile) else { return nil }
    do throws(LoopError) {
      let socket = try bindUnixSocket(path: path)
      log.info("To be steered at \(path)")
      return socket
    } catch {
      log.warning("There is no control socket: \(error.message)")
      return nil
    }
  }

  init(
    _ controlled: any Controlled, metrics: [ListeningSocket], control: ListeningSocket?, on loop: IOLoop
  ) throws(LoopError) {
    self.control = control
    if !metrics.isEmpty {
      servers.append(try ControlServer(controlled, .metrics).serve(metrics, on: loop))
      log.info("Metrics at \(metrics.map { "http://\($0.address)/metrics" }.joined(separator: ", "))")
    }
    if let control { servers.append(try ControlServer(controlled, .all).serve([control], on: loop)) }
  }

  /// Answers nobody any more.
  func close() {
    for server in servers {
      server.stop()
      server.closeAllConnections()
    }
    servers = []
    control?.removeFile()
  }
}

/// A supervisor that is watched.
final class ControlledSupervisor: Controlled {
  private let facts: ServiceFacts
  private let watched: Supervisor

  init(_ watched: Supervisor, _ facts: ServiceFacts) {
    self.watched = watched
    self.facts = facts
  }

  var report: ServiceReport { ServiceReport(facts, watched.board) }
  var supervisor: Supervisor? { watched }
  func stop() { watched.stop() }
}

/// A process without workers that is watched.
final class ControlledProcess: Controlled {
  private let facts: ServiceFacts
  private let page: ScorePage

  init(_ page: ScorePage, _ facts: ServiceFacts) {
    self.page = page
    self.facts = facts
  }

  var report: ServiceReport { ServiceReport(facts, alone: page) }
  var supervisor: Supervisor? { nil }
  /// As if a signal had come: the same is done about it.
  func stop() { _ = kill(getpid(), SIGTERM) }
}
