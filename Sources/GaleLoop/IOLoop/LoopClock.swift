// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// Tells a loop the time in place of the system, on the loop's thread: for tests that must not wait.
package protocol LoopClock: AnyObject {
  /// The monotonic time; never less than the last one, and at first not less than the system's.
  var nanoseconds: Int64 { get }
  /// The wall clock in Unix seconds.
  var wallSeconds: Int { get }
  /// How long the loop, which has nothing to do until `deadline`, shall wait for descriptors and other threads.
  /// - Parameters:
  ///   - deadline: When the next timer is due; `nil` when there is none.
  ///   - isBusy: Whether other threads work for tasks of the loop.
  /// - Returns: Milliseconds of the system's time; −1 to wait until something comes.
  func realMilliseconds(until deadline: Int64?, isBusy: Bool) -> Int32
  /// That time has passed, and nothing came.
  func waitedInVain(until deadline: Int64?)
}
