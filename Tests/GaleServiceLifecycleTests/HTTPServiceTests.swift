// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if ServiceLifecycle
import GaleHTTP
import GaleLoop
import GaleServiceLifecycle
import GaleWeb
import Logging
import ServiceLifecycle
import Synchronization
import TestSupport
import Testing

/// Told once from the loop of the service, awaited by the test.
private final class Signal<Value: Sendable>: Sendable {
  private let (stream, continuation) = AsyncStream<Value>.makeStream()

  func send(_ value: Value) { continuation.yield(value) }

  func next() async throws -> Value {
    for await value in stream { return value }
    throw CancellationError()
  }
}

/// No access log.
private let quiet: Application.Settings = {
  var settings = Application.Settings()
  settings.logFunction = { _ in }
  return settings
}()

private struct StartFailure: Error {}

@Suite("service lifecycle (SWF-024)")
struct HTTPServiceTests {
  /// Sends `request` from a thread with a loop of its own, which no task has to wait for, and takes the answer.
  private static func answer(_ address: SocketAddress, to request: String) async throws -> RawResponse {
    try await withCheckedThrowingContinuation { continuation in
      startThread {
        continuation.resume(
          with: Result {
            let loop = try IOLoop()
            defer { loop.close() }
            return try loop.runSync(timeout: .seconds(100)) {
              let client = try await RawClient.connect(to: address, on: loop)
              defer { client.close() }
              return try await client.request(request)
            }
          })
      }
    }
  }

  private static func group(_ services: [any Service]) -> ServiceGroup {
    ServiceGroup(services: services, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
  }

  @Test func `a server serves in a group and ends with it, after the answers that it is at`() async throws {
    let started = Signal<[SocketAddress]>()
    let entered = Signal<Void>()
    let gate = Mutex(false)
    let service = HTTPService(onStart: { started.send($0) }) { loop in
      let application = try Application(
        [
          .get("/slow") { _ in
            entered.send(())
            while !gate.withLock({ $0 }) { try await loop.sleep(for: .milliseconds(1)) }
            return "done"
          }
        ], settings: quiet)
      return try application.listen(port: 0, address: "127.0.0.1", on: loop)
    }
    let group = Self.group([service])
    async let running: Void = group.run()
    let address = try #require(try await started.next().first)
    async let answer = Self.answer(address, to: "GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
    try await entered.next()
    await group.triggerGracefulShutdown()
    gate.withLock { $0 = true }
    let response = try await answer
    #expect(response.status == 200 && response.text == "done")
    try await running
    await #expect(throws: (any Error).self) {
      try await Self.answer(address, to: "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    }
  }

  @Test func `what is left after the grace is cut`() async throws {
    let started = Signal<[SocketAddress]>()
    let entered = Signal<Void>()
    let service = HTTPService(grace: .milliseconds(50), onStart: { started.send($0) }) { loop in
      let application = try Application(
        [
          .get("/never") { _ in
            entered.send(())
            try await loop.sleep(for: .seconds(3600))
          }
        ], settings: quiet)
      return try application.listen(port: 0, address: "127.0.0.1", on: loop)
    }
    let group = Self.group([service])
    async let running: Void = group.run()
    let address = try #require(try await started.next().first)
    let answer = Task { try await Self.answer(address, to: "GET /never HTTP/1.1\r\nHost: a\r\n\r\n") }
    try await entered.next()
    await group.triggerGracefulShutdown()
    await #expect(throws: (any Error).self) { try await answer.value }
    try await running
  }

  @Test func `cancelling the group's task cuts everything`() async throws {
    let started = Signal<[SocketAddress]>()
    let service = HTTPService(onStart: { started.send($0) }) { loop in
      try Application([], settings: quiet).listen(port: 0, address: "127.0.0.1", on: loop)
    }
    let task = Task { try await service.run() }
    _ = try await started.next()
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
  }

  @Test func `what cannot start fails the group`() async throws {
    let service = HTTPService { _ in throw StartFailure() }
    await #expect(throws: StartFailure.self) { try await Self.group([service]).run() }
  }

  @Test func `a shutdown before the server listens is not lost`() async throws {
    let entered = Signal<Void>()
    let service = HTTPService { loop in
      entered.send(())
      try await loop.sleep(for: .milliseconds(30))
      return try Application([], settings: quiet).listen(port: 0, address: "127.0.0.1", on: loop)
    }
    let group = Self.group([service])
    async let running: Void = group.run()
    try await entered.next()
    await group.triggerGracefulShutdown()
    try await running
  }
}
#endif
