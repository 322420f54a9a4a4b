// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import CSystem
package import GaleLoop
import Glibc

/// What a loop waits with.
package enum PollerKind: String, CaseIterable, Codable, Sendable {
  case epoll
  case poll

  package func make() throws(LoopError) -> any Poller {
    switch self {
    case .epoll: try EpollPoller()
    case .poll: PollPoller()
    }
  }
}

/// Errors that a loop reported because nobody else took them.
package final class Reports {
  package var texts: [String] = []
  package init() {}
}

/// A loop reported errors that the test had not announced.
package struct UnannouncedErrors: Error, CustomStringConvertible {
  package let description: String
}

/// Runs `body` on a new loop on the calling thread.
/// - Parameters:
///   - timeout: So long that only a test that hangs reaches it.
///   - reports: Takes errors that the loop reports; without it they fail the test.
package func runLoop<Result>(
  _ poller: PollerKind = .epoll, timeout: Duration = .seconds(60), reports: Reports? = nil,
  _ body: @escaping (IOLoop) async throws -> Result
) throws -> Result {
  let loop = try IOLoop(poller: poller.make())
  let taken = reports ?? Reports()
  loop.unhandledErrors = { taken.texts.append("\($1): \($0)") }
  defer { loop.close(allDescriptors: true) }
  let result = try loop.runSync(timeout: timeout) { try await body(loop) }
  guard reports != nil || taken.texts.isEmpty else {
    throw UnannouncedErrors(description: taken.texts.joined(separator: "\n"))
  }
  return result
}

/// Runs `body` on a thread of its own, while the caller's thread is free for others.
package func onThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
  try await withCheckedThrowingContinuation { continuation in
    startThread { continuation.resume(with: Result { try body() }) }
  }
}

/// Something did not happen in time.
package struct NeverHappened: Error {
  package init() {}
}

extension IOLoop {
  /// Waits until `condition` holds.
  package func wait(
    atMost limit: Duration = .seconds(30), until condition: () -> Bool
  ) async throws {
    let deadline = time + limit
    while !condition() {
      guard time < deadline else { throw NeverHappened() }
      try await sleep(for: .milliseconds(1))
    }
  }

  /// Waits for `count` turns.
  package func turns(_ count: Int) async {
    for _ in 0..<count { await moment() }
  }
}

/// A pipe's ends, non-blocking.
package func makePipe() throws(LoopError) -> (reader: Int32, writer: Int32) {
  var reader: Int32 = -1
  var writer: Int32 = -1
  _ = try unsafe LoopError.check(gale_pipe(&reader, &writer), "pipe2")
  return (reader, writer)
}

/// Writes bytes to a descriptor as far as it takes them.
@discardableResult
package func writeNow(_ descriptor: Int32, _ text: String) -> Int {
  var text = text
  return text.withUTF8 { bytes in
    guard let start = bytes.baseAddress else { return 0 }
    return unsafe gale_write(descriptor, start, bytes.count)
  }
}

/// Takes at most `count` bytes that a descriptor has now.
package func readNow(_ descriptor: Int32, _ count: Int = 4096) -> String {
  var room = [UInt8](repeating: 0, count: count)
  let taken = unsafe room.withUnsafeMutableBytes { bytes in
    guard let start = bytes.baseAddress else { return 0 }
    return unsafe gale_read(descriptor, start, bytes.count)
  }
  return String(decoding: room.prefix(max(0, taken)), as: UTF8.self)
}

/// Bytes that say where in the whole they stand.
package func pattern(_ count: Int) -> [UInt8] {
  let block = (0..<8191).map { UInt8(truncatingIfNeeded: $0 * 7 / 5) }
  var bytes: [UInt8] = []
  bytes.reserveCapacity(count + block.count)
  while bytes.count < count { bytes += block }
  bytes.removeLast(bytes.count - count)
  return bytes
}

/// Whether two large arrays are equal; quick also without optimization, and brief when it fails.
package func areEqual(_ left: some Collection<UInt8>, _ right: some Collection<UInt8>) -> Bool {
  guard left.count == right.count else { return false }
  let result = left.withContiguousStorageIfAvailable { left in
    right.withContiguousStorageIfAvailable { right in
      guard let first = left.baseAddress, let second = right.baseAddress else { return true }
      return unsafe memcmp(first, second, left.count) == 0
    }
  }
  return result.flatMap { $0 } ?? left.elementsEqual(right)
}
