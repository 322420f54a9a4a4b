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
  private var phase = Phase.resolving
  private var secure: ((IOStream) throws -> Handshake)?

  private enum Phase {
    case resolving
    case racing
    case shakingHands(IOStream)

    var missing: String {
      switch self {
      case .resolving: "not resolved"
      case .racing: "no connection"
      case .shakingHands: "no TLS handshake"
      }
    }
  }

  /// A TLS handshake that has begun on `stream`.
  struct Handshake {
    let stream: IOStream
    /// Returns when it is complete, and throws when it fails or the stream is closed.
    let wait: () async throws -> Void
  }

  init(_ target: String, from source: ConnectAttempt.Source = .none, delay: Duration, on loop: IOLoop) {
    self.target = target
    self.source = source
    self.delay = delay
    self.loop = loop
    outcome = Completion(on: loop)
  }

  /// - Parameters:
  ///   - secure: Begins TLS on the connection that won.
  ///   - resolve: Finds the addresses. When it is not done in time, it is cancelled and not waited for.
  func run(
    timeout: Duration?, secure: ((IOStream) throws -> Handshake)?,
    resolve: @escaping () async throws -> [SocketAddress]
  ) async throws -> IOStream {
    self.secure = secure
    let limit = timeout.map { timeout in
      loop.callLater(timeout) { [self] in
        end(.timedOut, "\(phase.missing) within \(timeout)")
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
    do {
      return try await outcome.value()
    } catch {
      if case .shakingHands(let stream) = phase { stream.close() }
      throw error
    }
  }

  /// Ends the call, unless it has ended.
  func end(_ code: TCPClientError.Code, _ reason: String) {
    outcome.finish(.failure(error(code, reason)))
  }

  func error(_ code: TCPClientError.Code, _ reason: String) -> TCPClientError {
    TCPClientError(code: code, target: target, attempts: log, reason: reason)
  }

  private func begin(_ addresses: [SocketAddress]) {
    phase = .racing
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
      case .connected(let stream): connected(stream)
      case .failed(let number):
        log[place].systemError = number
        if !outcome.isFinished { take(race.attemptFailed()) }
      }
    }
    attempts.append(attempt)
    attempt.start()
  }

  private func connected(_ stream: IOStream) {
    guard let secure, !outcome.isFinished, case .racing = phase else {
      if !outcome.finish(.success(stream)) { stream.close() }
      return
    }
    do {
      let handshake = try secure(stream)
      phase = .shakingHands(handshake.stream)
      stopRace()
      loop.spawn { [self] in
        do {
          try await handshake.wait()
          if !outcome.finish(.success(handshake.stream)) { handshake.stream.close() }
        } catch {
          outcome.finish(.failure(error))
        }
      }
    } catch {
      outcome.finish(.failure(error))
    }
  }

  /// Closes the sockets of those that lost.
  private func stopRace() {
    if let timer { loop.removeTimeout(timer) }
    for attempt in attempts { attempt.cancel() }
    attempts = []
  }
}
