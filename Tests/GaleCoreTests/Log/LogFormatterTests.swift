// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Logging
import Synchronization
import Testing

@testable import GaleCore

/// Keeps what is logged.
final class MemoryOutput: LogOutput {
  private let text = Mutex("")
  var content: String { text.withLock { $0 } }
  func write(_ line: String) { text.withLock { $0 += line } }
}

private struct Failure: Error, CustomStringConvertible {
  let description: String
}

private func record(
  _ message: String, level: Logger.Level = .info, error: String? = nil
) -> LogRecord {
  var record = LogRecord(
    label: "gale.test", level: level, message: message, errorText: error, file: "Module/Sub/AccessLog.swift",
    function: "log()", line: 40)
  record.seconds =
    LocalDateTime(year: 2026, month: 11, day: 23, hour: 9, minute: 5, second: 7)?.unixSeconds ?? 0
  record.milliseconds = 42
  return record
}

@Suite("log: LogFormatter")
struct LogFormatterTests {
  /// LOG-002.
  @Test(
    arguments: [
      (.trace, "D"), (.debug, "D"), (.info, "I"), (.notice, "I"), (.warning, "W"), (.error, "E"),
      (.critical, "C"),
    ] as [(Logger.Level, String)])
  func `a line has Tornado's form`(_ level: Logger.Level, _ letter: String) {
    let line = LogFormatter(color: false).format(record("foo", level: level))
    #expect(line == "[\(letter) 261123 09:05:07 AccessLog:40] foo")
  }

  /// LOG-003.
  @Test(
    arguments: [
      (.debug, 4), (.info, 2), (.warning, 3), (.error, 1), (.critical, 5),
    ] as [(Logger.Level, Int)])
  func `colours frame the head`(_ level: Logger.Level, _ color: Int) {
    let plain = LogFormatter(color: false).format(record("foo", level: level))
    let colored = LogFormatter(color: true).format(record("foo", level: level))
    #expect(colored == "\u{1B}[3\(color)m\(plain.dropLast(4))\u{1B}[0m foo")
  }

  /// LOG-004, R23: whatever is in a message, it is one record, and steers no terminal.
  @Test(arguments: [
    ("a\nb", "a\n    b"), ("a\r\nb", "a\n    b"), ("a\rb", "a\\x0db"), ("a\r\r\nb", "a\\x0d\n    b"),
    ("\n", "\n    "),
    ("a\tb", "a\tb"), ("\u{1B}[31mred", "\\x1b[31mred"), ("\u{0}\u{7F}", "\\x00\\x7f"),
    ("\u{9B}31m", "\\x9b31m"),
    ("é 李 😀", "é 李 😀"), ("¢ Â", "¢ Â"), ("", ""), ("a\r", "a\\x0d"),
    ("x\r\n[E 261123 09:05:07 AccessLog:40] forged", "x\n    [E 261123 09:05:07 AccessLog:40] forged"),
  ])
  func `a message cannot pass for another record`(_ message: String, _ shown: String) {
    let line = LogFormatter(color: false).format(record(message))
    #expect(line == "[I 261123 09:05:07 AccessLog:40] \(shown)")
  }

  @Test func `an error has lines of its own`() {
    let line = LogFormatter(color: false).format(record("caught", level: .error, error: "first\nsecond"))
    #expect(line == "[E 261123 09:05:07 AccessLog:40] caught\n    first\n    second")
  }

  @Test(arguments: [
    ("%(message)s", "foo"), ("%%|%(levelname)s|%(levelno)d", "%|INFO|20"),
    ("%(levelname)8s|%(levelname)-8s|", "    INFO|INFO    |"),
    ("%(lineno)05d %(msecs)03d", "00040 042"), ("%(levelname).2s", "IN"),
    ("%(module)s %(filename)s %(pathname)s", "AccessLog AccessLog.swift Module/Sub/AccessLog.swift"),
    ("%(name)s %(funcName)s", "gale.test log()"), ("%(color)s%(end_color)s", ""), ("", ""),
    ("%(asctime)s", "09:05"),
  ])
  func `other forms are possible`(_ format: String, _ expected: String) {
    let formatter = LogFormatter(format: format, dateFormat: "%H:%M", color: false)
    #expect(formatter?.format(record("foo")) == expected)
  }

  @Test(arguments: [
    "%", "%s", "%(message)", "%(message", "%(other)s", "%(message)x", "%(message)99999s", "100%",
  ])
  func `malformed forms are none`(_ format: String) {
    #expect(LogFormatter(format: format) == nil)
  }

  @Test func `colours can be others`() {
    let formatter = LogFormatter(
      format: "%(color)s%(message)s%(end_color)s", color: true, colors: [.info: 12, .error: 200])
    #expect(formatter?.format(record("a")) == "\u{1B}[94ma\u{1B}[0m")
    #expect(formatter?.format(record("a", level: .error)) == "\u{1B}[38;5;200ma\u{1B}[0m")
    #expect(formatter?.format(record("a", level: .debug)) == "a")
  }

  @Test func `a logger writes records with metadata and errors`() {
    let output = MemoryOutput()
    var logger = Logger(label: "gale.test") {
      PrettyLogHandler(
        label: $0,
        formatter: LogFormatter(format: "%(levelname)s %(module)s %(message)s", color: false)
          ?? LogFormatter(),
        output: output)
    }
    logger[metadataKey: "id"] = "7"
    logger.debug("not shown")
    logger.info("hello", metadata: ["b": "x\ny"])
    logger.logLevel = .debug
    logger.error("failed", error: Failure(description: "because\nof"))
    #expect(
      output.content == """
        INFO LogFormatterTests hello b=x
            y id=7
        ERROR LogFormatterTests failed id=7
            because
            of

        """)
  }
}
