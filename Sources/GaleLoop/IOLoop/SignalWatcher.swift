// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import CSystem

/// Brings the process's signals to one loop, as asyncio and libuv do: a handler writes the number into a
/// pipe, and the loop reads it.
///
/// No mask has to hold in threads that others start.
final class SignalWatcher: DescriptorHandler {
  private var reader: Int32 = -1
  private var writer: Int32 = -1
  private var callbacks: [Int32: () -> Void] = [:]

  init(_ loop: IOLoop) throws(LoopError) {
    _ = try unsafe LoopError.check(gale_pipe(&reader, &writer), "pipe2")
    try loop.register(reader, self, events: .read, edge: false)
  }

  func add(_ signal: Int32, _ callback: @escaping () -> Void) throws(LoopError) {
    _ = try LoopError.check(gale_signal_to_pipe(signal, writer), "sigaction")
    callbacks[signal] = callback
  }

  func remove(_ signal: Int32) {
    guard callbacks.removeValue(forKey: signal) != nil else { return }
    _ = gale_signal_default(signal)
  }

  func descriptorReady(_ descriptor: Int32, _ events: IOEvents) {
    var numbers = [UInt8](repeating: 0, count: 64)
    // SAFETY: the array lends its 64 bytes for the call.
    let count = unsafe numbers.withUnsafeMutableBytes {
      unsafe gale_read(descriptor, $0.baseAddress, $0.count)
    }
    for number in numbers.prefix(max(0, count)) { callbacks[Int32(number)]?() }
  }

  func close(_ loop: IOLoop) {
    for signal in callbacks.keys { _ = gale_signal_default(signal) }
    callbacks.removeAll()
    loop.unregister(reader)
    _ = gale_close(reader)
    _ = gale_close(writer)
  }
}

extension IOLoop {
  /// Calls `callback` on this loop when the process receives `signal`.
  ///
  /// One loop of a process can do so: the last one that asked. The signal's former disposition is lost.
  /// - Throws: ``LoopError`` with `.system` for a signal that cannot be caught.
  public func addSignalHandler(_ signal: Int32, _ callback: @escaping () -> Void) throws(LoopError) {
    checkThread()
    let watcher: SignalWatcher
    if let signals {
      watcher = signals
    } else {
      watcher = try SignalWatcher(self)
      signals = watcher
    }
    try watcher.add(signal, LoopContext.capture(callback))
  }

  /// Gives `signal` back to the system's default.
  public func removeSignalHandler(_ signal: Int32) {
    checkThread()
    signals?.remove(signal)
  }
}
