// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Curl

import GaleCore
import GaleHTTP
import GaleLoop
import Glibc

/// The body of a request on its way to libcurl: bytes that are there, a file, or what a producer writes.
final class CurlUpload {
  /// What there is for libcurl now.
  enum Portion {
    case bytes(Int)
    case later
    case end
    case failed
  }

  private enum Source {
    case bytes([UInt8])
    case file(HTTPClientFile)
    /// What was written and not yet taken, and whether that was all.
    case producer([UInt8], isWhole: Bool)
  }

  private let loop: IOLoop
  private let length: Int?
  private var source: Source
  private var position = 0
  private var writtenCount = 0
  private var hasTransferEnded = false
  private var room: Completion<Void>?
  /// What went wrong with it.
  private(set) var failure: (any Error)?

  /// More than this many bytes that libcurl has not taken keep the producer waiting.
  private static let highWater = 64 * 1024

  init(_ bytes: [UInt8], on loop: IOLoop) {
    (source, length, self.loop) = (.bytes(bytes), bytes.count, loop)
  }

  init(_ file: HTTPClientFile, on loop: IOLoop) {
    (source, length, self.loop) = (.file(file), file.length, loop)
  }

  /// A body that is being written.
  /// - Parameter length: How long it will be, if that is known.
  init(length: Int?, on loop: IOLoop) {
    (source, self.length, self.loop) = (.producer([], isWhole: false), length, loop)
  }

  // MARK: - For the producer

  /// Takes more; returns when libcurl has taken nearly all of it.
  /// - Throws: `HTTPClientError` when nobody wants it any more, or when it is too much.
  func write(_ more: [UInt8], of transfer: CurlTransfer) async throws {
    guard case .producer(var waiting, _) = source, !hasTransferEnded else { throw CurlUpload.unwanted }
    writtenCount += more.count
    if let length, writtenCount > length { throw CurlUpload.wrongLength(writtenCount, of: length) }
    // The array is this function's alone while it grows.
    source = .producer([], isWhole: false)
    if position == waiting.count { (waiting, position) = ([], 0) }
    waiting += more
    source = .producer(waiting, isWhole: false)
    waiting = []
    transfer.sendOn()
    while waitingCount > CurlUpload.highWater, !hasTransferEnded {
      let room = Completion<Void>(on: loop)
      self.room = room
      try await room.value()
    }
    guard !hasTransferEnded else { throw CurlUpload.unwanted }
  }

  /// There is no more.
  /// - Throws: `HTTPClientError` when more was promised.
  func end(of transfer: CurlTransfer) throws {
    guard case .producer(let waiting, _) = source else { return }
    if let length, writtenCount < length { throw CurlUpload.wrongLength(writtenCount, of: length) }
    source = .producer(waiting, isWhole: true)
    transfer.sendOn()
  }

  private static let unwanted = HTTPClientError(
    .connectionClosed, "The request has ended before all of its body was sent")

  private static func wrongLength(_ count: Int, of length: Int) -> HTTPClientError {
    HTTPClientError(.wrongBodyLength, "The body has \(count) bytes, and \(length) were promised")
  }

  private var waitingCount: Int {
    if case .producer(let waiting, _) = source { waiting.count - position } else { 0 }
  }

  // MARK: - For the transfer

  /// Whether libcurl has taken the last byte.
  var isAllTaken: Bool {
    if case .producer(let waiting, let isWhole) = source { return isWhole && position == waiting.count }
    return position == length
  }

  /// Fills in what comes next.
  func give(_ space: UnsafeMutableRawBufferPointer) -> Portion {
    guard failure == nil else { return .failed }
    switch source {
    case .bytes(let bytes): return unsafe copy(bytes, to: space) ?? .end
    case .file(let file): return unsafe read(file, to: space)
    case .producer(let waiting, let isWhole):
      let portion = unsafe copy(waiting, to: space)
      if waitingCount <= CurlUpload.highWater { tell() }
      return portion ?? (isWhole ? .end : .later)
    }
  }

  private func copy(_ bytes: [UInt8], to space: UnsafeMutableRawBufferPointer) -> Portion? {
    let count = min(space.count, bytes.count - position)
    guard count > 0 else { return nil }
    // SAFETY: both have `count` bytes from there on.
    unsafe bytes.withUnsafeBytes { bytes in
      unsafe space.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[position..<position + count]))
    }
    position += count
    return .bytes(count)
  }

  private func read(_ file: HTTPClientFile, to space: UnsafeMutableRawBufferPointer) -> Portion {
    let wanted = min(space.count, file.length - position)
    guard wanted > 0 else { return .end }
    // SAFETY: the space has so many bytes.
    let count = unsafe pread(file.descriptor, space.baseAddress, wanted, position)
    guard count > 0 else {
      failure = CurlUpload.wrongLength(position, of: file.length)
      return .failed
    }
    position += count
    return .bytes(count)
  }

  /// Begins again, when libcurl has to send the request once more.
  /// - Returns: Whether it can: what a producer wrote is gone.
  func rewind(to offset: Int) -> Bool {
    if case .producer = source { return offset == 0 && position == 0 && writtenCount == waitingCount }
    guard offset <= length ?? 0 else { return false }
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
