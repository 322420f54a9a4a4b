// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Logging
import Synchronization
import TestSupport
import Testing

@testable import GaleCore

private func content(_ directory: TemporaryDirectory, _ name: String) -> String? {
  try? String(contentsOfFile: directory.path(name), encoding: .utf8)
}

private func names(_ directory: TemporaryDirectory) -> [String] {
  ((try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? []).sorted()
}

private func seconds(_ text: String) throws -> Int { try LocalDateTime.parse(option: text).unixSeconds }

@Suite("log: files")
struct LogFileTests {
  // MARK: - By size (LOG-010)

  @Test func `a file is put aside before it is too large`() throws {
    let directory = try TemporaryDirectory()
    let file = try LogFile(path: directory.path("log"), rotation: .size(10), backupCount: 2)
    for text in ["1234\n", "5678\n", "abcd\n", "a long record\n", "x\n"] { file.write(text) }
    #expect(names(directory) == ["log", "log.1", "log.2"])
    #expect(content(directory, "log") == "x\n")
    #expect(content(directory, "log.1") == "a long record\n")
    #expect(content(directory, "log.2") == "abcd\n")
  }

  @Test func `an existing file is gone on with, and without backups none is put aside`() throws {
    let directory = try TemporaryDirectory()
    try directory.write(Array("12345678\n".utf8), to: "log")
    let file = try LogFile(path: directory.path("log"), rotation: .size(12), backupCount: 1)
    file.write("a\n")
    file.write("b\n")
    #expect(content(directory, "log.1") == "12345678\na\n")
    #expect(content(directory, "log") == "b\n")
    let endless = try LogFile(path: directory.path("endless"), rotation: .size(1), backupCount: 0)
    for _ in 0..<3 { endless.write("a\n") }
    #expect(content(directory, "endless") == "a\na\na\n")
    #expect(names(directory).count == 3)
  }

  @Test func `a watched file is opened again once it was put aside`() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path("log")
    let file = try LogFile(path: path, rotation: .watched)
    file.write("a\n")
    try FileManager.default.moveItem(atPath: path, toPath: directory.path("log.1"))
    file.write("b\n")
    #expect(content(directory, "log.1") == "a\n")
    #expect(content(directory, "log") == "b\n")
  }

  @Test(arguments: [
    (Logger.Level.trace, 7), (.debug, 7), (.info, 6), (.notice, 5), (.warning, 4), (.error, 3),
    (.critical, 2),
  ])
  func `for the journal each line has its priority`(_ level: Logger.Level, _ number: Int) {
    #expect(PrettyLogHandler.prioritize("a\n    b\n", level) == "<\(number)>a\n<\(number)>    b\n")
  }

  @Test func `only an output that takes priorities gets them`() {
    final class Lines: LogOutput {
      let text = Mutex("")
      let takesPriorities: Bool
      init(_ takesPriorities: Bool) { self.takesPriorities = takesPriorities }
      func write(_ line: String) { text.withLock { $0 += line } }
    }
    for takes in [true, false] {
      let output = Lines(takes)
      let handler = PrettyLogHandler(label: "a", formatter: LogFormatter(color: false), output: output)
      Logger(label: "a") { _ in handler }.error("hello")
      #expect(output.text.withLock { $0.hasPrefix("<3>[E ") } == takes)
    }
  }

  // MARK: - By time (LOG-012)

  /// What Python's `computeRollover` says, save that midnight is midnight also when clocks change.
  @Test(arguments: [
    ("S", 1, "2026-11-04 23:59:59", "2026-11-05 00:00:00"),
    ("s", 30, "2026-03-07 12:00:00", "2026-03-07 12:00:30"),
    ("M", 5, "2026-03-07 12:00:00", "2026-03-07 12:05:00"),
    ("H", 1, "2026-11-02 00:00:00", "2026-11-02 01:00:00"),
    ("D", 2, "2026-03-08 12:00:00", "2026-03-10 12:00:00"),
    ("midnight", 1, "2026-03-07 12:00:00", "2026-03-08 00:00:00"),
    ("MIDNIGHT", 1, "2026-11-02 00:00:00", "2026-11-03 00:00:00"),
    ("midnight", 3, "2026-11-02 07:00:00", "2026-11-05 00:00:00"),
    ("W0", 1, "2026-03-07 12:00:00", "2026-03-10 00:00:00"),
    ("W0", 1, "2026-11-02 00:00:00", "2026-11-03 00:00:00"),
    ("W0", 1, "2026-11-04 23:59:59", "2026-11-10 00:00:00"),
    ("W6", 1, "2026-03-08 12:00:00", "2026-03-09 00:00:00"),
    ("W6", 1, "2026-11-02 00:00:00", "2026-11-09 00:00:00"),
    ("W2", 1, "2026-11-04 23:59:59", "2026-11-05 00:00:00"),
    ("w2", 1, "2026-03-07 12:00:00", "2026-03-12 00:00:00"),
  ])
  func `times come as in Python`(_ when: String, _ interval: Int, _ now: String, _ expected: String) throws {
    let time = try #require(LogRotationTime(when: when, interval: interval))
    #expect(time.next(after: try seconds(now)) == (try seconds(expected)))
  }

  /// In a process of its own, which has another time zone.
  @Test func `midnight is midnight on days that are longer or shorter`() async {
    await #expect(processExitsWith: .success) {
      // SAFETY: nothing else runs here.
      unsafe setenv("TZ", "America/New_York", 1)
      tzset()
      let time = try #require(LogRotationTime(when: "midnight"))
      for (now, expected) in [
        ("2026-11-01 00:30", "2026-11-02 00:00"), ("2026-03-08 01:00", "2026-03-09 00:00"),
      ] {
        #expect(time.next(after: try seconds(now)) == (try seconds(expected)))
      }
      let sunday = try #require(LogRotationTime(when: "W6"))
      #expect(sunday.next(after: try seconds("2026-11-01 00:30")) == (try seconds("2026-11-02 00:00")))
    }
  }

  @Test(arguments: ["", "X", "W7", "W", "W10", "never"])
  func `there are no other times`(_ when: String) {
    #expect(LogRotationTime(when: when) == nil)
    #expect(LogRotationTime(when: "D", interval: 0) == nil)
  }

  @Test func `files that were put aside are named by their time, and the oldest go`() throws {
    let directory = try TemporaryDirectory()
    let start = try seconds("2026-11-20 10:00")
    let now = Mutex(start)
    let time = try #require(LogRotationTime(when: "midnight"))
    let file = try LogFile(path: directory.path("log"), rotation: .time(time), backupCount: 2) {
      now.withLock { $0 }
    }
    try directory.write([], to: "log.other")
    for day in 0..<5 {
      now.withLock { $0 = start + day * 86400 }
      file.write("morning \(day)\n")
      file.write("noon \(day)\n")
    }
    #expect(names(directory) == ["log", "log.2026-11-22", "log.2026-11-23", "log.other"])
    #expect(content(directory, "log") == "morning 4\nnoon 4\n")
    #expect(content(directory, "log.2026-11-23") == "morning 3\nnoon 3\n")
  }

  // MARK: - Trouble (R24, R25)

  @Test func `a file that others put aside is opened again`() throws {
    let directory = try TemporaryDirectory()
    let file = try LogFile(path: directory.path("log"))
    file.write("1\n")
    try FileManager.default.moveItem(atPath: directory.path("log"), toPath: directory.path("old"))
    file.write("2\n")
    try file.reopen()
    file.write("3\n")
    #expect(content(directory, "old") == "1\n2\n")
    #expect(content(directory, "log") == "3\n")
  }

  @Test func `records that cannot be written are counted`() throws {
    let full = try LogFile(path: "/dev/full")
    for _ in 0..<3 { full.write("lost\n") }
    // The same file, once there is room again.
    let directory = try TemporaryDirectory()
    let path = directory.path("log")
    try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "/dev/full")
    let file = try LogFile(path: path)
    for _ in 0..<3 { file.write("lost\n") }
    try FileManager.default.removeItem(atPath: path)
    try file.reopen()
    file.write("written\n")
    #expect(content(directory, "log") == "\n(3 log records were lost)\nwritten\n")
  }

  @Test func `a file that cannot be opened is told`() {
    #expect(throws: LogFileError(path: "/no/such/log", systemError: ENOENT)) {
      try LogFile(path: "/no/such/log")
    }
    #expect(
      "\(LogFileError(path: "x", systemError: ENOENT))" == "cannot open log file x: No such file or directory"
    )
  }

  @Test func `threads write whole records`() async throws {
    let directory = try TemporaryDirectory()
    let file = try LogFile(path: directory.path("log"), rotation: .size(2000), backupCount: 1000)
    await withTaskGroup(of: Void.self) { group in
      for task in 0..<8 {
        group.addTask { for index in 0..<100 { file.write("task \(task) record \(index)\n") } }
      }
    }
    let lines = names(directory).flatMap { (content(directory, $0) ?? "").split(separator: "\n") }
    #expect(Set(lines).count == 800 && lines.count == 800)
    #expect(names(directory).count > 5)
  }
}

@Suite("log: options")
struct LoggingOptionsTests {
  private func loggers(_ arguments: String...) throws -> Logger? {
    let parser = OptionParser()
    defineLoggingOptions(parser)
    try parser.parseCommandLine(["main"] + arguments, final: false)
    return try makeLogHandlers(parser).map { make in Logger(label: "gale.test", factory: make) }
  }

  /// LOG-005, LOG-007.
  @Test(
    arguments: [
      ("debug", .debug), ("info", .info), ("warning", .warning), ("error", .error), ("critical", .critical),
      ("INFO", .info),
    ] as [(String, Logger.Level)])
  func `the level is set`(_ name: String, _ level: Logger.Level) throws {
    #expect(try loggers("--logging=\(name)")?.logLevel == level)
  }

  @Test func `none leaves logging alone, and the default is info`() throws {
    #expect(try loggers("--logging=none") == nil)
    #expect(try loggers("--logging=None") == nil)
    #expect(try loggers()?.logLevel == .info)
    #expect(throws: OptionError.self) { try loggers("--logging=loud") }
    let parser = OptionParser()
    defineLoggingOptions(parser)
    try parser.set(LoggingOptions.logging, to: nil)
    #expect(try makeLogHandlers(parser) == nil)
  }

  /// LOG-009, LOG-011.
  @Test(arguments: ["size", "time"])
  func `records go to a file`(_ mode: String) throws {
    let directory = try TemporaryDirectory()
    let logger = try loggers("--log-file-prefix=\(directory.path("test_log"))", "--log-rotate-mode=\(mode)")
    logger?.error("hello")
    logger?.debug("not shown")
    #expect(names(directory) == ["test_log"])
    let line = try #require(content(directory, "test_log"))
    #expect(line.contains(/^\[E \d{6} \d\d:\d\d:\d\d LogFileTests:\d+\] hello\n$/))
  }

  @Test(arguments: [
    ["--log-rotate-mode=wrong"], ["--log-rotate-mode=time", "--log-rotate-when=never"],
    ["--log-rotate-mode=time", "--log-rotate-interval=0"],
  ])
  func `there are no other modes`(_ arguments: [String]) throws {
    let directory = try TemporaryDirectory()
    let parser = OptionParser()
    defineLoggingOptions(parser)
    try parser.parseCommandLine(
      ["main", "--log-file-prefix=\(directory.path("x"))"] + arguments, final: false)
    #expect(throws: OptionError.self) { try makeLogHandlers(parser) }
  }

  /// LOG-006, LOG-008: parsing sets logging up, as often as it is done; here is a process for each case.
  @Test func `parsing sets up logging on standard error`() async {
    let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      try options.parseCommandLine(["main", "--logging=warning"])
      Logger(label: "gale.test").warning("first")
      Logger(label: "gale.test").info("hidden")
      try options.parseCommandLine(["main", "--logging=info"])
      Logger(label: "gale.test").info("second")
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains(/\[W \d{6} \d\d:\d\d:\d\d LogFileTests:\d+\] first\n/))
    #expect(text.contains(/\[I [^\]]*\] second\n/))
    #expect(!text.contains("hidden"))
  }

  @Test func `a file takes the place of standard error, unless both are asked for`() async throws {
    let directory = try TemporaryDirectory()
    for both in [false, true] {
      let path = directory.path("log-\(both)")
      let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
        [path = path as String, both = both as Bool] in
        try options.parseCommandLine(
          ["main", "--log_file_prefix=\(path)"] + (both ? ["--log_to_stderr"] : []))
        Logger(label: "gale.test").error("hello")
      }
      let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
      #expect(text.contains("hello") == both)
      #expect(content(directory, "log-\(both)")?.contains("hello") == true)
    }
  }

  @Test func `logging that the program set up itself stays`() async {
    let result = await #expect(processExitsWith: .success, observing: [\.standardErrorContent]) {
      LoggingSystem.bootstrap { _ in SwiftLogNoOpLogHandler() }
      try options.parseCommandLine(["main", "--logging=none"])
      Logger(label: "gale.test").error("hello")
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(!text.contains("hello"))
  }
}
