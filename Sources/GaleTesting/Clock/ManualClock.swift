// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

public import GaleLoop

/// A clock that goes on when a test says so, or when its loop has nothing else to do.
///
/// The loop's timers, time-outs of connections and the dates of answers go by it, so that a test of a time-out of minutes
/// takes milliseconds:
///
/// ```swift
/// @Test(.loop(clock: .manual())) func `sleeps long, ends at once`() async throws {
///   let start = IOLoop.current.time
///   try await IOLoop.current.sleep(for: .seconds(3600))
///   #expect(IOLoop.current.time - start == .seconds(3600))
/// }
/// ```
///
/// It belongs to its loop's thread. Other loops go by their own clocks.
public final class ManualClock: LoopClock {
  /// The loop that goes by it.
  public let loop: IOLoop
  /// How long nothing happens, by the system's clock, until this one jumps to the loop's next timer; `nil`: it never does.
  ///
  /// Bytes that are on their way between sockets of one machine take a little while, which must not pass for an idle
  /// loop. With streams in memory alone, `.zero` is right. Work in ``/GaleLoop/IOLoop/runInExecutor(_:_:)`` is waited
  /// for; what other processes and other threads do is not known here.
  public var autojump: Duration?
  /// How far the wall clock goes on each time it is looked at; for what looks at it twice.
  public var wallTick = Duration.zero
  /// How often it jumped by itself.
  public private(set) var jumpCount = 0

  package private(set) var nanoseconds: Int64
  private let start: Int64
  private let wallStart: Int
  private var wallOffset = Duration.zero

  /// The clock of the present loop, if that goes by one.
  public static var current: ManualClock? { IOLoop.currentIfPresent?.clock as? ManualClock }

  /// Has `loop` go by a new clock, which shows the system's time at first and stands still.
  /// - Parameters:
  ///   - loop: Goes by it from now on, for as long as it lives.
  ///   - autojump: See ``autojump``.
  @discardableResult
  public init(on loop: IOLoop = .current, autojump: Duration? = .milliseconds(2)) {
    self.loop = loop
    self.autojump = autojump
    nanoseconds = loop.time.nanoseconds
    start = nanoseconds
    wallStart = System.wallSeconds
    loop.clock = self
  }

  /// The time that it shows.
  public var time: LoopTime { loop.time }

  /// The wall clock in Unix seconds.
  ///
  /// It goes on with the clock, and can be set.
  public var wallTime: Int {
    get {
      let passed = Duration.nanoseconds(nanoseconds - start) + wallOffset
      return wallStart + Int(passed.inSeconds.rounded(.down))
    }
    set { wallOffset = .seconds(newValue - wallStart) - .nanoseconds(nanoseconds - start) }
  }

  /// Lets `duration` pass: what is due in it runs, in order and at its time, before this returns.
  ///
  /// The clock must not be turned back.
  public func advance(by duration: Duration) async {
    precondition(duration >= .zero, "a clock does not run backwards")
    loop.checkThread()
    let target = (loop.time + duration).nanoseconds
    await settle()
    while let next = loop.nextDeadline, next <= target {
      nanoseconds = max(nanoseconds, next)
      await settle()
    }
    nanoseconds = max(nanoseconds, target)
    await settle()
  }

  /// Lets what is due run, and what that starts at once, Python's callbacks too; what goes on for ever has an end here.
  private func settle() async {
    for _ in 0..<4 { await loop.moment() }
    for _ in 0..<1000 where loop.hasReadyWork { await loop.moment() }
  }

  // MARK: - For the loop

  package var wallSeconds: Int {
    defer { wallOffset += wallTick }
    return wallTime
  }

  package func realMilliseconds(until deadline: Int64?, isBusy: Bool) -> Int32 {
    guard let autojump, deadline != nil, !isBusy else { return -1 }
    return Int32(clamping: (autojump.clampedNanoseconds + 999_999) / 1_000_000)
  }

  package func waitedInVain(until deadline: Int64?) {
    guard autojump != nil, let deadline, deadline > nanoseconds else { return }
    nanoseconds = deadline
    jumpCount += 1
  }
}
