// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleLoop
public import Logging
import Synchronization

/// Where the log goes in tests.
///
/// The traits `.expectLog` and `.strictLog` and ``ExpectLog`` see to it themselves that they get the log. Two things they
/// cannot see: loggers of one's own that were made before the first of them was used, and a back end of one's own that was
/// set up by `LoggingSystem.bootstrap`. Call ``bootstrap(_:)`` for these, early.
public enum TestLogging {
  private struct State {
    var makeHandler: @Sendable (String) -> any LogHandler = { StreamLogHandler.standardError(label: $0) }
    var handlers: [String: any LogHandler] = [:]
  }

  private static let state = Mutex(State())

  /// Has the log go through the test kit, in place of `LoggingSystem.bootstrap`.
  ///
  /// May be called again; the last one counts.
  /// - Parameter makeHandler: Makes the handlers, by label, of what no test expects.
  public static func bootstrap(_ makeHandler: @escaping @Sendable (_ label: String) -> any LogHandler) {
    install()
    state.withLock { state in
      state.makeHandler = makeHandler
      state.handlers = [:]
    }
  }

  /// Has the log go through the test kit.
  ///
  /// Nobody gets past it before the log does.
  static func install() { installed }

  private static let installed: Void = {
    if Logger(label: "gale.testing").handler is StreamLogHandler {
      LoggingSystem.bootstrap { TestLogHandler(label: $0) }
    } else {
      // Somebody set it up. Its handlers get what no test expects; loggers other than Gale's stay with them.
      state.withLock { $0.makeHandler = { Logger(label: $0).handler } }
    }
    LogTap.activate { TestLogHandler(label: $0) }
  }()

  /// Gives a record to whom it would have gone without the test kit.
  static func forward(_ event: LogEvent, _ label: String) {
    let handler = state.withLock { state in
      if let known = state.handlers[label] { return known }
      let made = state.makeHandler(label)
      state.handlers[label] = made
      return made
    }
    if handler.logLevel <= event.level { handler.log(event: event) }
  }
}

/// Shows each record to the running test.
struct TestLogHandler: LogHandler {
  let label: String
  var logLevel = Logger.Level.trace
  var metadata: Logger.Metadata = [:]

  init(label: String) { self.label = label }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    var event = event
    if !metadata.isEmpty { event.metadata = metadata.merging(event.metadata ?? [:]) { $1 } }
    if let stack = LogStack.present, stack.take(TestLogRecord(event, label)) { return }
    TestLogging.forward(event, label)
  }
}

/// A record of the log.
public struct TestLogRecord: Sendable, CustomStringConvertible {
  /// The logger's label.
  public let label: String
  /// How severe it is.
  public let level: Logger.Level
  /// The message.
  public let message: String
  /// The error that was logged with it.
  public let error: (any Error)?
  /// What belongs to it.
  public let metadata: Logger.Metadata

  init(_ event: LogEvent, _ label: String) {
    self.label = label
    level = event.level
    message = event.message.description
    error = event.error
    metadata = event.metadata ?? [:]
  }

  /// One line: level, label and message.
  public var description: String { "\(level) \(label): \(message)" }
}

/// What wants to see the records of a test.
protocol LogFilter: AnyObject, Sendable {
  /// Takes a record that belongs to it; nobody else sees it then.
  func take(_ record: TestLogRecord) -> Bool
  /// Sees a record that nobody took.
  func see(_ record: TestLogRecord)
}

/// Those who want to see the records of one test, the innermost last.
final class LogStack: Sendable {
  @TaskLocal static var current: LogStack?

  private static let byLoop = Mutex<[ObjectIdentifier: LogStack]>([:])
  private let filters = Mutex<[any LogFilter]>([])
  /// Those around this test, when it runs inside of another one.
  private let outer: LogStack?

  init(inside outer: LogStack? = nil) { self.outer = outer }

  /// That of the running code: of its task, or of its thread's loop, for a plain callback belongs to no task.
  static var present: LogStack? {
    if let current { return current }
    guard let loop = IOLoop.currentIfPresent else { return nil }
    return byLoop.withLock { $0[ObjectIdentifier(loop)] }
  }

  func attach(to loop: IOLoop) { LogStack.byLoop.withLock { $0[ObjectIdentifier(loop)] = self } }

  func detach(from loop: IOLoop) { LogStack.byLoop.withLock { $0[ObjectIdentifier(loop)] = nil } }

  func push(_ filter: any LogFilter) { filters.withLock { $0.append(filter) } }

  func remove(_ filter: any LogFilter) { filters.withLock { $0.removeAll { $0 === filter } } }

  func take(_ record: TestLogRecord) -> Bool {
    let filters = filters.withLock { $0 }
    if filters.reversed().contains(where: { $0.take(record) }) { return true }
    if let outer, outer.take(record) { return true }
    for filter in filters { filter.see(record) }
    return false
  }
}
