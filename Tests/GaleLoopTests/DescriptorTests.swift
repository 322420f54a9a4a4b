// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import CSystem
import Glibc
import TestSupport
import Testing

@testable import GaleLoop

@Suite("ioloop: descriptors")
struct DescriptorTests {
  /// LOOP-009.
  @Test(arguments: PollerKind.allCases)
  func `a handler is called for as long as the descriptor is ready`(_ poller: PollerKind) throws {
    try runLoop(poller) { loop async throws in
      let (reader, writer) = try makePipe()
      defer { for end in [reader, writer] { _ = gale_close(end) } }
      var calls = 0
      var taken = ""
      try loop.addHandler(reader, events: .read) { descriptor, events in
        #expect(descriptor == reader)
        #expect(events.contains(.read))
        calls += 1
        if calls >= 3 { taken += readNow(descriptor, 1) }
      }
      await loop.turns(3)
      #expect(calls == 0)
      writeNow(writer, "ab")
      try await loop.wait { taken == "ab" }
      #expect(calls == 4)
      await loop.turns(3)
      #expect(calls == 4)
      loop.removeHandler(reader)
    }
  }

  @Test(arguments: PollerKind.allCases)
  func `a handler may wait to write, and change what it waits for`(_ poller: PollerKind) throws {
    try runLoop(poller) { loop async throws in
      var first: Int32 = -1
      var second: Int32 = -1
      _ = try unsafe LoopError.check(gale_socket_pair(&first, &second), "socketpair")
      defer { for end in [first, second] { _ = gale_close(end) } }
      var seen: [IOEvents] = []
      try loop.addHandler(first, events: .write) { descriptor, events in
        seen.append(events)
        if events.contains(.write) { try? loop.updateHandler(descriptor, events: .read) }
        if events.contains(.read) { _ = readNow(descriptor) }
      }
      try await loop.wait { seen.count == 1 }
      await loop.turns(3)
      writeNow(second, "x")
      try await loop.wait { seen.count == 2 }
      await loop.turns(3)
      #expect(seen == [.write, .read])
      loop.removeHandler(first)
    }
  }

  @Test(arguments: PollerKind.allCases)
  func `a peer that hangs up is an event, whatever was asked for`(_ poller: PollerKind) throws {
    try runLoop(poller) { loop async throws in
      let (reader, writer) = try makePipe()
      defer { _ = gale_close(writer) }
      var seen: IOEvents = []
      try loop.addHandler(writer, events: []) { descriptor, events in
        seen.formUnion(events)
        loop.removeHandler(descriptor)
      }
      await loop.turns(2)
      #expect(seen.isEmpty)
      _ = gale_close(reader)
      try await loop.wait { !seen.isDisjoint(with: .error) }
    }
  }

  @Test(arguments: PollerKind.allCases)
  func `a descriptor has one handler`(_ poller: PollerKind) throws {
    try runLoop(poller) { loop async throws in
      let (reader, writer) = try makePipe()
      defer { for end in [reader, writer] { _ = gale_close(end) } }
      try loop.addHandler(reader, events: .read) { _, _ in }
      #expect { try loop.addHandler(reader, events: .write) { _, _ in } } throws: {
        ($0 as? LoopError)?.code == .descriptorAddedTwice
      }
      loop.removeHandler(reader)
      try loop.addHandler(reader, events: .read) { _, _ in }
      loop.removeHandler(reader)
    }
  }

  @Test(arguments: PollerKind.allCases)
  func `a descriptor without a handler cannot be changed, and removing it is harmless`(_ poller: PollerKind)
    throws
  {
    try runLoop(poller) { loop async throws in
      for descriptor: Int32 in [700, 0, -1] {
        #expect { try loop.updateHandler(descriptor, events: .read) } throws: {
          ($0 as? LoopError)?.code == .descriptorUnknown
        }
        loop.removeHandler(descriptor)
      }
      #expect { try loop.addHandler(-1, events: .read) { _, _ in } } throws: {
        ($0 as? LoopError)?.code == .invalidArgument
      }
    }
  }

  @Test func `what epoll cannot watch is refused with the system's reason`() throws {
    try runLoop { loop async throws in
      let directory = try TemporaryDirectory()
      try directory.write([1], to: "file")
      let file = unsafe gale_open_read(directory.path("file"))
      defer { _ = gale_close(file) }
      #expect { try loop.addHandler(file, events: .read) { _, _ in } } throws: {
        ($0 as? LoopError)?.systemError == EPERM
      }
      #expect { try loop.addHandler(65_000, events: .read) { _, _ in } } throws: {
        ($0 as? LoopError)?.systemError == EBADF
      }
    }
  }

  /// An event that was on its way for a closed descriptor is not given to the next owner of its number.
  @Test(arguments: PollerKind.allCases)
  func `a number that is used again starts afresh`(_ poller: PollerKind) throws {
    // Another thread may get the number first; then it is tried again.
    let isReused = try (0..<50).contains { _ in try useNumberAgain(poller) }
    #expect(isReused)
  }

  /// - Returns: Whether the number was used again.
  private func useNumberAgain(_ poller: PollerKind) throws -> Bool {
    try runLoop(poller) { loop async throws in
      var pipes = [try makePipe(), try makePipe()]
      var stale = 0
      var handled = 0
      var isReused = false
      for index in 0..<2 {
        try loop.addHandler(pipes[index].reader, events: .read) { descriptor, _ in
          handled += 1
          _ = readNow(descriptor)
          guard handled == 1 else { return }
          // Whichever comes first closes the other, whose event waits in the same turn.
          let other = pipes[1 - index]
          loop.removeHandler(other.reader)
          _ = gale_close(other.reader)
          _ = gale_close(other.writer)
          guard let fresh = try? makePipe() else { return }
          pipes[1 - index] = fresh
          isReused = [fresh.reader, fresh.writer].contains(other.reader)
          try? loop.addHandler(fresh.reader, events: .read) { _, _ in stale += 1 }
        }
      }
      for pipe in pipes { writeNow(pipe.writer, "x") }
      try await loop.wait { handled > 0 }
      await loop.turns(3)
      #expect(handled == 1)
      #expect(stale == 0)
      for pipe in pipes { writeNow(pipe.writer, "y") }
      try await loop.wait { stale > 0 }
      for pipe in pipes {
        loop.removeHandler(pipe.reader)
        _ = gale_close(pipe.reader)
        _ = gale_close(pipe.writer)
      }
      return isReused
    }
  }

  @Test(arguments: PollerKind.allCases)
  func `a handler may remove itself and others while it runs`(_ poller: PollerKind) throws {
    try runLoop(poller) { loop async throws in
      let pipes = [try makePipe(), try makePipe(), try makePipe()]
      var calls = 0
      for pipe in pipes {
        try loop.addHandler(pipe.reader, events: .read) { _, _ in
          calls += 1
          for pipe in pipes { loop.removeHandler(pipe.reader) }
        }
      }
      for pipe in pipes { writeNow(pipe.writer, "x") }
      try await loop.wait { calls > 0 }
      await loop.turns(3)
      #expect(calls == 1)
      for pipe in pipes {
        _ = gale_close(pipe.reader)
        _ = gale_close(pipe.writer)
      }
    }
  }

  @Test(arguments: PollerKind.allCases)
  func `more descriptors than one wait reports are all served`(_ poller: PollerKind) throws {
    try runLoop(poller) { loop async throws in
      let pipes = try (0..<300).map { _ in try makePipe() }
      var served: Set<Int32> = []
      for pipe in pipes {
        try loop.addHandler(pipe.reader, events: .read) { descriptor, _ in
          _ = readNow(descriptor)
          served.insert(descriptor)
        }
        writeNow(pipe.writer, "x")
      }
      try await loop.wait { served.count == 300 }
      for pipe in pipes {
        loop.removeHandler(pipe.reader)
        _ = gale_close(pipe.reader)
        _ = gale_close(pipe.writer)
      }
    }
  }

  /// LOOP-008.
  @Test(arguments: [true, false])
  func `closing a loop closes the descriptors with handlers if that is asked`(_ all: Bool) async {
    await #expect(processExitsWith: .success) { [all = all as Bool] in
      let loop = try IOLoop()
      let (reader, writer) = try makePipe()
      loop.makeCurrent()
      try loop.addHandler(reader, events: .read) { _, _ in }
      loop.close(allDescriptors: all)
      #expect((fcntl(reader, F_GETFD) >= 0) == !all)
      #expect(fcntl(writer, F_GETFD) >= 0)
    }
  }

  @Test func `a loop gives back every descriptor of its own`() async {
    await #expect(processExitsWith: .success) {
      func openCount() -> Int { (0..<100).count { fcntl(Int32($0), F_GETFD) >= 0 } }
      for kind in PollerKind.allCases {
        _ = try runLoop(kind) { loop in try await loop.runInExecutor { 0 } }
        let before = openCount()
        for _ in 0..<5 {
          try runLoop(kind) { loop async throws in
            try loop.addSignalHandler(SIGUSR2) {}
            await loop.moment()
          }
        }
        #expect(openCount() == before)
      }
    }
  }

  /// A peer that is gone is reported once to a stream, not in every turn.
  @Test(arguments: PollerKind.allCases)
  func `an edge registration reports a hang-up once`(_ poller: PollerKind) throws {
    final class Counter: DescriptorHandler {
      var calls = 0
      func descriptorReady(_ descriptor: Int32, _ events: IOEvents) { calls += 1 }
    }
    try runLoop(poller) { loop async throws in
      var first: Int32 = -1
      var second: Int32 = -1
      _ = try unsafe LoopError.check(gale_socket_pair(&first, &second), "socketpair")
      let (reader, writer) = try makePipe()
      let counters = [Counter(), Counter()]
      try loop.register(first, counters[0], events: [.read, .write, .error, .peerClosed], edge: true)
      try loop.register(writer, counters[1], events: [.read, .write, .error, .peerClosed], edge: true)
      await loop.turns(3)
      _ = gale_close(second)
      _ = gale_close(reader)
      try await loop.wait { counters.allSatisfy { $0.calls >= 2 } }
      let before = counters.map(\.calls)
      try await loop.sleep(for: .milliseconds(20))
      await loop.turns(20)
      #expect(counters.map(\.calls) == before)
      for descriptor in [first, writer] {
        loop.removeHandler(descriptor)
        _ = gale_close(descriptor)
      }
    }
  }
}

@Suite("ioloop: signals", .serialized)
struct SignalTests {
  @Test(arguments: PollerKind.allCases)
  func `a signal of the process calls its handler on the loop`(_ poller: PollerKind) throws {
    try runLoop(poller) { loop async throws in
      var calls = 0
      try loop.addSignalHandler(SIGUSR1) {
        #expect(loop.isCurrent)
        calls += 1
      }
      for count in 1...3 {
        kill(getpid(), SIGUSR1)
        try await loop.wait { calls == count }
      }
      // Given back to the system, it would end the process: ignored, it does not.
      loop.removeSignalHandler(SIGUSR1)
      _ = gale_signal_ignore(SIGUSR1)
      kill(getpid(), SIGUSR1)
      await loop.turns(3)
      #expect(calls == 3)
      loop.removeSignalHandler(SIGUSR1)
    }
  }

  @Test func `a signal wakes a loop that waits for nothing else`() throws {
    let loop = try IOLoop()
    loop.makeCurrent()
    defer { loop.close() }
    try loop.addSignalHandler(SIGUSR1) { loop.stop() }
    loop.addLocalCallback { kill(getpid(), SIGUSR1) }
    loop.start()
  }

  @Test func `a signal that cannot be caught is refused`() throws {
    try runLoop { loop async throws in
      for signal in [SIGKILL, SIGSTOP, 0, 1000] {
        #expect { try loop.addSignalHandler(signal) {} } throws: { ($0 as? LoopError)?.systemError == EINVAL }
      }
    }
  }

  @Test func `after its handler is removed a signal has its default meaning`() async {
    await #expect(processExitsWith: .signal(SIGUSR2)) {
      try runLoop { loop async throws in
        try loop.addSignalHandler(SIGUSR2) {}
        loop.removeSignalHandler(SIGUSR2)
        kill(getpid(), SIGUSR2)
        try await loop.sleep(for: .seconds(10))
      }
    }
  }
}
