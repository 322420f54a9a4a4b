// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import CSystem

/// Takes events of one descriptor, on the loop's thread.
package protocol DescriptorHandler: AnyObject {
  func descriptorReady(_ descriptor: Int32, _ events: IOEvents)
}

/// A slot of the table that is indexed by descriptor.
struct DescriptorEntry {
  var handler: (any DescriptorHandler)?
  var generation: UInt32 = 0
}

private final class ClosureHandler: DescriptorHandler {
  let body: (Int32, IOEvents) -> Void
  init(_ body: @escaping (Int32, IOEvents) -> Void) { self.body = body }
  func descriptorReady(_ descriptor: Int32, _ events: IOEvents) { body(descriptor, events) }
}

extension IOLoop {
  /// Calls `handler` whenever `descriptor` is ready, like Tornado's `IOLoop.add_handler`.
  ///
  /// Level-triggered: it is called again in each turn for as long as the descriptor stays ready.
  /// The caller keeps the descriptor and removes the handler before closing it.
  /// - Throws: ``LoopError`` with `.descriptorAddedTwice`, or `.system` for what cannot be watched.
  public func addHandler(
    _ descriptor: Int32, events: IOEvents,
    _ handler: @escaping (_ descriptor: Int32, _ events: IOEvents) -> Void
  ) throws(LoopError) {
    try register(
      descriptor, ClosureHandler(LoopContext.capture(handler)), events: events.union(.error), edge: false)
  }

  /// Changes what `descriptor` is watched for, like Tornado's `IOLoop.update_handler`.
  /// - Throws: ``LoopError`` with `.descriptorUnknown` when it has no handler.
  public func updateHandler(_ descriptor: Int32, events: IOEvents) throws(LoopError) {
    try modify(descriptor, events: events.union(.error), edge: false)
  }

  /// Stops watching `descriptor`, like Tornado's `IOLoop.remove_handler`.
  ///
  /// Unknown ones are ignored.
  public func removeHandler(_ descriptor: Int32) {
    checkThread()
    unregister(descriptor)
  }

  package func register(
    _ descriptor: Int32, _ handler: any DescriptorHandler, events: IOEvents, edge: Bool
  ) throws(LoopError) {
    guard descriptor >= 0 else { throw LoopError(.invalidArgument, "descriptor \(descriptor) is negative") }
    let index = Int(descriptor)
    while descriptors.count <= index { descriptors.append(DescriptorEntry()) }
    guard descriptors[index].handler == nil else {
      throw LoopError(.descriptorAddedTwice, "descriptor \(descriptor) added twice")
    }
    let generation = descriptors[index].generation &+ 1
    try poller.add(descriptor, generation: generation, events: events, edge: edge)
    descriptors[index] = DescriptorEntry(handler: handler, generation: generation)
    noteWork()  // The handler may wait by the wheel, too.
  }

  package func modify(_ descriptor: Int32, events: IOEvents, edge: Bool) throws(LoopError) {
    checkThread()
    guard descriptors.indices.contains(Int(descriptor)), descriptors[Int(descriptor)].handler != nil else {
      throw LoopError(.descriptorUnknown, "descriptor \(descriptor) has no handler")
    }
    let generation = descriptors[Int(descriptor)].generation
    try poller.modify(descriptor, generation: generation, events: events, edge: edge)
  }

  /// Gives the descriptor another handler without a call to the kernel.
  package func replaceHandler(_ descriptor: Int32, _ handler: any DescriptorHandler) {
    descriptors[Int(descriptor)].handler = handler
  }

  package func unregister(_ descriptor: Int32) {
    guard descriptors.indices.contains(Int(descriptor)), descriptors[Int(descriptor)].handler != nil else {
      return
    }
    poller.remove(descriptor)
    descriptors[Int(descriptor)].handler = nil
  }

  /// Forgets a descriptor that is closed right after: closing takes it out of epoll by itself.
  package func forget(_ descriptor: Int32) {
    guard !(poller is EpollPoller) else {
      descriptors[Int(descriptor)].handler = nil
      return
    }
    unregister(descriptor)
  }

  @inline(__always)
  func dispatch(_ event: gale_event) {
    let index = Int(event.descriptor)
    guard index < descriptors.count else { return }
    let entry = descriptors[index]
    guard entry.generation == event.generation, let handler = entry.handler else { return }
    handler.descriptorReady(event.descriptor, IOEvents(rawValue: event.events))
  }
}
