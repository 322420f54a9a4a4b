// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization
import TestSupport
import Testing

@testable import GaleLoop

/// The smallest loop that can be a host: somebody else's, who knows nothing of ours.
private final class PollHost: HostLoop {
  private var watched: [Int32: () -> Void] = [:]
  private var call: (due: Int64, action: () -> Void)?
  /// Its own callbacks.
  var own: [() -> Void] = []
  /// How many of its waits had no end in sight.
  private(set) var endlessCount = 0

  func watch(_ descriptor: Int32, _ action: @escaping () -> Void) throws { watched[descriptor] = action }

  func stopWatching(_ descriptor: Int32) { watched[descriptor] = nil }

  func call(after delay: Duration?, _ action: @escaping () -> Void) {
    call = delay.map { (System.monotonicNanoseconds + $0.clampedNanoseconds, action) }
  }

  var isFree: Bool { watched.isEmpty && call == nil }

  /// When it is to call somebody.
  var delay: Duration? { call.map { .nanoseconds($0.due - System.monotonicNanoseconds) } }

  /// Gives the guest turns until it has nothing to do now.
  func settle() { while let delay, delay <= .zero { iterate() } }

  /// Waits once, and calls whom it should.
  func iterate() {
    var entries = watched.keys.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    let left = call.map { max(0, ($0.due - System.monotonicNanoseconds + 999_999) / 1_000_000) }
    let milliseconds = own.isEmpty ? left.map { Int32(clamping: $0) } ?? -1 : 0
    if milliseconds < 0 { endlessCount += 1 }
    // SAFETY: the array lends its entries for the call.
    _ = unsafe poll(&entries, nfds_t(entries.count), milliseconds)
    let now = own
    own = []
    for callback in now { callback() }
    for entry in entries where entry.revents != 0 { watched[entry.fd]?() }
    if let due = call, due.due <= System.monotonicNanoseconds {
      call = nil
      due.action()
    }
  }

  func run(until isOver: () -> Bool) throws {
    let start = System.monotonicNanoseconds
    while !isOver() {
      guard System.monotonicNanoseconds - start < 60_000_000_000 else { throw NeverHappened() }
      iterate()
    }
  }
}

/// Runs `body` with a guest in a host, on a thread of its own.
private func withGuest<Result: Sendable>(
  _ body: @escaping @Sendable (PollHost, GuestLoop) throws -> Result
) throws -> Result {
  let outcome = Monitor<Swift.Result<Result, any Error>?>(nil)
  startThread {
    let result = Swift.Result<Result, any Error> {
      let host = PollHost()
      let guest = try GuestLoop(of: host)
      defer { guest.end() }
      return try body(host, guest)
    }
    outcome.withLock { $0 = result }
    outcome.broadcast()
  }
  return try outcome.waitUntil { $0 }.get()
}

/// BRI-002: we as a guest.
@Suite("ioloop: inside of another loop")
struct GuestLoopTests {
  @Test func `callbacks, timers and tasks run, in their order`() throws {
    let order = try withGuest { host, guest in
      var order: [String] = []
      guest.loop.callLater(.milliseconds(4)) { order.append("late") }
      guest.loop.callLater(.milliseconds(1)) { order.append("soon") }
      guest.loop.addLocalCallback { order.append("callback") }
      guest.loop.spawn {
        order.append("task")
        try await IOLoop.current.sleep(for: .milliseconds(8))
        order.append("slept")
      }
      try host.run { order.last == "slept" }
      return order
    }
    #expect(order == ["callback", "task", "soon", "late", "slept"])
  }

  @Test func `it is the thread's loop, and leaves it as it was`() throws {
    let outcome = try withGuest { host, guest in
      let inner = IOLoop.current === guest.loop && guest.loop.isRunning
      let second = try IOLoop()
      let other = PollHost()
      let nested = try GuestLoop(second, of: other)
      let isNested = IOLoop.current === second
      nested.end()
      let isBack = IOLoop.current === guest.loop && other.isFree && !second.isRunning
      // A loop that was a guest can be run by itself.
      second.makeCurrent()
      let value = try second.runSync { 7 }
      second.close()
      guest.loop.makeCurrent()
      return [inner, isNested, isBack, value == 7]
    }
    #expect(outcome == [true, true, true, true])
  }

  @Test func `the host is left as it was`() throws {
    #expect(
      try withGuest { host, guest in
        guest.loop.callLater(.seconds(1)) {}
        guest.end()
        return host.isFree && IOLoop.currentIfPresent == nil && guest.loop.isClosed
      })
  }

  @Test func `servers serve`() throws {
    let text = try withGuest { host, guest in
      let sockets = try bindSockets(port: 0, address: "127.0.0.1")
      let server = LineServer()
      try server.addSockets(sockets)
      let address = sockets[0].address
      var answers: [String] = []
      for number in 0..<3 {
        guest.loop.spawn {
          let stream = try await IOStream.connect(to: address)
          try await stream.write(Array("\(number)\n".utf8))
          answers.append(String(decoding: try await stream.read(until: [10]).dropLast(), as: UTF8.self))
          stream.close()
        }
      }
      try host.run { answers.count == 3 }
      server.stop()
      return answers.sorted()
    }
    #expect(text == ["0", "1", "2"])
  }

  @Test func `other threads wake the host`() throws {
    let count = try withGuest { host, guest in
      let loop = guest.loop
      var isDone = false
      let confined = LoopConfined({ isDone = true })
      host.settle()
      startThread { loop.addCallback { confined.value() } }
      try host.run { isDone }
      return host.endlessCount
    }
    #expect(count >= 1)
  }

  @Test(arguments: ["callback", "task", "timer", "flush", "stop"])
  func `what the host's own callbacks add is not forgotten`(_ what: String) throws {
    let isDone = try withGuest { host, guest in
      let loop = guest.loop
      var isDone = false
      guest.stopRequested = { isDone = true }
      host.settle()
      host.own.append {
        switch what {
        case "callback": loop.addLocalCallback { isDone = true }
        case "task": loop.spawn { isDone = true }
        case "timer": loop.callLater(.zero) { isDone = true }
        case "flush": loop.flushAtEndOfTurn(Flush { isDone = true })
        default: loop.stop()
        }
      }
      try host.run { isDone }
      return isDone
    }
    #expect(isDone)
  }

  @Test func `an earlier timer replaces a later one, and a cancelled one is forgotten`() throws {
    let order = try withGuest { host, guest in
      var order: [Int] = []
      let late = guest.loop.callLater(.seconds(3600)) { order.append(3600) }
      host.settle()
      host.own.append { guest.loop.callLater(.milliseconds(1)) { order.append(1) } }
      try host.run { !order.isEmpty }
      guest.loop.removeTimeout(late)
      return order
    }
    #expect(order == [1])
  }

  @Test func `a flood of the guest's does not starve the host, nor the other way round`() throws {
    let counts = try withGuest { host, guest in
      let loop = guest.loop
      var (guests, hosts) = (0, 0)
      func guestAgain() {
        guests += 1
        loop.addLocalCallback(guestAgain)
      }
      func hostAgain() {
        hosts += 1
        host.own.append(hostAgain)
      }
      guestAgain()
      hostAgain()
      try host.run { guests > 100 && hosts > 100 }
      return [guests, hosts]
    }
    // Neither runs ahead of the other: a turn has an end.
    #expect(counts[0] < 3 * counts[1] && counts[1] < 3 * counts[0], "\(counts)")
  }

  @Test func `an idle guest does not wake its host before something is due`() throws {
    let delays = try withGuest { host, guest in
      host.settle()
      let idle = host.delay
      let timer = guest.loop.callLater(.seconds(3600)) {}
      host.settle()
      let waiting = host.delay
      guest.loop.removeTimeout(timer)
      return [idle, waiting]
    }
    #expect(delays[0] == nil)
    #expect(delays[1].map { $0 > .seconds(3000) && $0 <= .seconds(3600) } == true)
  }

  @Test func `a loop that waits by poll has nothing to show to a host`() throws {
    let loop = try IOLoop(backend: .poll)
    let host = PollHost()
    let error = #expect(throws: LoopError.self) { try GuestLoop(loop, of: host) }
    #expect(error?.code == .invalidArgument)
    #expect(host.isFree && !loop.isRunning)
    loop.close()
  }
}

private final class Flush: EndOfTurnFlush {
  private let body: () -> Void
  init(_ body: @escaping () -> Void) { self.body = body }
  func flushAtEndOfTurn() { body() }
}

/// Answers each line with itself.
private final class LineServer: TCPServer {
  override func handle(_ stream: IOStream, address: SocketAddress) async throws {
    while true { try await stream.write(try await stream.read(until: [10])) }
  }
}
