// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

package import CSystem

/// Readiness from Linux's epoll.
package final class EpollPoller: Poller {
  private let descriptor: Int32

  package init() throws(LoopError) {
    descriptor = try LoopError.check(gale_epoll_create(), "epoll_create1")
  }

  package func add(_ descriptor: Int32, generation: UInt32, events: IOEvents, edge: Bool) throws(LoopError) {
    let result = gale_epoll_add(self.descriptor, descriptor, generation, events.rawValue, edge ? 1 : 0)
    _ = try LoopError.check(result, "epoll_ctl")
  }

  package func modify(_ descriptor: Int32, generation: UInt32, events: IOEvents, edge: Bool) throws(LoopError)
  {
    let result = gale_epoll_modify(self.descriptor, descriptor, generation, events.rawValue, edge ? 1 : 0)
    _ = try LoopError.check(result, "epoll_ctl")
  }

  package func remove(_ descriptor: Int32) {
    _ = gale_epoll_remove(self.descriptor, descriptor)
  }

  package func rearm(_ descriptor: Int32, events: IOEvents) {}

  package func wait(
    milliseconds: Int32, _ events: UnsafeMutablePointer<gale_event>, capacity: Int32
  ) -> Int {
    let count = unsafe gale_epoll_wait(descriptor, events, capacity, milliseconds)
    precondition(count >= 0, "epoll_wait failed with errno \(-count)")
    return Int(count)
  }

  package var descriptorForHost: Int32 { descriptor }

  package func close() {
    _ = gale_close(descriptor)
  }
}
