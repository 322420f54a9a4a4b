// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleHTTP
import GaleLoop
import GaleWire

/// Runs a handler's part of its connection, in a task that is borrowed while there is something to do.
final class WebSocketSession: WebSocketDelegate, LoopJob {
  private let handler: WebSocketHandler
  private let connection: WebSocketConnection
  private var isOpened = false
  private var isRunning = false
  private var worker: LoopWorker?
  /// How many messages are worked through before others get their turn.
  private static let messagesPerTurn = 64

  init(_ handler: WebSocketHandler, _ connection: WebSocketConnection) {
    self.handler = handler
    self.connection = connection
  }

  /// Begins with `open()`.
  func start() {
    connection.delegate = self
    isRunning = true
    worker = connection.loop.tasks.start(self, on: connection.loop)
    connection.start()
  }

  func run() async {
    do {
      if !isOpened {
        defer { isOpened = true }
        try await handler.open()
      }
      worker = nil
      var count = 0
      while let message = connection.takeMessage() {
        try await handler.onMessage(message)
        count += 1
        if count % WebSocketSession.messagesPerTurn == 0 { await connection.loop.moment() }
      }
    } catch {
      failed(error)
    }
    worker = nil
    isRunning = false
  }

  private func failed(_ error: any Error) {
    // Whoever writes to a client that has left learns it so: that is no failure.
    if !connection.isOpen, error is CancellationError { return }
    if !connection.isOpen, let error = error as? WebSocketError, error.code == .closed { return }
    handler.logException(error)
    connection.failInternally()
  }

  func messageArrived(_ connection: WebSocketConnection) {
    guard !isRunning, isOpened else { return }
    isRunning = true
    connection.loop.tasks.start(self, on: connection.loop)
  }

  func pinged(_ connection: WebSocketConnection, _ data: [UInt8]) { handler.onPing(data) }

  func ponged(_ connection: WebSocketConnection, _ data: [UInt8]) { handler.onPong(data) }

  func closed(_ connection: WebSocketConnection) {
    worker?.cancel(self)
    handler.onClose()
  }
}
