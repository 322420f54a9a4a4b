// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import CSystem
import GaleCore
import HeapModule

extension IOLoop {
  /// What the loop waits for, a line each: what to look at when something does not happen.
  package var waits: [String] {
    var lines = descriptors.enumerated().compactMap { number, entry -> String? in
      guard let handler = entry.handler, number != wakeup else { return nil }
      switch handler {
      case let stream as IOStream: return stream.waitDescription
      case is Acceptor: return "descriptor \(number): for connections"
      case is SignalWatcher: return nil
      default: return "descriptor \(number): for \(type(of: handler))"
      }
    }
    let alive = timers.unordered.filter { $0.handle.callback != nil }
    if let next = alive.min() {
      let due = Duration.nanoseconds(max(0, next.deadline - now))
      lines.append("\(alive.count) timers, the next of them due in \(due)")
    }
    if executorWorkCount > 0 { lines.append("\(executorWorkCount) pieces of work on other threads") }
    if let spawnedTasks, spawnedTasks.count > 0 { lines.append("\(spawnedTasks.count) spawned tasks") }
    if tasks.busyCount > 0 { lines.append("\(tasks.busyCount) requests") }
    return lines
  }
}

extension IOStream {
  /// What the stream waits for.
  fileprivate var waitDescription: String {
    var parts: [String] = []
    if let kind = pendingRead?.kind {
      switch kind {
      case .count(let count, let partial): parts.append("to read \(partial ? "up to " : "")\(count) bytes")
      case .until(let delimiter, _):
        parts.append("to read until \(String(decoding: delimiter, as: UTF8.self).debugDescription)")
      case .match: parts.append("to read until a match")
      case .untilClose: parts.append("to read until the peer closes")
      }
      parts.append("has \(readBuffer?.count ?? 0) bytes")
    }
    if unsentCount > 0 { parts.append("to send \(unsentCount) bytes") }
    if let consumer, parts.isEmpty { parts.append("for \(type(of: consumer))") }
    let what = parts.isEmpty ? "for its close" : parts.joined(separator: ", ")
    return "\(type(of: self)) \(descriptor)\(peerText): \(what)"
  }

  private var peerText: String {
    var raw = gale_address()
    // SAFETY: the address is filled in during the call.
    guard unsafe gale_peer_address(descriptor, &raw) >= 0, let address = SocketAddress(raw) else { return "" }
    return " to \(address)"
  }
}
