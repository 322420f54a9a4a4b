// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleHTTP

/// What a server says about itself, for tables.
struct ServerView {
  /// One of its processes.
  struct Worker {
    let number: Int
    let pid: Int
    let state: String
    let started: Int
    let memory: Int
    let cpu: Double
    let lag: Double
    let requests: Int
    let inFlight: Int
    let connections: Int
    /// Requests that applications are at, that wait for a thread, and how many threads there are.
    let running: Int
    let queued: Int
    let threads: Int
    let pythonSeconds: Double

    init(_ json: JSONValue) {
      let totals = json["totals"]
      number = json["number"]?.intValue ?? 0
      pid = json["pid"]?.intValue ?? 0
      state = json["state"]?.stringValue ?? ""
      started = json["started"]?.intValue ?? 0
      memory = json["memory"]?.intValue ?? 0
      cpu = json["cpu"]?.doubleValue ?? 0
      lag = json["lag"]?.doubleValue ?? 0
      requests = totals?["requests"]?.intValue ?? 0
      inFlight = totals?["in_flight"]?.intValue ?? 0
      connections = totals?["connections"]?.intValue ?? 0
      let python = totals?["python"]
      running = python?["running"]?.intValue ?? 0
      queued = python?["queued"]?.intValue ?? 0
      threads = (python?["threads"]?.intValue ?? 0) + (python?["lost_threads"]?.intValue ?? 0)
      pythonSeconds = python?["call_times"]?["seconds"]?.doubleValue ?? 0
    }

    /// How many of its threads are busy; without threads, whether Python runs.
    var busy: String { threads > 0 ? "\(running)/\(threads)" : String(running) }
  }

  let json: JSONValue
  let now: Double
  let workers: [Worker]
  /// How many requests took how long: the buckets' upper ends in seconds, and counts.
  let durations: [(upper: Double?, count: Int)]

  init(_ json: JSONValue) {
    self.json = json
    now = json["now"]?.doubleValue ?? 0
    workers = (json["workers"]?.arrayValue ?? []).map(Worker.init)
    durations = (json["totals"]?["durations"]?.arrayValue ?? []).map {
      ($0["le"]?.doubleValue, $0["count"]?.intValue ?? 0)
    }
  }

  func total(_ key: String) -> Int { json["totals"]?[key]?.intValue ?? 0 }
  func status(_ name: String) -> Int { json["totals"]?["statuses"]?[name]?.intValue ?? 0 }
  var started: Int { json["started"]?.intValue ?? 0 }

  /// A number of what Python does.
  func python(_ key: String) -> Int { json["totals"]?["python"]?[key]?.intValue ?? 0 }

  /// A share of the times of a kind since `past`, such as `call_times`; `-` when there were none.
  func pythonTime(_ kind: String, share: Double, since past: ServerView?) -> String {
    func buckets(_ view: ServerView?) -> [JSONValue] {
      view?.json["totals"]?["python"]?[kind]?["buckets"]?.arrayValue ?? []
    }
    let before = buckets(past)
    let now = buckets(self)
    let counts = now.indices.map { index in
      let old = before.indices.contains(index) ? before[index]["count"]?.intValue ?? 0 : 0
      return max(0, (now[index]["count"]?.intValue ?? 0) - old)
    }
    let bounds = now.compactMap { $0["le"]?.doubleValue }
    return Percentile.value(share: share, of: counts, below: bounds).map(Text.time) ?? "-"
  }

  /// What Python is at, and how long it and its threads were waited for.
  func pythonLines(since past: ServerView?) -> [String] {
    let threads = python("threads") + python("lost_threads")
    let place =
      threads > 0 ? "\(python("running")) of \(threads) threads busy" : "\(python("running")) running"
    func change(_ key: String) -> Int { python(key) - (past?.python(key) ?? 0) }
    return [
      "\(place), \(python("lock_waiters")) wait for the lock, \(python("queued")) queued, "
        + "\(change("refused") + change("expired")) refused, \(change("timed_out")) interrupted, "
        + "\(change("stuck")) stuck",
      "calls p99 \(pythonTime("call_times", share: 0.99, since: past))  "
        + "lock p99 \(pythonTime("lock_times", share: 0.99, since: past))  "
        + "queue p99 \(pythonTime("queue_times", share: 0.99, since: past))",
    ]
  }

  /// The time that a share of the requests since `past` did not take longer than, in seconds; `nil` when there were
  /// none.
  func duration(share: Double, since past: ServerView?) -> Double? {
    let before = past?.durations ?? []
    let counts = durations.indices.map { index in
      max(0, durations[index].count - (before.indices.contains(index) ? before[index].count : 0))
    }
    return Percentile.value(share: share, of: counts, below: durations.compactMap(\.upper))
  }

  // MARK: - Tables

  /// What `gale status` prints.
  var statusLines: [String] {
    let isSupervised = json["supervised"]?.boolValue ?? false
    let applications = (json["applications"]?.arrayValue ?? []).compactMap(\.stringValue)
    let addresses = (json["addresses"]?.arrayValue ?? []).compactMap(\.stringValue)
    var lines =
      [
        "Gale \(json["version"]?.stringValue ?? "") on CPython \(json["python"]?.stringValue ?? ""), "
          + "pid \(json["pid"]?.intValue ?? 0), up \(Text.age(now - Double(started)))",
        "serving  \(applications.joined(separator: ", ")) at \(addresses.joined(separator: ", "))",
        "requests \(total("requests")) (2xx \(status("2xx")), 3xx \(status("3xx")), 4xx \(status("4xx")), "
          + "5xx \(status("5xx")), aborted \(status("aborted"))), \(total("in_flight")) in flight, "
          + "\(total("connections")) connections",
        "traffic  \(Text.bytes(total("received"))) in, \(Text.bytes(total("sent"))) out",
        "times    \(percentiles(since: nil))",
      ] + zip(["python   ", "         "], pythonLines(since: nil)).map { $0 + $1 }
    if isSupervised {
      lines.append(
        "workers  \(workers.count) of \(json["places"]?.intValue ?? 0), "
          + "\(json["restarts"]?.intValue ?? 0) restarted after a death")
    }
    return lines + [""] + workerTable(since: nil)
  }

  func percentiles(since past: ServerView?) -> String {
    [("p50", 0.5), ("p90", 0.9), ("p99", 0.99)].map { name, share in
      "\(name) \(duration(share: share, since: past).map(Text.time) ?? "-")"
    }.joined(separator: "  ")
  }

  /// A line for each process; rates when there is something to compare with.
  func workerTable(since past: ServerView?) -> [String] {
    let seconds = past.map { max(0.001, now - $0.now) }
    var rows = [
      [
        "WORKER", "PID", "STATE", "UP", "REQUESTS", "REQ/S", "FLIGHT", "CONN", "BUSY", "QUEUE", "PYTHON",
        "CPU",
        "MEMORY", "LAG",
      ]
    ]
    for worker in workers {
      let before = past?.workers.first { $0.pid == worker.pid }
      var rate = "-"
      var cpu = Text.time(worker.cpu)
      var python = Text.time(worker.pythonSeconds)
      if let seconds, let before {
        rate = Text.rate(Double(worker.requests - before.requests) / seconds)
        cpu = "\(Int(((worker.cpu - before.cpu) / seconds * 100).rounded()))%"
        python = "\(Int(((worker.pythonSeconds - before.pythonSeconds) / seconds * 100).rounded()))%"
      }
      rows.append([
        String(worker.number), String(worker.pid), worker.state, Text.age(now - Double(worker.started)),
        String(worker.requests), rate, String(worker.inFlight), String(worker.connections),
        worker.busy, String(worker.queued), python, cpu, Text.bytes(worker.memory), Text.time(worker.lag),
      ])
    }
    return Text.table(rows)
  }
}

/// Numbers as people read them.
enum Text {
  /// `3 s`, `5 min`, `2.5 h`, `12 d`.
  static func age(_ seconds: Double) -> String {
    switch max(0, seconds) {
    case ..<120: "\(Int(max(0, seconds))) s"
    case ..<7200: "\(Int(seconds / 60)) min"
    case ..<172_800: "\(tenths(seconds / 3600)) h"
    default: "\(Int(seconds / 86400)) d"
    }
  }

  /// `850 us`, `1.2 ms`, `3.4 s`.
  static func time(_ seconds: Double) -> String {
    if seconds <= 0 { return "0" }
    if seconds < 0.001 { return "\(Int((seconds * 1e6).rounded())) us" }
    if seconds < 1 { return "\(tenths(seconds * 1000)) ms" }
    return "\(tenths(seconds)) s"
  }

  /// `512 B`, `1.5 KiB`, `42.0 MiB`.
  static func bytes(_ count: Int) -> String {
    guard count >= 1024 else { return "\(count) B" }
    var value = Double(count) / 1024
    for unit in ["KiB", "MiB", "GiB"] {
      if value < 1024 { return "\(tenths(value)) \(unit)" }
      value /= 1024
    }
    return "\(tenths(value)) TiB"
  }

  static func rate(_ value: Double) -> String {
    value < 100 ? tenths(max(0, value)) : String(Int(value.rounded()))
  }

  static func tenths(_ value: Double) -> String {
    let number = Int((value * 10).rounded())
    return "\(number / 10).\(number % 10)"
  }

  /// Columns side by side, texts to the left and numbers to the right.
  static func table(_ rows: [[String]]) -> [String] {
    guard let first = rows.first else { return [] }
    let widths = first.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      row.indices.map { column in
        let padding = String(repeating: " ", count: widths[column] - row[column].count)
        return first[column] == "STATE" ? row[column] + padding : padding + row[column]
      }.joined(separator: "  ")
    }
  }
}
