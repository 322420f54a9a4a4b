// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import CSystem
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import GaleLoop

private enum Scope {
  @TaskLocal static var request = "-"
  @TaskLocal static var undeclared = "-"
}

private struct Failure: Error, Equatable {
  var number = 0
}

/// What `stack_context` and contextvars are used for, in this form (STK-001…008).
@Suite("stack_context: what replaces it", .serialized)
struct LoopContextTests {
  init() { LoopContext.carry(Scope.$request) }

  /// Each way to have something run later, and what it then sees.
  @Test(arguments: [
    "addCallback", "addLocalCallback", "callLater", "callAt", "addHandler",
    "PeriodicCallback", "runInExecutor", "spawn", "Task", "group", "Future", "multi", "another thread",
  ])
  func `a value follows what was started with it`(_ way: String) throws {
    try runLoop { loop async throws in
      let seen = Mutex<[String]>([])
      let note: @Sendable () -> Void = { seen.withLock { $0.append(Scope.request) } }
      let pipe = try makePipe()
      var periodic: PeriodicCallback?
      try await Scope.$request.withValue("42") {
        switch way {
        case "addCallback": loop.addCallback(note)
        case "addLocalCallback": loop.addLocalCallback(note)
        case "callLater": loop.callLater(.milliseconds(1), note)
        case "callAt": loop.callAt(loop.time, note)
        case "addHandler":
          try loop.addHandler(pipe.reader, events: .read) { descriptor, _ in
            note()
            loop.removeHandler(descriptor)
          }
        case "PeriodicCallback":
          periodic = PeriodicCallback(every: .milliseconds(1), on: loop) { note() }
          periodic?.start()
        case "runInExecutor": try await loop.runInExecutor(nil, note)
        case "spawn": loop.spawn { note() }
        case "Task": Task { note() }
        case "group": await withTaskGroup(of: Void.self) { $0.addTask { note() } }
        case "Future": _ = Future(on: loop) { note() }
        case "multi": _ = try await multi([1], on: loop) { _ in note() }
        default:
          let callback = LoopConfined(LoopContext.capture(note))
          startThread { loop.addCallback { callback.value() } }
        }
      }
      writeNow(pipe.writer, "x")
      try await loop.wait { seen.withLock { !$0.isEmpty } }
      periodic?.stop()
      #expect(seen.withLock { $0.first } == "42")
      #expect(Scope.request == "-")
      _ = gale_close(pipe.reader)
      _ = gale_close(pipe.writer)
    }
  }

  /// In a process of its own: its signals go to one loop.
  @Test func `a value follows a signal's handler`() async {
    await #expect(processExitsWith: .success) {
      LoopContext.carry(Scope.$request)
      try runLoop { loop async throws in
        var seen = ""
        try Scope.$request.withValue("42") { try loop.addSignalHandler(SIGUSR1) { seen = Scope.request } }
        kill(getpid(), SIGUSR1)
        try await loop.wait { seen == "42" }
      }
    }
  }

  @Test func `values follow from callback to callback, and do not mix`() throws {
    try runLoop { loop async throws in
      var seen: [String] = []
      func chain(_ depth: Int) {
        seen.append(Scope.request)
        guard depth > 0 else { return }
        loop.addLocalCallback { chain(depth - 1) }
      }
      for name in ["a", "b"] { Scope.$request.withValue(name) { loop.addLocalCallback { chain(2) } } }
      await loop.turns(5)
      #expect(seen == ["a", "b", "a", "b", "a", "b"])
    }
  }

  @Test func `only what is declared follows callbacks`() throws {
    try runLoop { loop async throws in
      var seen = ""
      Scope.$undeclared.withValue("x") { loop.addLocalCallback { seen = Scope.undeclared } }
      await loop.turns(2)
      #expect(seen == "-")
    }
  }

  /// STK-003.
  @Test func `work can be started without the context`() throws {
    try runLoop { loop async throws in
      var seen: [String] = []
      let confined = LoopConfined { seen.append(Scope.request) }
      Scope.$request.withValue("42") {
        LoopContext.withoutContext { loop.addLocalCallback { confined.value() } }
        Task.detached(executorPreference: loop) { confined.value() }
        loop.addLocalCallback { confined.value() }
      }
      await loop.turns(3)
      #expect(seen.sorted() == ["-", "-", "42"])
    }
  }

  /// STK-004, STK-005.
  @Test func `a captured context is there whenever the closure is called`() throws {
    try runLoop { loop async throws in
      var seen: [String] = []
      let inner = Scope.$request.withValue("inner") { LoopContext.capture { seen.append(Scope.request) } }
      Scope.$request.withValue("outer") {
        inner()
        seen.append(Scope.request)
      }
      LoopContext.capture(inner)()  // Again: the first capture counts.
      #expect(seen == ["inner", "outer", "inner"])
    }
  }

  // MARK: - Errors (STK-002, STK-008)

  @Test func `errors of whatever was started go to the handler`() throws {
    let reports = Reports()
    try runLoop(reports: reports) { loop async throws in
      var handled: [Int] = []
      LoopContext.withErrorHandler({ error in
        guard let failure = error as? Failure, failure.number < 10 else { return false }
        handled.append(failure.number)
        return true
      }) {
        loop.spawn { throw Failure(number: 1) }
        loop.addLocalCallback { loop.spawn { throw Failure(number: 2) } }
        loop.callLater(.milliseconds(1)) {
          loop.spawn {
            await loop.moment()
            loop.spawn { throw Failure(number: 3) }
          }
        }
        loop.spawn { throw Failure(number: 11) }
      }
      loop.spawn { throw Failure(number: 12) }
      try await loop.wait { handled.count == 3 && reports.texts.count == 2 }
      #expect(handled.sorted() == [1, 2, 3])
    }
    #expect(reports.texts.contains { $0.contains("number: 11") })
    #expect(reports.texts.contains { $0.contains("number: 12") })
  }

  @Test func `what the inner handler leaves, the outer gets`() throws {
    try runLoop { loop async throws in
      var trace: [String] = []
      await LoopContext.withErrorHandler({ error in
        trace.append("outer \(error)")
        return true
      }) {
        await loop.moment()
        LoopContext.withErrorHandler({ error in
          trace.append("inner \(error)")
          return (error as? Failure)?.number == 1
        }) {
          loop.spawn { throw Failure(number: 1) }
          loop.spawn { throw Failure(number: 2) }
        }
      }
      await loop.turns(3)
      #expect(
        trace == ["inner Failure(number: 1)", "inner Failure(number: 2)", "outer Failure(number: 2)"])
    }
  }
}
