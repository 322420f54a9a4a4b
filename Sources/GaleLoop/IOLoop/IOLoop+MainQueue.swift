// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import CSystem
import Dispatch  // So that it is linked.

extension IOLoop {
  /// Serves libdispatch's main queue, and with it Swift's main actor, on this loop from now on.
  ///
  /// Functions of the main actor that are awaited, and blocks for `DispatchQueue.main`, then run between the loop's own
  /// callbacks, on its thread: nothing hops, and what they share with handlers needs no lock. The queue's turns are
  /// bounded; blocks that add themselves again and again hold up nobody.
  ///
  /// One loop of a process can do so, in place of `dispatchMain()` or Foundation's `RunLoop.main`, and its thread is the
  /// one that the process began with. Serving twice is harmless.
  /// - Throws: ``LoopError`` with `.invalidArgument` on any other thread.
  public func serveMainQueue() throws(LoopError) {
    checkThread()
    guard gale_is_first_thread() != 0 else {
      throw LoopError(.invalidArgument, "the main queue belongs to the process's first thread")
    }
    let descriptor = gale_main_queue_descriptor()
    let index = Int(descriptor)
    if descriptors.indices.contains(index), descriptors[index].handler is MainQueueHandler { return }
    try register(descriptor, MainQueueHandler(), events: .read, edge: false)
  }

  /// Leaves the main queue to somebody else.
  public func stopServingMainQueue() {
    checkThread()
    for (descriptor, entry) in descriptors.enumerated() where entry.handler is MainQueueHandler {
      unregister(Int32(descriptor))
    }
  }
}

/// Runs what waits in the main queue.
final class MainQueueHandler: DescriptorHandler {
  func descriptorReady(_ descriptor: Int32, _ events: IOEvents) {
    // The counter first: what comes while the queue is served sets it again, and so does the queue for what it leaves.
    gale_eventfd_clear(descriptor)
    gale_main_queue_drain()
  }
}
