// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleLoop
import Synchronization

/// Sends numbers in StatsD's form: those of a second, or as many as a datagram takes, together.
///
/// A datagram is a list of lines `NAME:VALUE|KIND`, with DogStatsD's `|#TAG,TAG` behind it when there are tags. What the
/// network or the receiver loses is lost, and nobody waits for either. Belongs to its loop's thread.
final class StatsDClient: Sendable {
  /// What passes through networks in one piece, with the headers of IPv6 and UDP.
  private static let datagramSize = 1432
  private static let pause = Duration.seconds(1)

  private let socket: DatagramSocket
  private let prefix: [UInt8]
  private let tags: [UInt8]
  private let loop: IOLoop
  private let waiting = Mutex(Waiting())

  private struct Waiting {
    var lines: [UInt8] = []
    /// Whether they will be sent without a word.
    var isDue = false
  }

  /// - Throws: ``LoopError`` when the name does not resolve, or there is no way to the address. Blocks while it asks the
  ///   network for the name.
  init(_ settings: StatsDSettings, on loop: IOLoop) throws(LoopError) {
    socket = try DatagramSocket(to: settings.address.resolved())
    prefix = Array((settings.prefix.isEmpty ? "" : settings.prefix + ".").utf8)
    tags = Array((settings.tags.isEmpty ? "" : "|#" + settings.tags.joined(separator: ",")).utf8)
    self.loop = loop
  }

  /// Something happened once.
  func count(_ name: String) { add(name, "1", "|c") }

  /// Something took so long.
  func time(_ name: String, _ duration: Duration) {
    let microseconds = max(0, duration.clampedNanoseconds / 1000)
    let fraction = String(microseconds % 1000 + 1000).dropFirst()
    add(name, "\(microseconds / 1000).\(fraction)", "|ms")
  }

  /// So many there are.
  func gauge(_ name: String, _ value: Int) { add(name, String(value), "|g") }

  /// Sends what waits.
  func flush() { waiting.withLock { flush(&$0) } }

  private func flush(_ waiting: inout Waiting) {
    guard !waiting.lines.isEmpty else { return }
    socket.send(waiting.lines.span)
    waiting.lines.removeAll(keepingCapacity: true)
  }

  private func add(_ name: String, _ value: String, _ kind: String) {
    let isFirst = waiting.withLock { waiting in
      let size = prefix.count + name.utf8.count + 1 + value.utf8.count + kind.utf8.count + tags.count
      if waiting.lines.count + 1 + size > Self.datagramSize { flush(&waiting) }
      if !waiting.lines.isEmpty { waiting.lines.append(0x0A) }
      waiting.lines += prefix
      waiting.lines += name.utf8
      waiting.lines.append(0x3A)
      waiting.lines += value.utf8
      waiting.lines += kind.utf8
      waiting.lines += tags
      defer { waiting.isDue = true }
      return !waiting.isDue
    }
    if isFirst { flushLater() }
  }

  private func flushLater() {
    loop.callLater(Self.pause) { [weak self] in
      self?.waiting.withLock { waiting in
        waiting.isDue = false
        self?.flush(&waiting)
      }
    }
  }
}
