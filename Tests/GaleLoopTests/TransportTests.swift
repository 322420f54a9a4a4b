// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import CSystem
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import GaleLoop

/// Flips every bit on its way.
private final class InvertedStream: IOStream {
  var closings: [Bool] = []

  override func readFromDescriptor(_ bytes: UnsafeMutableRawBufferPointer) -> Int {
    let count = unsafe super.readFromDescriptor(bytes)
    for index in 0..<max(0, count) { unsafe bytes[index] ^= 0xff }
    return count
  }

  override func writeToDescriptor(_ bytes: UnsafeRawBufferPointer) -> Int {
    let inverted = unsafe bytes.map { $0 ^ 0xff }
    return unsafe inverted.withUnsafeBytes { unsafe super.writeToDescriptor($0) }
  }

  override func closeDescriptor(_ descriptor: Int32, isReset: Bool) {
    closings.append(isReset)
    super.closeDescriptor(descriptor, isReset: isReset)
  }
}

@Suite("iostream: transports of one's own")
struct TransportTests {
  /// IOS-012.
  @Test(arguments: [true, false])
  func `a subclass reads, writes and closes in its own way`(_ isReset: Bool) throws {
    try runLoop { loop async throws in
      var ends: (Int32, Int32) = (-1, -1)
      #expect(unsafe gale_socket_pair(&ends.0, &ends.1) == 0)
      let (one, two) = (InvertedStream(descriptor: ends.0, on: loop), IOStream(descriptor: ends.1, on: loop))
      try await one.write([0, 1, 2])
      #expect(try await two.read(count: 3) == [255, 254, 253])
      try await two.write([4, 5])
      #expect(try await one.read(count: 2) == [251, 250])
      if isReset { one.abort() } else { one.close() }
      one.close()
      #expect(one.closings == [isReset])
      #expect(try await two.readUntilClose() == [])
    }
  }
}

@Suite("ioloop: what it waits with, and who is told of errors")
struct LoopConfigurationTests {
  /// LOOP-005.
  @Test(arguments: IOLoop.Backend.allCases)
  func `a process chooses what its loops wait with`(_ backend: IOLoop.Backend) async {
    await #expect(processExitsWith: .success) { [name = backend.rawValue as String] in
      IOLoop.configure(IOLoop.Backend(rawValue: name))
      let loop = try IOLoop()
      precondition((loop.poller is PollPoller) == (name == "poll"))
      IOLoop.configure(nil)
      let usual = try IOLoop()
      precondition(usual.poller is EpollPoller)
      try loop.runSync { try await loop.sleep(for: .milliseconds(1)) }
    }
  }

  /// LOOP-021.
  @Test func `an error that nobody takes goes to the loop's handler`() throws {
    struct Failure: Error {}
    try runLoop { loop async throws in
      var taken: [String] = []
      let former = loop.unhandledErrors
      loop.unhandledErrors = { taken.append("\($1): \($0)") }
      await loop.spawn { throw Failure() }.value
      loop.unhandledErrors = former
      #expect(taken == ["Uncaught error in a spawned callback: Failure()"])
    }
  }

  /// LOOP-024.
  @Test func `a loop of another process does not start`() async {
    await #expect(processExitsWith: .failure) {
      let loop = try IOLoop()
      loop.process = 1
      loop.start()
    }
  }

  /// LOOP-023.
  @Test func `who holds the loop's thread is noticed, once each time`() throws {
    try runLoop { loop async throws in
      let noticed = Mutex<[Duration]>([])
      loop.setBlockingThreshold(.milliseconds(20)) { held in noticed.withLock { $0.append(held) } }
      for round in 1...2 {
        // Held until it is noticed; a machine that is busy may also be noticed by itself.
        let before = noticed.withLock { $0.count }
        let end = loop.time + .seconds(30)
        while noticed.withLock({ $0.count }) == before, loop.time < end { usleep(1000) }
        #expect(noticed.withLock { $0.count } >= round)
        try await loop.sleep(for: .milliseconds(120))
      }
      #expect(noticed.withLock { $0.allSatisfy { $0 >= .milliseconds(20) } })
      loop.setBlockingThreshold(nil) { _ in }
      let after = noticed.withLock { $0.count }
      usleep(100_000)
      #expect(noticed.withLock { $0.count } <= after + 1)
    }
  }
}
