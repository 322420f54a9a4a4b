// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleLoop
import Glibc

/// One direction between two memory streams.
///
/// A byte is on its way, then here; both count for the capacity. It arrives in a turn of the loop of its own piece, so the
/// reader sees the pieces that the script says, and no others.
final class MemoryLink {
  private let loop: IOLoop
  private let script: MemoryScript
  private var nextStep = 0
  /// Sent, but not arrived.
  private var onTheWay: [UInt8] = []
  /// Pieces that have arrived.
  private var arrived: [[UInt8]] = []
  private var arrivedCount = 0
  private var isTransferPlanned = false
  /// The sender will send nothing more.
  private var isClosedBySender = false
  /// Nobody reads any more.
  private(set) var isClosedByReader = false
  /// What a read returns once everything before it was read: 0 for the end, −errno.
  private var ending: Int?
  /// Bytes are taken, and lost.
  private var losesBytes = false

  weak var sender: MemoryStream?
  weak var reader: MemoryStream?

  init(_ script: MemoryScript, on loop: IOLoop) {
    self.script = script
    self.loop = loop
  }

  private var free: Int { max(0, script.capacity - onTheWay.count - arrivedCount) }

  // MARK: - The sender

  /// Takes bytes.
  /// - Returns: The count, or −errno.
  func send(_ bytes: UnsafeRawBufferPointer) -> Int {
    if isClosedByReader { return -Int(EPIPE) }
    if losesBytes { return bytes.count }
    guard free > 0 else { return -Int(EAGAIN) }
    let count = min(free, bytes.count)
    unsafe onTheWay.append(contentsOf: bytes.prefix(count))
    planTransfer(after: .zero)
    return count
  }

  func closeSending() {
    isClosedBySender = true
    planTransfer(after: .zero)
  }

  /// Drops what is on its way.
  func resetBySender() {
    onTheWay = []
    end(with: -Int(ECONNRESET))
  }

  // MARK: - On the way

  private func planTransfer(after delay: Duration) {
    guard !isTransferPlanned, ending == nil else { return }
    isTransferPlanned = true
    let transfer = { [self] in
      isTransferPlanned = false
      self.transfer()
    }
    if delay > .zero { loop.callLater(delay, transfer) } else { loop.addLocalCallback(transfer) }
  }

  /// Does the next step.
  private func transfer() {
    guard ending == nil else { return }
    guard nextStep < script.steps.count else { return transferFreely() }
    let step = script.steps[nextStep]
    // What goes wrong does so when something more would arrive, or when the sender closes.
    switch step {
    case .piece(let count):
      guard !onTheWay.isEmpty else { return endIfClosed() }
      nextStep += 1
      arrive(count)
      planTransfer(after: .zero)
    case .delay(let delay):
      guard !onTheWay.isEmpty || isClosedBySender else { return }
      nextStep += 1
      planTransfer(after: delay)
    case .end:
      nextStep += 1
      losesBytes = true
      onTheWay = []
      end(with: 0)
    case .reset:
      nextStep += 1
      onTheWay = []
      end(with: -Int(ECONNRESET))
      sender?.peerReset()
    case .error(let number):
      nextStep += 1
      end(with: -Int(number))
    }
  }

  private func transferFreely() {
    guard !onTheWay.isEmpty else { return endIfClosed() }
    arrive(script.pieceSize)
    planTransfer(after: .zero)
  }

  private func endIfClosed() {
    if isClosedBySender { end(with: 0) }
  }

  private func arrive(_ count: Int) {
    let piece = Array(onTheWay.prefix(count))
    onTheWay.removeFirst(piece.count)
    arrived.append(piece)
    arrivedCount += piece.count
    reader?.becomeReadable()
  }

  private func end(with result: Int) {
    guard ending == nil else { return }
    ending = result
    reader?.becomeReadable()
  }

  // MARK: - The reader

  /// Hands out what is here of one piece.
  /// - Returns: The count; 0 at the end; −errno.
  func receive(_ bytes: UnsafeMutableRawBufferPointer) -> Int {
    guard let piece = arrived.first else { return ending ?? -Int(EAGAIN) }
    let count = min(piece.count, bytes.count)
    unsafe bytes.copyBytes(from: piece[..<count])
    if count < piece.count { arrived[0].removeFirst(count) } else { arrived.removeFirst() }
    let wasFull = free == 0
    arrivedCount -= count
    if wasFull { sender?.becomeWritable() }
    if hasMore { reader?.becomeReadable() }
    return count
  }

  private var hasMore: Bool { !arrived.isEmpty || ending != nil }

  func closeReading() {
    isClosedByReader = true
    onTheWay = []
    arrived = []
    arrivedCount = 0
    sender?.becomeWritable()
  }
}
