// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleHTTP
import GaleLoop

/// Where lanes' numbers stand on a ``/GaleLoop/ScorePage``: those of all containers of a process together.
enum LaneLayout {
  /// A histogram: counts of its buckets, then the sum in nanoseconds.
  struct Times {
    let first: Int
    static let size = WSGILaneStatistics.Times.bounds.count + 2
    var sum: Int { first + Times.size - 1 }

    func add(_ nanoseconds: Int64, to page: ScorePage) {
      page.count(1, at: first + WSGILaneStatistics.Times.bucket(of: nanoseconds))
      page.count(UInt64(max(0, nanoseconds)), at: sum)
    }
  }

  private static let counters = StatisticsLayout.gatewayCounters.lowerBound
  static let requests = counters
  static let refused = counters + 1
  static let expired = counters + 2
  static let timedOut = counters + 3
  static let stuck = counters + 4
  static let queueTimes = Times(first: counters + 8)
  static let lockTimes = Times(first: queueTimes.first + Times.size)
  static let callTimes = Times(first: lockTimes.first + Times.size)

  private static let gauges = StatisticsLayout.gatewayGauges.lowerBound
  static let threads = gauges
  static let lostThreads = gauges + 1
  static let running = gauges + 2
  static let lockWaiters = gauges + 3
  static let queued = gauges + 4
  static let queueLimit = gauges + 5
}

extension WSGILaneStatistics {
  /// What the lanes of one or more processes have counted on their pages.
  package init(pages values: [UInt64]) {
    self.init()
    func number(_ index: Int) -> Int { values.indices.contains(index) ? Int(clamping: values[index]) : 0 }
    func times(_ layout: LaneLayout.Times) -> Times {
      Times(
        counts: (0..<Times.bounds.count + 1).map { number(layout.first + $0) },
        nanoseconds: Int64(number(layout.sum)))
    }
    requests = number(LaneLayout.requests)
    refused = number(LaneLayout.refused)
    expired = number(LaneLayout.expired)
    timedOut = number(LaneLayout.timedOut)
    stuck = number(LaneLayout.stuck)
    queueTimes = times(LaneLayout.queueTimes)
    lockTimes = times(LaneLayout.lockTimes)
    callTimes = times(LaneLayout.callTimes)
    threads = number(LaneLayout.threads)
    isThreaded = threads > 0
    lostThreads = number(LaneLayout.lostThreads)
    running = number(LaneLayout.running)
    idleThreads = max(0, threads + lostThreads - running)
    lockWaiters = number(LaneLayout.lockWaiters)
    queued = number(LaneLayout.queued)
    queueLimit = number(LaneLayout.queueLimit)
  }
}

#endif
