// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// One call of `TCPClient.connect`: looks up, races, and gives up in time.
final class ConnectOperation {
  private let target: String
  private let source: ConnectAttempt.Source
  private let delay: Duration
  private let loop: IOLoop
  private let outcome: Completion<IOStream>
  private var race = HappyEyeballs([])
  private var attempts: [ConnectAttempt] = []
  private var log: [TCPClientError.Attempt] = []
  private var timer: TimeoutHandle?
  private var isResolved = false

  init(_ target: String, from source: ConnectAttempt.Source, delay: Duration, on loop: IOLoop) {
    self.target = target
    self.source = source
    self.delay = delay
    self.loop = loop
    outcome = Completion(on: loop)
  }

  /// - Parameter resolve: Finds the addresses. When it is not done in time, it is cancelled and not waited for.
  func run(
    timeout: Duration?, resolve: @escaping () async throws -> [SocketAddress]
  ) async throws -> IOStream {
    let limit = timeout.map { timeout in
      loop.callLater(timeout) { [self] in
        end(.timedOut, isResolved ? "no connection within \(timeout)" : "not resolved within \(timeout)")
      }
    }
    let lookup = loop.spawn { [self] in
      do {
        let addresses = try await resolve()
        if !outcome.isFinished { begin(addresses) }
      } catch {
        outcome.finish(.failure(error))
      }
    }
    defer {
      if let limit { loop.removeTimeout(limit) }
      lookup.cancel()
      stopRace()
    }
    return try await outcome.value()
  }

  /// Ends the call, unless it has ended.
  func end(_ code: TCPClientError.Code, _ reason: String) {
    outcome.finish(.failure(error(code, reason)))
  }

  func error(_ code: TCPClientError.Code, _ reason: String) -> TCPClientError {
    TCPClientError(code: code, target: target, attempts: log, reason: reason)
  }

  private func begin(_ addresses: [SocketAddress]) {
    isResolved = true
    race = HappyEyeballs(addresses)
    take(race.next())
  }

  private func take(_ step: HappyEyeballs.Step) {
    if let timer { loop.removeTimeout(timer) }
    timer = nil
    switch step {
    case .wait: break
    case .giveUp: end(.connectionFailed, race.order.isEmpty ? "it has no address" : "every address failed")
    case .start(let index):
      // Before the attempt starts, which may end at once.
      if race.hasMore { timer = loop.callLater(delay) { [self] in take(race.next()) } }
      start(index)
    }
  }

  private func start(_ index: Int) {
    let place = log.count
    log.append(.init(address: race.order[index], systemError: 0))
    let attempt = ConnectAttempt(to: race.order[index], from: source, on: loop) { [self] result in
      switch result {
      case .connected(let stream): if !outcome.finish(.success(stream)) { stream.close() }
      case .failed(let number):
        log[place].systemError = number
        if !outcome.isFinished { take(race.attemptFailed()) }
      }
    }
    attempts.append(attempt)
    attempt.start()
  }

  /// Closes the sockets of those that lost.
  private func stopRace() {
    if let timer { loop.removeTimeout(timer) }
    for attempt in attempts { attempt.cancel() }
    attempts = []
  }
}
