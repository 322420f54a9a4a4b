// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
/// What a container's lane has done so far, and how it stands now: ``WSGIContainer/statistics``.
///
/// Counts grow for as long as the container lives; they are this process's, not those of other workers.
public struct WSGILaneStatistics: Sendable, Hashable {
  /// How long something took, each time it was done: a histogram.
  public struct Times: Sendable, Hashable {
    /// The upper bounds of ``counts``, but for the last of these, which has none.
    public static let bounds: [Duration] = [
      .microseconds(100), .milliseconds(1), .milliseconds(5), .milliseconds(10), .milliseconds(50),
      .milliseconds(250), .seconds(1), .seconds(5), .seconds(30),
    ]
    private static let boundNanoseconds: [Int64] = bounds.map { Int64($0 / .nanoseconds(1)) }

    /// How many times it took up to each of the ``bounds`` and longer than the one before.
    public internal(set) var counts = [Int](repeating: 0, count: bounds.count + 1)
    private var nanoseconds: Int64 = 0
    var longestNanoseconds: Int64 = 0

    init() {}

    init(counts: [Int], nanoseconds: Int64) {
      self.counts = counts
      self.nanoseconds = nanoseconds
    }

    /// How many times it was done.
    public var count: Int { counts.reduce(0, +) }
    /// All times together.
    public var total: Duration { .nanoseconds(nanoseconds) }
    /// The longest.
    public var longest: Duration { .nanoseconds(longestNanoseconds) }

    static func bucket(of time: Int64) -> Int {
      var index = 0
      while index < boundNanoseconds.count, time > boundNanoseconds[index] { index += 1 }
      return index
    }
  }

  /// Whether requests go to threads now: in the lane `threads`, and in `auto` once that has moved.
  public internal(set) var isThreaded = false
  /// How many threads serve now; 0 in the lane `inline`.
  public internal(set) var threads = 0
  /// How many of them wait for a request.
  public internal(set) var idleThreads = 0
  /// How many threads do not come back from Python now, beside those that serve.
  public internal(set) var lostThreads = 0
  /// How many requests the application is at now; on threads, one for each that does not come back, too.
  public internal(set) var running = 0
  /// How many threads wait for Python's lock now, to begin with a request.
  public internal(set) var lockWaiters = 0
  /// How many requests wait for a thread now.
  public internal(set) var queued = 0
  /// How many may.
  public internal(set) var queueLimit = 0

  /// Requests that were given to the application.
  public internal(set) var requests = 0
  /// Requests that were answered 503 because too many waited.
  public internal(set) var refused = 0
  /// Requests that were answered 503 because they waited for a thread too long.
  public internal(set) var expired = 0
  /// Requests whose time was over while the application had them.
  public internal(set) var timedOut = 0
  /// Times that a thread did not come back within the time that it had for that.
  public internal(set) var stuck = 0

  /// How long requests waited for a thread; nothing in the lane `inline`.
  public internal(set) var queueTimes = Times()
  /// How long threads waited for Python's lock when they began to work; a thread that has it goes on without waiting.
  public internal(set) var lockTimes = Times()
  /// How long the application took.
  ///
  /// In the lane `inline` the loop was held so long, and each part of an answer that
  /// comes in parts counts for itself.
  public internal(set) var callTimes = Times()
}

#endif
