// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

package import CSystem
import Glibc
import Synchronization

/// What a descriptor is ready for, or is to be watched for: Tornado's `IOLoop.READ`, `WRITE`, `ERROR`.
public struct IOEvents: OptionSet, Sendable, Hashable {
  /// The bits.
  public let rawValue: UInt32
  /// Creates it from its bits.
  public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// Bytes, or a connection, wait to be read.
  public static let read = IOEvents(rawValue: 0x001)
  /// The kernel takes bytes.
  public static let write = IOEvents(rawValue: 0x004)
  /// The descriptor failed or its peer hung up; always watched for.
  public static let error = IOEvents(rawValue: 0x018)
  /// The descriptor failed.
  package static let failed = IOEvents(rawValue: 0x008)
  /// The peer will send nothing more.
  package static let peerClosed = IOEvents(rawValue: 0x2000)
}

extension IOLoop {
  /// What a loop waits with.
  public enum Backend: String, CaseIterable, Sendable {
    /// Linux's epoll.
    case epoll
    /// POSIX poll(2): for sandboxes without epoll; each wait costs as much as there are descriptors.
    case poll
  }

  /// Chooses what loops of this process that are made from now on wait with, like Tornado's `IOLoop.configure`.
  /// - Parameter backend: `nil` for Gale's own choice: epoll, and poll(2) where epoll is forbidden.
  public static func configure(_ backend: Backend?) {
    chosenBackend.withLock { $0 = backend }
  }

  static func makePoller() throws(LoopError) -> any Poller {
    let backend = chosenBackend.withLock { $0 }
    if backend == .poll { return PollPoller() }
    do throws(LoopError) {
      return try EpollPoller()
    } catch {
      guard backend == nil, [ENOSYS, EPERM, EACCES].contains(error.systemError) else { throw error }
      return PollPoller()
    }
  }
}

private let chosenBackend = Mutex<IOLoop.Backend?>(nil)

/// Waits for descriptors to become ready: the one part of the loop that differs between systems.
///
/// A registration carries a generation, so that an event which was on its way for a closed
/// descriptor is not given to the next owner of the same number.
package protocol Poller: AnyObject {
  /// Starts to watch `descriptor`.
  /// - Parameter edge: Report each change once (a stream remembers what it was told) instead of
  ///   as long as it lasts (what `addHandler` promises).
  func add(_ descriptor: Int32, generation: UInt32, events: IOEvents, edge: Bool) throws(LoopError)

  func modify(_ descriptor: Int32, generation: UInt32, events: IOEvents, edge: Bool) throws(LoopError)

  func remove(_ descriptor: Int32)

  /// Says that `events` of an edge registration were used up, so that the next change is reported.
  /// The kernel's epoll knows by itself.
  func rearm(_ descriptor: Int32, events: IOEvents)

  /// Waits at most `milliseconds` (−1: for ever) and fills in what is ready.
  func wait(milliseconds: Int32, _ events: UnsafeMutablePointer<gale_event>, capacity: Int32) -> Int

  func close()

  /// A descriptor that is readable while something is ready, for a loop around this one; −1 when there is none.
  var descriptorForHost: Int32 { get }
}
