// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleHTTP
import GaleLoop
import GalePython
import GaleWSGI
import Glibc

/// What can be told of a running server: for `gale status`, and as metrics.
struct ServiceReport {
  /// A process that serves.
  struct Worker {
    let number: Int
    let pid: Int
    let state: ScorePage.State
    let startSeconds: Int
    let counts: HTTPStatisticsSnapshot
    let usage: ProcessUsage?
    var lanes: WSGILaneStatistics { WSGILaneStatistics(pages: counts.values) }

    init(_ page: ScorePage) {
      number = Int(page[ScorePage.taskID])
      pid = Int(clamping: page[ScorePage.pid])
      state = page.workerState
      startSeconds = Int(page[ScorePage.startSeconds])
      counts = HTTPStatisticsSnapshot(page.values)
      usage = ProcessUsage(pid: pid)
    }
  }

  let facts: ServiceFacts
  let isSupervised: Bool
  let pid: Int
  let startSeconds: Int
  let restarts: Int
  let places: Int
  let workers: [Worker]
  /// Of workers that are gone, too.
  private(set) var counts: HTTPStatisticsSnapshot

  /// A supervisor and its workers.
  init(_ facts: ServiceFacts, _ board: Scoreboard) {
    self.facts = facts
    isSupervised = true
    pid = Int(board.past[ScorePage.pid])
    startSeconds = Int(board.past[ScorePage.startSeconds])
    restarts = Int(board.past[ScorePage.restarts])
    places = Int(board.past[ScorePage.places])
    workers = board.workers.map(Worker.init).sorted { ($0.number, $0.pid) < ($1.number, $1.pid) }
    counts = HTTPStatisticsSnapshot(board.past.values)
    for worker in workers { counts.add(worker.counts.values) }
  }

  /// One process without workers.
  init(_ facts: ServiceFacts, alone page: ScorePage) {
    self.facts = facts
    isSupervised = false
    pid = Int(getpid())
    startSeconds = Int(page[ScorePage.startSeconds])
    restarts = 0
    places = 1
    workers = [Worker(page)]
    counts = workers[0].counts
  }

  // MARK: - For programs

  /// What `gale status --json` prints.
  var json: JSONValue {
    [
      "pid": .int(pid), "version": .string(galeVersion), "python": .string(Interpreter.version),
      "supervised": .bool(isSupervised), "started": .int(startSeconds), "now": .double(facts.now),
      "applications": .array(facts.applications.map(JSONValue.string)),
      "addresses": .array(facts.addresses.map(JSONValue.string)), "places": .int(places),
      "restarts": .int(restarts), "totals": Self.json(counts), "workers": .array(workers.map(Self.json)),
    ]
  }

  private static func json(_ worker: Worker) -> JSONValue {
    [
      "number": .int(worker.number), "pid": .int(worker.pid), "state": .string("\(worker.state)"),
      "started": .int(worker.startSeconds), "memory": .int(worker.usage?.residentByteCount ?? 0),
      "cpu": .double(worker.usage?.processorSeconds ?? 0), "lag": .double(worker.counts.lag / .seconds(1)),
      "totals": json(worker.counts),
    ]
  }

  private static func json(_ counts: HTTPStatisticsSnapshot) -> JSONValue {
    let statuses = (0...5).map {
      JSONMember(StatisticsLayout.classes[$0], .int(counts.requestCount(statusClass: $0)))
    }
    let durations: [JSONValue] = counts.durations.map { bucket in
      ["le": bucket.upperBound.map { .double($0 / .seconds(1)) } ?? .null, "count": .int(bucket.count)]
    }
    return [
      "requests": .int(counts.requestCount), "statuses": .object(statuses), "durations": .array(durations),
      "duration": .double(counts.durationSum / .seconds(1)), "received": .int(counts.receivedByteCount),
      "sent": .int(counts.sentByteCount), "accepted": .int(counts.acceptedCount),
      "refused": .int(counts.refusedCount), "connections": .int(counts.connectionCount),
      "in_flight": .int(counts.inFlightCount), "python": json(WSGILaneStatistics(pages: counts.values)),
    ]
  }

  private static func json(_ lanes: WSGILaneStatistics) -> JSONValue {
    [
      "requests": .int(lanes.requests), "refused": .int(lanes.refused), "expired": .int(lanes.expired),
      "timed_out": .int(lanes.timedOut), "stuck": .int(lanes.stuck), "running": .int(lanes.running),
      "threads": .int(lanes.threads), "lost_threads": .int(lanes.lostThreads),
      "lock_waiters": .int(lanes.lockWaiters), "queued": .int(lanes.queued),
      "queue_limit": .int(lanes.queueLimit), "queue_times": json(lanes.queueTimes),
      "lock_times": json(lanes.lockTimes), "call_times": json(lanes.callTimes),
    ]
  }

  private static func json(_ times: WSGILaneStatistics.Times) -> JSONValue {
    let bounds = WSGILaneStatistics.Times.bounds
    let buckets: [JSONValue] = times.counts.indices.map { index in
      let bound: JSONValue = index < bounds.count ? .double(bounds[index] / .seconds(1)) : .null
      return ["le": bound, "count": .int(times.counts[index])]
    }
    return ["buckets": .array(buckets), "seconds": .double(times.total / .seconds(1))]
  }

  // MARK: - Metrics

  /// Prometheus's page.
  var metrics: String {
    var page = PrometheusPage()
    page.metric("gale_build_info", .gauge, "What runs; the value is always 1.")
    page.sample("gale_build_info", [("version", galeVersion), ("python", Interpreter.version)], 1)
    page.single(
      "gale_start_time_seconds", .gauge, "When the server was started, in Unix time.", Double(startSeconds))
    page.add(counts)
    page.add(WSGILaneStatistics(pages: counts.values))
    page.single(
      "gale_worker_restarts_total", .counter, "Workers that were started in the place of one that had died.",
      Double(restarts))
    page.single("gale_workers_wanted", .gauge, "How many workers there are to be.", Double(places))
    page.metric("gale_workers", .gauge, "Worker processes, by what they are at.")
    for state in [ScorePage.State.starting, .serving, .retiring] {
      page.sample("gale_workers", [("state", "\(state)")], workers.count { $0.state == state })
    }
    addWorkers(to: &page)
    return page.text
  }

  private func addWorkers(to page: inout PrometheusPage) {
    func gauge(_ name: String, _ kind: PrometheusPage.Kind, _ help: String, _ value: (Worker) -> Double?) {
      page.metric(name, kind, help)
      for worker in workers {
        guard let value = value(worker) else { continue }
        page.sample(name, [("worker", String(worker.number)), ("pid", String(worker.pid))], value)
      }
    }
    gauge("gale_worker_start_time_seconds", .gauge, "When the worker was started, in Unix time.") {
      Double($0.startSeconds)
    }
    gauge("gale_worker_resident_memory_bytes", .gauge, "The worker's memory.") {
      $0.usage.map { Double($0.residentByteCount) }
    }
    gauge("gale_worker_cpu_seconds_total", .counter, "Processor time of the worker.") {
      $0.usage?.processorSeconds
    }
    gauge("gale_worker_requests_in_flight", .gauge, "Requests that the worker is answering.") {
      Double($0.counts.inFlightCount)
    }
    gauge("gale_worker_loop_lag_seconds", .gauge, "How late the worker's loop came last to what was due.") {
      $0.counts.lag / .seconds(1)
    }
    gauge("gale_worker_python_seconds_total", .counter, "Time that the worker's applications took.") {
      $0.lanes.callTimes.total / .seconds(1)
    }
    gauge("gale_worker_python_running", .gauge, "Requests that the worker's applications are at.") {
      Double($0.lanes.running)
    }
    gauge("gale_worker_python_queued", .gauge, "Requests that wait for a thread of the worker.") {
      Double($0.lanes.queued)
    }
    gauge(
      "gale_worker_python_lock_waiters", .gauge, "Threads of the worker that wait for the interpreter's lock."
    ) {
      Double($0.lanes.lockWaiters)
    }
  }
}

/// What does not change while a server runs.
struct ServiceFacts: Sendable {
  let applications: [String]
  let addresses: [String]

  /// Unix time.
  var now: Double { Double(System.wallNanoseconds) / 1e9 }
}
