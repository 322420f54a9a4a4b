// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

package import GaleCore
package import GaleHTTP
import GaleLoop
import Logging
import Synchronization

/// What is logged, and where.
package struct LogSettings: Sendable {
  package enum Level: String, CaseIterable, Sendable { case debug, info, warning, error, critical }

  /// Where requests are logged.
  package enum AccessDestination: Hashable, Sendable {
    case none
    /// Among everything else: on standard error, the severe ones of `log-level`.
    case standard
    /// `-`.
    case standardOutput
    case file(String)
  }

  /// The least severe records.
  package var level = Level.info
  /// The file for everything but requests; `nil` for standard error.
  package var errorFile: String?
  /// Where requests are logged.
  package var access = AccessDestination.standard
  /// What a request's line looks like.
  package var accessFormat = AccessLogFormat.tornado
  /// Paths whose requests are not logged.
  package var accessExcluded: [String] = []
  /// Requests that took less than so many seconds are not logged.
  package var accessMinimumDuration = 0.0

  package init() {}

  init(_ reader: SettingReader, standardLevel: Level) throws(ServeError) {
    level = try reader.choice("log-level", default: standardLevel)
    if case let path? = try reader.text("error-log"), path != "-" { errorFile = path }
    access = try LogSettings.destination(reader)
    if let text = try reader.text("access-log-format", default: "tornado") {
      do throws(AccessLogFormatError) { accessFormat = try AccessLogFormat(name: text) } catch {
        throw reader.complaint("access-log-format", "cannot be used: \(error.message)")
      }
    }
    accessExcluded = try reader.texts("access-log-exclude")
    accessMinimumDuration =
      try reader.number("access-log-min-duration", 0...Double.infinity, default: accessMinimumDuration)
      ?? accessMinimumDuration
  }

  /// `access-log` is a file, `-`, or says whether there is to be a log.
  private static func destination(_ reader: SettingReader) throws(ServeError) -> AccessDestination {
    if case .flag? = reader.find("access-log")?.value {
      return try reader.flag("access-log", default: true) ? .standard : .none
    }
    switch try reader.text("access-log") {
    case nil: return .standard
    case "-": return .standardOutput
    case let text?:
      switch text.lowercased() {
      case "0", "false", "no", "off", "none": return .none
      case "1", "true", "yes", "on": return .standard
      default: return .file(text)
      }
    }
  }

  /// Has everything logged in this process as the settings say; relative paths start from the present directory.
  /// - Throws: ``ServeError`` when a file cannot be opened.
  package func start() throws(ServeError) -> ServeLogs {
    let logs: ServeLogs
    do throws(LogFileError) { logs = try ServeLogs(self) } catch {
      throw ServeError(.system, error.description)
    }
    let level = Logger.Level(rawValue: self.level.rawValue) ?? .info
    let output: any LogOutput = logs.errors ?? StandardErrorOutput()
    let formatter = LogFormatter(color: logs.errors == nil && StandardErrorOutput.supportsColor)
    LoggingStart.once {
      LoggingSystem.bootstrap { label in
        // Requests have a log of their own, or none.
        let level = label == "gale.access" ? Logger.Level.critical : level
        return PrettyLogHandler(label: label, level: level, formatter: formatter, output: output)
      }
    }
    return logs
  }

  func makeAccessLog() throws(LogFileError) -> AccessLog? {
    let writer: LogWriter
    var minimumStatus = 0
    switch access {
    case .none: return nil
    case .standard:
      writer = .standardError
      minimumStatus = level.leastStatus
    case .standardOutput: writer = .standardOutput
    case .file(let path): writer = try LogWriter(path: ServeLogs.absolute(path))
    }
    return AccessLog(
      accessFormat, to: writer, excluding: accessExcluded, minimumDuration: .seconds(accessMinimumDuration),
      minimumStatus: minimumStatus)
  }
}

extension LogSettings.Level {
  /// The lowest status whose line is as severe: those of 4xx are warnings, those of 5xx errors.
  fileprivate var leastStatus: Int {
    switch self {
    case .debug, .info: 0
    case .warning: 400
    case .error: 500
    case .critical: 1000
    }
  }
}

/// A process decides once where its records go: a program of Python's that has used Gale keeps them when it then runs
/// the command line.
enum LoggingStart {
  private static let isOver = Mutex(false)

  static func once(_ body: () -> Void) {
    let isFirst = isOver.withLock { isOver in
      defer { isOver = true }
      return !isOver
    }
    if isFirst { body() }
  }
}

/// The log files of this process.
package struct ServeLogs: Sendable {
  /// `nil` when requests are not logged.
  package let access: AccessLog?
  /// `nil` for standard error.
  package let errors: LogFile?

  init(_ settings: LogSettings) throws(LogFileError) {
    access = try settings.makeAccessLog()
    errors = try settings.errorFile.map { (path) throws(LogFileError) in
      try LogFile(path: Self.absolute(path), rotation: .watched)
    }
  }

  /// Opens the files again under their names.
  func reopen() {
    access?.writer.reopen()
    do throws(LogFileError) { try errors?.reopen() } catch {
      Logger(label: "gale.general").error("\(error.description)")
    }
  }

  /// Writes what waits.
  func flush() { access?.writer.flush() }

  /// The directory changes later, and files are opened again.
  static func absolute(_ path: String) -> String {
    path.hasPrefix("/") ? path : WorkingDirectory.current + "/" + path
  }
}
