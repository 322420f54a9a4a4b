// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

package import CSystem
import Glibc

/// Readiness from POSIX poll(2): for kernels and sandboxes without epoll, and the proof that the
/// loop depends on nothing but ``Poller``.
///
/// Edge registrations are emulated: an event that was reported is masked until it is rearmed.
/// - Complexity: O(registered descriptors) for each wait.
package final class PollPoller: Poller {
  private struct Registration {
    var generation: UInt32
    var events: IOEvents
    var masked: IOEvents = []
    var edge: Bool
  }

  private var registrations: [Int32: Registration] = [:]

  package init() {}

  package func add(_ descriptor: Int32, generation: UInt32, events: IOEvents, edge: Bool) throws(LoopError) {
    registrations[descriptor] = Registration(generation: generation, events: events, edge: edge)
  }

  package func modify(_ descriptor: Int32, generation: UInt32, events: IOEvents, edge: Bool) throws(LoopError)
  {
    registrations[descriptor] = Registration(generation: generation, events: events, edge: edge)
  }

  package func remove(_ descriptor: Int32) {
    registrations[descriptor] = nil
  }

  package func rearm(_ descriptor: Int32, events: IOEvents) {
    registrations[descriptor]?.masked.subtract(events)
  }

  package func wait(
    milliseconds: Int32, _ events: UnsafeMutablePointer<gale_event>, capacity: Int32
  ) -> Int {
    var entries = registrations.map { descriptor, registration in
      let wanted = registration.events.subtracting(registration.masked)
      return pollfd(
        fd: wanted.isEmpty ? ~descriptor : descriptor, events: Int16(truncatingIfNeeded: wanted.rawValue),
        revents: 0)
    }
    guard unsafe poll(&entries, nfds_t(entries.count), milliseconds) > 0 else { return 0 }
    var count = 0
    for entry in entries where entry.revents != 0 && count < Int(capacity) {
      guard var registration = registrations[entry.fd] else { continue }
      let ready = IOEvents(rawValue: UInt32(UInt16(bitPattern: entry.revents)))
      if registration.edge {
        // poll(2) reports a hang-up or an error whatever is asked for, and again and again: once it was
        // reported, the descriptor is left out until something is rearmed.
        registration.masked.formUnion(ready.isDisjoint(with: .error) ? ready : registration.events)
        registrations[entry.fd] = registration
      }
      unsafe events[count] = gale_event(
        events: ready.rawValue, descriptor: entry.fd, generation: registration.generation)
      count += 1
    }
    return count
  }

  package var descriptorForHost: Int32 { -1 }

  package func close() {
    registrations.removeAll()
  }
}
