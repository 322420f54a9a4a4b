// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

public import Logging
import Synchronization
public import Testing

/// Takes records of the log that a test expects, so that nobody else sees them: Tornado's `ExpectLog`.
///
/// ```swift
/// let expected = ExpectLog("gale.application", #/Uncaught exception/#, level: .error)
/// let response = try await expected.during { try await server.fetch("/broken") }
/// ```
///
/// It sees what is logged by the test's task, by tasks that inherit from it, and on the loop of a test with the trait
/// `.loop`; not what tests beside it log, nor threads that belong to no test. The first test that uses it begins to
/// collect: see ``TestLogging``.
public final class ExpectLog: LogFilter {
  private let label: String
  private let level: Logger.Level?
  private let isRequired: Bool
  private let isMatch: @Sendable (String) -> Bool
  private let taken = Mutex<[TestLogRecord]>([])

  /// Creates one that takes nothing yet, of messages that begin with a text.
  ///
  /// Parameters as those of the other one.
  public convenience init(
    _ label: String, _ text: String, level: Logger.Level? = nil, isRequired: Bool = true
  ) {
    self.init(label, level, isRequired) { $0.hasPrefix(text) }
  }

  /// Creates one that takes nothing yet.
  /// - Parameters:
  ///   - label: The logger's label; empty for any.
  ///   - pattern: What the message begins with.
  ///   - level: Only records of this level are taken; `nil` for those of every level.
  ///   - isRequired: Whether it is a failure when no such record comes.
  public convenience init<Pattern: RegexComponent & SendableMetatype>(
    _ label: String, _ pattern: @autoclosure @escaping @Sendable () -> Pattern, level: Logger.Level? = nil,
    isRequired: Bool = true
  ) {
    self.init(label, level, isRequired) { $0.prefixMatch(of: pattern()) != nil }
  }

  private init(
    _ label: String, _ level: Logger.Level?, _ isRequired: Bool,
    _ isMatch: @escaping @Sendable (String) -> Bool
  ) {
    self.label = label
    self.level = level
    self.isRequired = isRequired
    self.isMatch = isMatch
  }

  /// The records that it took.
  public var records: [TestLogRecord] { taken.withLock { $0 } }

  /// Whether one of them came with an error, or with more than one line: Tornado's `logged_stack`.
  public var loggedStack: Bool { records.contains { $0.error != nil || $0.message.contains("\n") } }

  /// Runs `body` and takes what it logs.
  ///
  /// A required record that does not come fails the test.
  public func during<Result>(
    sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> Result
  ) async throws -> Result {
    let result = try await withLogFilter(self, body)
    check(sourceLocation)
    return result
  }

  private func check(_ location: SourceLocation) {
    guard isRequired, records.isEmpty else { return }
    let kind = level.map { " of level \($0)" } ?? ""
    let from = label.isEmpty ? "" : " from \(label)"
    Issue.record("The log did not get the expected record\(kind)\(from)", sourceLocation: location)
  }

  func take(_ record: TestLogRecord) -> Bool {
    guard label.isEmpty || record.label == label, level ?? record.level == record.level,
      isMatch(record.message)
    else { return false }
    taken.withLock { $0.append(record) }
    return true
  }

  func see(_ record: TestLogRecord) {}
}

/// Shows `filter` what `body` logs.
func withLogFilter<Result>(
  _ filter: some LogFilter, _ body: () async throws -> Result
) async throws -> Result {
  TestLogging.install()
  let stack = LogStack.current ?? LogStack()
  stack.push(filter)
  defer { stack.remove(filter) }
  guard LogStack.current == nil else { return try await body() }
  return try await LogStack.$current.withValue(stack) { try await body() }
}

/// Expects a record of the log during a test; see ``ExpectLog``.
public struct ExpectLogTrait: TestTrait, SuiteTrait, TestScoping {
  let make: @Sendable () -> ExpectLog

  /// On a suite: each of its tests expects the record.
  public var isRecursive: Bool { true }

  /// Runs a test; for Swift Testing.
  public func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
  ) async throws {
    try await make().during(sourceLocation: test.sourceLocation) { try await function() }
  }
}

extension Trait where Self == ExpectLogTrait {
  /// Takes the records of the log that begin with `text`, of which there must be one unless told otherwise.
  ///
  /// Parameters as those of ``ExpectLog``.
  public static func expectLog(
    _ label: String, _ text: String, level: Logger.Level? = nil, isRequired: Bool = true
  ) -> Self {
    ExpectLogTrait { ExpectLog(label, text, level: level, isRequired: isRequired) }
  }

  /// Takes the records of the log that begin with `pattern`, of which there must be one unless told otherwise.
  ///
  /// Parameters as those of ``ExpectLog``.
  public static func expectLog<Pattern: RegexComponent & SendableMetatype>(
    _ label: String, _ pattern: @autoclosure @escaping @Sendable () -> Pattern, level: Logger.Level? = nil,
    isRequired: Bool = true
  ) -> Self {
    ExpectLogTrait { ExpectLog(label, pattern(), level: level, isRequired: isRequired) }
  }
}

/// Fails a test that logs something severe which it did not expect: what Tornado's own test runner does.
public struct StrictLogTrait: TestTrait, SuiteTrait, TestScoping {
  let level: Logger.Level

  /// On a suite: it holds for each of its tests.
  public var isRecursive: Bool { true }

  /// Runs a test; for Swift Testing.
  public func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
  ) async throws {
    try await withStrictLog(level, sourceLocation: test.sourceLocation) { try await function() }
  }
}

/// Runs `body`, and fails the test for everything of `level`, or more severe, that it logs without expecting it.
public func withStrictLog<Result>(
  _ level: Logger.Level = .warning, sourceLocation: SourceLocation = #_sourceLocation,
  _ body: () async throws -> Result
) async throws -> Result {
  let filter = StrictLog(level)
  defer {
    for record in filter.records {
      Issue.record("Unexpected record of the log: \(record)", sourceLocation: sourceLocation)
    }
  }
  return try await withLogFilter(filter, body)
}

extension Trait where Self == StrictLogTrait {
  /// Fails the test when it logs a warning or an error that it did not expect; see ``ExpectLog``.
  public static var strictLog: Self { strictLog(.warning) }

  /// Fails the test when it logs something of `level`, or more severe, that it did not expect.
  public static func strictLog(_ level: Logger.Level) -> Self { StrictLogTrait(level: level) }
}

/// Notes records that nobody took.
private final class StrictLog: LogFilter {
  private let level: Logger.Level
  private let noted = Mutex<[TestLogRecord]>([])

  init(_ level: Logger.Level) { self.level = level }

  var records: [TestLogRecord] { noted.withLock { $0 } }

  func take(_ record: TestLogRecord) -> Bool { false }

  func see(_ record: TestLogRecord) {
    if record.level >= level { noted.withLock { $0.append(record) } }
  }
}
