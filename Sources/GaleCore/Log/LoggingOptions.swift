// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Logging
import Synchronization

/// The options for logging, by Tornado's names.
enum LoggingOptions {
  static let logging = OptionKey<String?>(name: "logging")
  static let logToStderr = OptionKey<Bool?>(name: "log_to_stderr")
  static let logFilePrefix = OptionKey<String?>(name: "log_file_prefix")
  static let logFileMaxSize = OptionKey<Int>(name: "log_file_max_size")
  static let logFileNumBackups = OptionKey<Int>(name: "log_file_num_backups")
  static let logRotateWhen = OptionKey<String>(name: "log_rotate_when")
  static let logRotateInterval = OptionKey<Int>(name: "log_rotate_interval")
  static let logRotateMode = OptionKey<String>(name: "log_rotate_mode")
}

/// Adds the options for logging to `parser`, and has logging set up by them after it has parsed, like
/// Tornado's `define_logging_options`.
///
/// ``options`` has them already.
public func defineLoggingOptions(_ parser: OptionParser) {
  parser.define(
    LoggingOptions.logging.name, default: Optional("info"),
    help: "The least severe level that is logged; with 'none', logging is left as it is.",
    metavar: "debug|info|warning|error|none")
  parser.define(
    LoggingOptions.logToStderr.name, as: Bool.self,
    help: "Log to standard error, in colours if it is a terminal that has them. "
      + "Without this option: if there is no --log-file-prefix.")
  parser.define(
    LoggingOptions.logFilePrefix.name, as: String.self,
    help: "Log to this file; each process needs one of its own.", metavar: "PATH")
  parser.define(
    LoggingOptions.logFileMaxSize.name, default: 100_000_000,
    help: "The size in bytes at which a log file is put aside.")
  parser.define(
    LoggingOptions.logFileNumBackups.name, default: 10, help: "How many of those files are kept.")
  parser.define(
    LoggingOptions.logRotateWhen.name, default: "midnight",
    help: "When log files are put aside in the mode 'time': S, M, H, D, W0 to W6, or midnight.")
  parser.define(
    LoggingOptions.logRotateInterval.name, default: 1, help: "After how many of these times.")
  parser.define(
    LoggingOptions.logRotateMode.name, default: "size", help: "What log files are put aside by: size or time."
  )
  parser.addParseCallback { [unowned parser] in try enablePrettyLogging(parser) }
}

/// Sets up swift-log by the options for logging, like Tornado's `enable_pretty_logging`.
///
/// Parsing does it. It applies to loggers that are made afterwards. With `--logging=none` it does nothing:
/// that is for programs that call `LoggingSystem.bootstrap` themselves, which can only be done once.
/// - Throws: ``OptionError`` `.invalidValue` for a level or rotation that there is not; ``LogFileError``.
public func enablePrettyLogging(_ parser: OptionParser = options) throws {
  guard let makeHandler = try makeLogHandlers(parser) else { return }
  let isFirst = PrettyLogging.makeHandler.withLock { present in
    defer { present = makeHandler }
    return present == nil
  }
  guard isFirst else { return }
  LoggingSystem.bootstrap { label in
    PrettyLogging.makeHandler.withLock { $0 }?(label) ?? SwiftLogNoOpLogHandler()
  }
}

private enum PrettyLogging {
  static let makeHandler = Mutex<(@Sendable (String) -> any LogHandler)?>(nil)
}

/// What makes a logger's handler by the options; `nil` when logging is to be left as it is.
func makeLogHandlers(_ parser: OptionParser) throws -> (@Sendable (_ label: String) -> any LogHandler)? {
  guard let name = parser[LoggingOptions.logging]?.lowercased(), name != "none" else { return nil }
  let levels: [String: Logger.Level] = [
    "debug": .debug, "info": .info, "warning": .warning, "error": .error, "critical": .critical,
  ]
  guard let level = levels[name] else {
    throw OptionError.invalid(name, "debug, info, warning, error or none").about("logging")
  }
  let file = try makeLogFile(parser)
  let usesStandardError = parser[LoggingOptions.logToStderr] ?? (file == nil)
  return { label in
    var handlers: [any LogHandler] = []
    if let file {
      handlers.append(
        PrettyLogHandler(label: label, level: level, formatter: LogFormatter(color: false), output: file))
    }
    if usesStandardError { handlers.append(PrettyLogHandler(label: label, level: level)) }
    guard handlers.count != 1 else { return handlers[0] }
    return handlers.isEmpty ? SwiftLogNoOpLogHandler() : MultiplexLogHandler(handlers)
  }
}

private func makeLogFile(_ parser: OptionParser) throws -> LogFile? {
  guard let path = parser[LoggingOptions.logFilePrefix], !path.isEmpty else { return nil }
  let rotation: LogRotation
  switch parser[LoggingOptions.logRotateMode] {
  case "size": rotation = .size(parser[LoggingOptions.logFileMaxSize])
  case "time":
    let when = parser[LoggingOptions.logRotateWhen]
    guard let time = LogRotationTime(when: when, interval: parser[LoggingOptions.logRotateInterval]) else {
      throw OptionError.invalid(when, "a time at which files can be put aside").about("log-rotate-when")
    }
    rotation = .time(time)
  case let other: throw OptionError.invalid(other, "\"size\" or \"time\"").about("log-rotate-mode")
  }
  return try LogFile(path: path, rotation: rotation, backupCount: parser[LoggingOptions.logFileNumBackups])
}
