// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Synchronization
import TestSupport
import Testing

@testable import GaleLoop

@Suite("ioloop: callbacks")
struct CallbackTests {
  @Test(arguments: PollerKind.allCases)
  func `callbacks run in the order in which they were added`(_ poller: PollerKind) throws {
    let order = try runLoop(poller) { loop async throws in
      var order: [Int] = []
      for index in 0..<100 { loop.addLocalCallback { order.append(index) } }
      try await loop.wait { order.count == 100 }
      return order
    }
    #expect(order == Array(0..<100))
  }

  /// LOOP-026.
  @Test func `what a callback adds runs in the next turn`() throws {
    let order = try runLoop { loop async throws in
      var order: [String] = []
      loop.addLocalCallback {
        order.append("a")
        loop.addLocalCallback { order.append("c") }
      }
      loop.addLocalCallback { order.append("b") }
      try await loop.wait { order.count == 3 }
      return order
    }
    #expect(order == ["a", "b", "c"])
  }

  @Test(arguments: PollerKind.allCases)
  func `a callback that adds itself for ever starves nobody`(_ poller: PollerKind) throws {
    try runLoop(poller) { loop async throws in
      var runs = 0
      var isOver = false
      func again() {
        runs += 1
        if !isOver { loop.addLocalCallback(again) }
      }
      again()
      let (reader, writer) = try makePipe()
      var received = ""
      try loop.addHandler(reader, events: .read) { descriptor, _ in received += readNow(descriptor) }
      try await loop.sleep(for: .milliseconds(5))
      writeNow(writer, "x")
      try await loop.wait { received == "x" }
      isOver = true
      #expect(runs > 2)
    }
  }

  @Test func `thousands of callbacks do not hold up a descriptor`() throws {
    let position = try runLoop { loop async throws in
      let (reader, writer) = try makePipe()
      var count = 0
      var position: Int?
      try loop.addHandler(reader, events: .read) { descriptor, _ in
        _ = readNow(descriptor)
        position = count
      }
      for _ in 0..<50_000 { loop.addLocalCallback { count += 1 } }
      writeNow(writer, "x")
      try await loop.wait { position != nil && count == 50_000 }
      return position
    }
    #expect(position ?? .max < 10_000)
  }

  @Test func `after a stop that came first, all that waits is run`() throws {
    let loop = try IOLoop()
    loop.makeCurrent()
    var count = 0
    for _ in 0..<5000 { loop.addLocalCallback { count += 1 } }
    loop.stop()
    loop.start()
    #expect(count == 5000)
    loop.close()
  }

  /// LOOP-014.
  @Test(arguments: PollerKind.allCases)
  func `any thread may add callbacks, and each thread's run in order`(_ poller: PollerKind) throws {
    let seen = try runLoop(poller) { loop async throws in
      let seen = Mutex<[[Int]]>(Array(repeating: [], count: 8))
      for thread in 0..<8 {
        startThread {
          for index in 0..<500 { loop.addCallback { seen.withLock { $0[thread].append(index) } } }
        }
      }
      try await loop.wait { seen.withLock { $0.allSatisfy { $0.count == 500 } } }
      return seen.withLock { $0 }
    }
    #expect(seen.allSatisfy { $0 == Array(0..<500) })
  }

  @Test(arguments: PollerKind.allCases)
  func `a callback from another thread wakes a loop that waits for nothing`(_ poller: PollerKind) throws {
    let loop = try IOLoop(poller: poller.make())
    defer { loop.close() }
    let isOnLoop = Atomic(false)
    startThread {
      loop.addCallback {
        isOnLoop.store(loop.isCurrent, ordering: .relaxed)
        loop.stop()
      }
    }
    loop.start()
    let wasOnLoop = isOnLoop.load(ordering: .relaxed)
    #expect(wasOnLoop)
  }

  /// LOOP-006.
  @Test func `stop before start lets what waits run once`() throws {
    let loop = try IOLoop()
    defer { loop.close() }
    loop.makeCurrent()
    var order: [String] = []
    loop.addLocalCallback {
      order.append("a")
      loop.addLocalCallback { order.append("b") }
    }
    loop.stop()
    loop.start()
    #expect(order == ["a"])
    loop.addLocalCallback { loop.stop() }
    loop.start()
    #expect(order == ["a", "b"])
  }

  @Test func `a closed loop drops callbacks`() throws {
    let loop = try IOLoop()
    loop.makeCurrent()
    loop.close()
    let ran = Atomic(false)
    loop.addCallback { ran.store(true, ordering: .relaxed) }
    let hasRun = ran.load(ordering: .relaxed)
    #expect(!hasRun)
    #expect(IOLoop.currentIfPresent == nil)
    loop.close()
  }

  @Test func `a closed loop does not keep what it drops`() throws {
    final class Marker: Sendable {}
    let loop = try IOLoop()
    loop.makeCurrent()
    loop.close()
    weak var marker: Marker?
    do {
      let held = Marker()
      marker = held
      loop.addCallback { _ = held }
    }
    #expect(marker == nil)
  }

  @Test func `the current loop is the thread's own`() async throws {
    let mine = try await onThread {
      let loop = IOLoop.current
      defer { loop.close() }
      let other = try IOLoop()
      #expect(IOLoop.current === loop)
      #expect(loop.isCurrent)
      #expect(!other.isCurrent)
      other.makeCurrent()
      #expect(IOLoop.currentIfPresent === other)
      other.close()
      #expect(IOLoop.currentIfPresent == nil)
      return ObjectIdentifier(loop)
    }
    let theirs = try await onThread { IOLoop.currentIfPresent.map(ObjectIdentifier.init) }
    #expect(theirs == nil)
    _ = mine
  }

  @Test func `what belongs to the loop's thread stops the program elsewhere`() async {
    await #expect(processExitsWith: .failure) {
      let loop = try IOLoop()
      loop.callLater(.zero) {}
    }
    await #expect(processExitsWith: .failure) {
      let loop = try IOLoop()
      loop.makeCurrent()
      loop.addLocalCallback { loop.start() }
      loop.start()
    }
  }

  /// LOOP-030.
  @Test(arguments: PollerKind.allCases)
  func `loops of several threads call each other`(_ poller: PollerKind) async throws {
    let ring = Ring()
    for _ in 0..<3 { startThread { ring.run(poller) } }
    try await onThread { ring.run(poller) }
    let hops = ring.hops.load(ordering: .relaxed)
    #expect(hops == 1001)
  }
}

/// Four loops that hand a callback round.
private final class Ring: Sendable {
  let loops = Mutex<[IOLoop]>([])
  let hops = Atomic(0)

  func run(_ poller: PollerKind) {
    guard let made = try? poller.make(), let loop = try? IOLoop(poller: made) else { return }
    loop.makeCurrent()
    let count = loops.withLock {
      $0.append(loop)
      return $0.count
    }
    if count == 4 { loop.addCallback { self.hop(1000) } }
    loop.start()
    loop.close()
  }

  private func hop(_ remaining: Int) {
    hops.add(1, ordering: .relaxed)
    let all = loops.withLock { $0 }
    if remaining == 0 {
      for loop in all { loop.addCallback { loop.stop() } }
    } else {
      all[remaining % all.count].addCallback { self.hop(remaining - 1) }
    }
  }
}
