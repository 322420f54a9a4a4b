// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Dispatch
import Gale
import GaleHTTP
import GaleLoop
import GaleWeb
import Glibc

/// A program whose loop serves libdispatch's main queue; `MainQueueTests` runs it, since only a process's first thread can.
///
/// It prints a line for each thing that it has seen, and ends with status 0 when all was as it should be.
@main
enum MainQueue {
  static func main() throws {
    let loop = IOLoop.current
    precondition(Place.first == pthread_self())  // Noted here, on the first thread.
    try loop.serveMainQueue()
    try loop.serveMainQueue()  // Harmless.
    // This closure belongs to the main actor, whose turn would never come without the above.
    let text = try loop.runSync(timeout: .seconds(60)) { "main actor: \(Place.here)" }
    print(text)
    for check in Checks.all { try check(loop) }
    print("end")
  }
}

/// Where code runs.
enum Place {
  static let first = pthread_self()

  static var here: String {
    let thread = pthread_self() == first ? "first thread" : "another thread"
    return IOLoop.currentIfPresent?.isRunning == true ? "\(thread), on the loop" : "\(thread), elsewhere"
  }
}

/// What handlers and the main actor share without a lock.
@MainActor
final class Board {
  static let shared = Board()
  private var notes: [String] = []

  func note(_ text: String) -> String {
    notes.append(text)
    return "\(notes.count) \(text): \(Place.here)"
  }
}

private final class NoteHandler: RequestHandler {
  override func get() async throws {
    let before = Place.here
    let text = await Board.shared.note("handler")
    write("\(text); before: \(before); after: \(Place.here)")
  }
}

enum Checks {
  static var all: [(IOLoop) throws -> Void] {
    [handler, queue, delay, detached, flood, floodOfCallbacks, otherThread, end]
  }

  private static func run(_ loop: IOLoop, _ body: @escaping () async throws -> String) throws {
    print(try loop.runSync(timeout: .seconds(60), body))
  }

  /// A handler awaits the main actor.
  private static func handler(_ loop: IOLoop) throws {
    let server = HTTPServer(try Application([URLSpec("/note", NoteHandler.self)]))
    let sockets = try bindSockets(port: 0, address: "127.0.0.1")
    try server.addSockets(sockets)
    let url = "http://127.0.0.1:\(sockets[0].address.port)/note"
    try run(loop) {
      let answer = try await AsyncHTTPClient.current.fetch(url)
      server.stop()
      return "handler: \(String(decoding: answer.body, as: UTF8.self))"
    }
  }

  /// Blocks come from other threads, in their order.
  private static func queue(_ loop: IOLoop) throws {
    try run(loop) {
      await withCheckedContinuation { (next: CheckedContinuation<String, Never>) in
        startThread {
          for number in 1...3 {
            DispatchQueue.main.async {
              guard number == 3 else { return }
              next.resume(returning: "queue: block \(number), \(Place.here)")
            }
          }
        }
      }
    }
  }

  private static func delay(_ loop: IOLoop) throws {
    try run(loop) {
      await withCheckedContinuation { (next: CheckedContinuation<String, Never>) in
        DispatchQueue.main.asyncAfter(deadline: .now() + .milliseconds(20)) {
          next.resume(returning: "delay: \(Place.here)")
        }
      }
    }
  }

  private static func detached(_ loop: IOLoop) throws {
    try run(loop) {
      await Task.detached { "detached: \(await Board.shared.note("detached"))" }.value
    }
  }

  /// A block that adds itself for ever holds up neither timers nor sockets nor callbacks.
  private static func flood(_ loop: IOLoop) throws {
    let flood = Flood()
    flood.again()
    try run(loop) {
      try await loop.sleep(for: .milliseconds(5))
      await loop.moment()
      let stream = try await echo(loop)
      flood.isOver = true
      return "flood: \(flood.count > 2), \(stream)"
    }
  }

  /// The other way round: a callback of the loop that adds itself for ever does not hold up the queue.
  private static func floodOfCallbacks(_ loop: IOLoop) throws {
    var isOver = false
    func again() {
      if !isOver { loop.addLocalCallback(again) }
    }
    again()
    try run(loop) {
      let text = await Board.shared.note("callbacks")
      isOver = true
      return "callbacks: \(text)"
    }
  }

  private static func echo(_ loop: IOLoop) async throws -> String {
    let sockets = try bindSockets(port: 0, address: "127.0.0.1")
    let server = EchoServer(on: loop)
    try server.addSockets(sockets)
    defer { server.stop() }
    let stream = try await IOStream.connect(to: sockets[0].address, on: loop)
    defer { stream.close() }
    try await stream.write(Array("echo\n".utf8))
    return String(decoding: try await stream.read(until: [10]).dropLast(), as: UTF8.self)
  }

  private static func otherThread(_ loop: IOLoop) throws {
    try run(loop) {
      await withCheckedContinuation { (next: CheckedContinuation<String, Never>) in
        startThread {
          do {
            try IOLoop.current.serveMainQueue()
            next.resume(returning: "other thread: served")
          } catch {
            next.resume(returning: "other thread: \(error)")
          }
          IOLoop.current.close()
        }
      }
    }
  }

  private static func end(_ loop: IOLoop) throws {
    loop.stopServingMainQueue()
    let flag = Flood()
    DispatchQueue.main.async { flag.count += 1 }
    try run(loop) {
      try await loop.sleep(for: .milliseconds(20))
      let before = flag.count
      try loop.serveMainQueue()
      try await loop.sleep(for: .milliseconds(1))
      while flag.count == 0 { await loop.moment() }
      return "end: \(before) before, \(flag.count) after"
    }
  }
}

/// Adds itself to the main queue until it is told to end.
private final class Flood: @unchecked Sendable {
  // @unchecked Sendable: used on the first thread only.
  var count = 0
  var isOver = false

  func again() {
    DispatchQueue.main.async { [self] in
      count += 1
      if !isOver { again() }
    }
  }
}

private final class EchoServer: TCPServer {
  override func handle(_ stream: IOStream, address: SocketAddress) async throws {
    try await stream.write(try await stream.read(until: [10]))
  }
}
