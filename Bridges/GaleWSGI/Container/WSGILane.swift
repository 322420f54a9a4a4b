// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
/// Where an application runs.
public struct WSGILane: Sendable, Hashable {
  enum Kind: Sendable, Hashable {
    case inline
    case threads(Int, Queue)
    case auto(Int, Queue, slowCall: Duration)
    case interpreters(Int, Queue)
  }

  struct Queue: Sendable, Hashable {
    var limit: Int
    var timeout: Duration?
  }

  let kind: Kind

  /// On the loop's thread, which does nothing else meanwhile: the least cost per request, for processes that serve
  /// nothing but this application.
  public static let inline = WSGILane(kind: .inline)

  /// On `count` threads, so that the loop stays quick while Python is busy.
  /// - Parameters:
  ///   - count: How many threads, at least one.
  ///   - queueLimit: How many requests may wait for a thread; more are answered 503, with `Retry-After`.
  ///   - queueTimeout: How long a request may wait for a thread; then it is answered 503. `nil` for as long as the
  ///     container's time limit allows.
  public static func threads(_ count: Int, queueLimit: Int = 1024, queueTimeout: Duration? = nil) -> WSGILane
  {
    WSGILane(kind: .threads(check(count), queue(queueLimit, queueTimeout)))
  }

  /// On the loop's thread until that is found to be too slow, then on `count` threads.
  ///
  /// The rule: once 5 of the last 100 calls held a loop for `slowCall` or longer, each in real time, all requests that
  /// come from then on go to the threads, for as long as the container lives. A call is one of the application, or what
  /// it takes to go on with an answer that comes in parts. The first calls count, too, so an application that takes
  /// long to warm up may be moved before it is warm: 5 slow calls are enough from the first on.
  ///
  /// `wsgi.multithread` is true from the start.
  /// - Parameters:
  ///   - count: How many threads, at least one.
  ///   - slowCall: What is a slow call.
  ///   - queueLimit: As for ``threads(_:queueLimit:queueTimeout:)``.
  ///   - queueTimeout: As for ``threads(_:queueLimit:queueTimeout:)``.
  public static func auto(
    threads count: Int = 4, slowCall: Duration = .milliseconds(10), queueLimit: Int = 1024,
    queueTimeout: Duration? = nil
  ) -> WSGILane {
    precondition(slowCall > .zero, "every call takes some time")
    return WSGILane(kind: .auto(check(count), queue(queueLimit, queueTimeout), slowCall: slowCall))
  }

  /// On `count` threads, each of which has an interpreter of its own with a lock of its own, so that one process uses as
  /// many cores for Python; needs CPython 3.12 or later.
  ///
  /// Each imports the application anew: what it keeps in memory is there as often, and shared by none, as with processes.
  /// So a container needs to know where the application is found, see
  /// ``WSGIContainer/init(importing:lane:multiprocess:requestTimeout:interruptGrace:underscores:)``.
  ///
  /// Extension modules have to say that they support this; CPython refuses to import others. Neither can applications fork,
  /// replace the process or handle signals there.
  ///
  /// `wsgi.multithread` is false; `wsgi.multiprocess` is true when there is more than one.
  /// - Parameters:
  ///   - count: How many, at least one.
  ///   - queueLimit: As for ``threads(_:queueLimit:queueTimeout:)``.
  ///   - queueTimeout: As for ``threads(_:queueLimit:queueTimeout:)``.
  public static func interpreters(
    _ count: Int, queueLimit: Int = 1024, queueTimeout: Duration? = nil
  ) -> WSGILane {
    WSGILane(kind: .interpreters(check(count), queue(queueLimit, queueTimeout)))
  }

  private static func check(_ count: Int) -> Int {
    precondition(count > 0, "a lane needs at least one thread")
    return count
  }

  private static func queue(_ limit: Int, _ timeout: Duration?) -> Queue {
    precondition(limit > 0, "a lane needs room for a request")
    return Queue(limit: limit, timeout: timeout.flatMap { $0 > .zero ? $0 : nil })
  }

  /// The threads and the queue before them; `nil` in the lane `inline`.
  var pool: (threads: Int, queue: Queue)? {
    switch kind {
    case .inline: nil
    case .threads(let count, let queue), .auto(let count, let queue, _), .interpreters(let count, let queue):
      (count, queue)
    }
  }

  /// Whether each thread has an interpreter of its own.
  var hasInterpreters: Bool {
    if case .interpreters = kind { true } else { false }
  }
}

#endif
