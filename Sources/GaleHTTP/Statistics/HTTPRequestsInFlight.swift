// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleLoop
import Synchronization

/// The requests that a server is answering, for whoever looks from another thread, whatever holds the loop's: for
/// ``HTTPServerConfiguration/requestsInFlight``.
public final class HTTPRequestsInFlight: Sendable {
  /// A request that is being answered.
  public struct Entry: Sendable, Hashable {
    /// Its name in the log.
    public let id: RequestID
    /// `GET /path (127.0.0.1)`, safe for a log.
    public let summary: String
    /// How long it has been answered for.
    public let age: Duration
  }

  private struct Note {
    let summary: String
    let start: Int64
  }

  private let notes = Mutex<[RequestID: Note]>([:])

  /// None yet.
  public init() {}

  /// All of them, the oldest first.
  public var entries: [Entry] {
    let now = System.monotonicNanoseconds
    return notes.withLock { notes in
      notes.map { Entry(id: $0.key, summary: $0.value.summary, age: .nanoseconds(now - $0.value.start)) }
    }.sorted { $0.age > $1.age }
  }

  func began(_ request: HTTPServerRequest) {
    let note = Note(summary: request.summary, start: System.monotonicNanoseconds)
    notes.withLock { $0[request.id] = note }
  }

  /// What is shown of a request has changed.
  func changed(_ request: HTTPServerRequest) {
    let summary = request.summary
    notes.withLock { notes in
      guard let note = notes[request.id] else { return }
      notes[request.id] = Note(summary: summary, start: note.start)
    }
  }

  func ended(_ request: HTTPServerRequest) {
    _ = notes.withLock { $0.removeValue(forKey: request.id) }
  }
}
