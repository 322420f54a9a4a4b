// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

public import GaleLoop
import Glibc

/// A stream whose peer is another stream of the same loop, and nothing of the kernel's is between them.
///
/// What one writes arrives at the other in turns of the loop, always in the same way: in the pieces, after the delays and
/// with the failures of a ``MemoryScript``. All of ``/GaleLoop/IOStream`` works on it.
///
/// ```swift
/// let (near, far) = try MemoryStream.pair(toSecond: .byteByByte)
/// try await near.write(Array("PING\n".utf8))
/// #expect(try await far.read(until: [10]) == Array("PING\n".utf8))
/// ```
public final class MemoryStream: IOStream {
  private let incoming: MemoryLink
  private let outgoing: MemoryLink
  private var isEventPlanned = false
  private var plannedEvents: IOEvents = []
  private var isReset = false

  /// Two streams, each the other's peer.
  /// - Parameters:
  ///   - toFirst: What becomes of bytes that the second one sends.
  ///   - toSecond: What becomes of bytes that the first one sends.
  ///   - loop: Where both live.
  /// - Throws: ``/GaleLoop/LoopError`` when the process has no descriptors left: each stream has one, on which nothing
  ///   ever happens.
  public static func pair(
    toFirst: MemoryScript = .whole, toSecond: MemoryScript = .whole, on loop: IOLoop = .current
  ) throws(LoopError) -> (first: MemoryStream, second: MemoryStream) {
    let (back, forth) = (MemoryLink(toFirst, on: loop), MemoryLink(toSecond, on: loop))
    let first = try MemoryStream(incoming: back, outgoing: forth, on: loop)
    return (first, try MemoryStream(incoming: forth, outgoing: back, on: loop))
  }

  private init(incoming: MemoryLink, outgoing: MemoryLink, on loop: IOLoop) throws(LoopError) {
    self.incoming = incoming
    self.outgoing = outgoing
    super.init(descriptor: try System.inertDescriptor(), on: loop)
    incoming.reader = self
    outgoing.sender = self
  }

  // MARK: - The transport

  /// Reads what has arrived.
  public override func readFromDescriptor(_ bytes: UnsafeMutableRawBufferPointer) -> Int {
    if isReset { return -Int(ECONNRESET) }
    return unsafe incoming.receive(bytes)
  }

  /// Sends to the peer.
  public override func writeToDescriptor(_ bytes: UnsafeRawBufferPointer) -> Int {
    if isReset { return -Int(ECONNRESET) }
    return unsafe outgoing.send(bytes)
  }

  /// Reads a part of the file and sends it to the peer.
  public override func sendFile(_ file: Int32, offset: Int64, count: Int) -> Int {
    var bytes = [UInt8](repeating: 0, count: min(count, 65536))
    let read = unsafe bytes.withUnsafeMutableBytes { unsafe System.read(file, at: offset, into: $0) }
    guard read > 0 else { return read }
    return unsafe bytes.prefix(read).withUnsafeBytes { unsafe writeToDescriptor($0) }
  }

  /// After each piece the peer's next one is told of.
  public override func mayHaveMore(afterReading count: Int, into room: Int) -> Bool { false }

  /// Nothing waits at the descriptor.
  public override func descriptorError() -> Int32 { isReset ? ECONNRESET : 0 }

  /// Has the peer see the end.
  public override func shutdownWriting() { outgoing.closeSending() }

  /// Has the peer see the end, or a reset.
  public override func closeDescriptor(_ descriptor: Int32, isReset: Bool) {
    if isReset { outgoing.resetBySender() } else { outgoing.closeSending() }
    incoming.closeReading()
    System.close(descriptor)
  }

  // MARK: - Events

  func becomeReadable() { plan(.read) }

  func becomeWritable() { plan(.write) }

  func peerReset() {
    isReset = true
    plan([.read, .write, .error, .failed])
  }

  /// Tells of events in the loop's next turn, as the kernel would.
  private func plan(_ events: IOEvents) {
    plannedEvents.formUnion(events)
    guard !isEventPlanned else { return }
    isEventPlanned = true
    loop.addLocalCallback { [self] in
      isEventPlanned = false
      let events = plannedEvents
      plannedEvents = []
      if !isClosed { descriptorReady(descriptor, events) }
    }
  }
}
