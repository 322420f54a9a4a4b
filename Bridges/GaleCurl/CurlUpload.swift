// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Curl

import GaleCore
import GaleLoop

/// The body of a request on its way to libcurl: bytes that are there, or what a producer writes.
final class CurlUpload {
  /// What there is for libcurl now.
  enum Portion {
    case bytes(Int)
    case later
    case end
    case failed
  }

  private var bytes: [UInt8]
  private var position = 0
  private var isWhole: Bool
  /// Whether all of it is kept.
  private let isKept: Bool
  private var hasTransferEnded = false
  private var room: Completion<Void>?
  /// Whether nothing of it was taken yet.
  private var isUntouched = true
  /// What the producer failed with.
  private(set) var failure: (any Error)?

  /// More than this many bytes that libcurl has not taken keep the producer waiting.
  private static let highWater = 256 * 1024

  /// A body that is there.
  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    isWhole = true
    isKept = true
  }

  /// A body that is being written.
  init() {
    bytes = []
    isWhole = false
    isKept = false
  }

  // MARK: - For the producer

  /// Takes more; waits while libcurl is behind.
  /// - Returns: Whether anybody still wants it: the server may have answered before it had everything.
  func write(_ more: [UInt8], of transfer: CurlTransfer) async throws -> Bool {
    if position == bytes.count {
      bytes.removeAll(keepingCapacity: true)
      position = 0
    }
    guard !hasTransferEnded else { return false }
    bytes += more
    transfer.uploadHasNews()
    while bytes.count - position > CurlUpload.highWater, !hasTransferEnded {
      let room = Completion<Void>(on: transfer.loop)
      self.room = room
      try await room.value()
    }
    return !hasTransferEnded
  }

  /// There is no more.
  func end(of transfer: CurlTransfer) {
    isWhole = true
    transfer.uploadHasNews()
  }

  /// There will be no more, though it is not whole.
  func fail(_ error: any Error, of transfer: CurlTransfer) {
    failure = error
    transfer.uploadHasNews()
  }

  // MARK: - For the transfer

  /// Whether libcurl has taken the last byte.
  var isAllTaken: Bool { isWhole && position == bytes.count }

  /// Fills in what comes next.
  func give(_ space: UnsafeMutableRawBufferPointer) -> Portion {
    guard failure == nil else { return .failed }
    let count = min(space.count, bytes.count - position)
    guard count > 0 else { return isWhole ? .end : .later }
    unsafe bytes.withUnsafeBytes { bytes in
      unsafe space.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[position..<position + count]))
    }
    position += count
    isUntouched = false
    if bytes.count - position <= CurlUpload.highWater { tell() }
    return .bytes(count)
  }

  /// Begins again, when a server wants credentials first.
  /// - Returns: Whether it can: what a producer wrote is gone.
  func rewind(to offset: Int) -> Bool {
    guard isKept || offset == 0 && isUntouched, offset <= bytes.count else { return false }
    position = offset
    return true
  }

  /// Nothing more is wanted.
  func transferHasEnded() {
    hasTransferEnded = true
    tell()
  }

  private func tell() {
    room?.finish(.success(()))
    room = nil
  }
}

#endif
