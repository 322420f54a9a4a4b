// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
public import GaleHTTP

extension PrometheusPage {
  /// What lanes have done, and how they stand.
  public mutating func add(_ lanes: WSGILaneStatistics) {
    func count(_ name: String, _ help: String, _ value: Int) {
      single("gale_python_\(name)", .counter, help, Double(value))
    }
    func gauge(_ name: String, _ help: String, _ value: Int) {
      single("gale_python_\(name)", .gauge, help, Double(value))
    }
    count("requests_total", "Requests that were given to WSGI applications.", lanes.requests)
    metric("gale_python_refused_total", .counter, "Requests that were answered 503 without the application.")
    sample("gale_python_refused_total", [("reason", "queue_full")], lanes.refused)
    sample("gale_python_refused_total", [("reason", "queue_timeout")], lanes.expired)
    count(
      "timeouts_total", "Requests whose time was over while the application had them.", lanes.timedOut)
    count("stuck_total", "Times that a thread did not come back when it was interrupted.", lanes.stuck)
    gauge("running", "Requests that applications are at.", lanes.running)
    gauge("threads", "Threads that serve; 0 in the lane inline.", lanes.threads)
    gauge("lost_threads", "Threads that do not come back from Python.", lanes.lostThreads)
    gauge("lock_waiters", "Threads that wait for the interpreter's lock to begin.", lanes.lockWaiters)
    gauge("queued", "Requests that wait for a thread.", lanes.queued)
    gauge("queue_limit", "Requests that may wait for a thread.", lanes.queueLimit)
    histogram("gale_python_queue_seconds", "Time that requests waited for a thread.", lanes.queueTimes)
    histogram(
      "gale_python_lock_wait_seconds", "Time that threads waited for the interpreter's lock to begin.",
      lanes.lockTimes)
    histogram("gale_python_call_seconds", "Time that applications took.", lanes.callTimes)
  }

  private mutating func histogram(_ name: String, _ help: String, _ times: WSGILaneStatistics.Times) {
    let bounds = WSGILaneStatistics.Times.bounds
    let buckets = times.counts.enumerated().map { index, count in
      (upperBound: index < bounds.count ? bounds[index] : nil, count: count)
    }
    histogram(name, help, buckets, sum: times.total)
  }
}

#endif
