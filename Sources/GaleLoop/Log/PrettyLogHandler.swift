// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import CSystem
import Glibc
public import Logging
import Synchronization

/// Writes `text` to standard error as it is.
public func printToStandardError(_ text: String) {
  var text = text
  // SAFETY: the string lends its bytes for the call. What cannot be written there cannot be reported.
  _ = text.withUTF8 { unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
}

/// Writes log records in Tornado's form, one line each: `[I 261123 10:00:00 AccessLog:40] 200 GET / …`.
///
/// Line breaks inside a message are indented, so that no message can pretend to be another. Colours
/// are used when standard error is a terminal.
public struct PrettyLogHandler: LogHandler {
  /// The least severe level that is written.
  public var logLevel: Logger.Level
  /// What every record carries.
  public var metadata: Logger.Metadata = [:]
  private let label: String
  private static let lock = Mutex(())
  private static let hasColor = isatty(STDERR_FILENO) == 1

  /// Creates the handler of one logger.
  public init(label: String, level: Logger.Level = .info) {
    self.label = label
    logLevel = level
  }

  /// One item of the metadata.
  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  /// Writes a record.
  public func log(event: LogEvent) {
    let all = metadata.merging(event.metadata ?? [:]) { $1 }
    let details = all.isEmpty ? "" : " " + all.map { "\($0.key)=\($0.value)" }.sorted().joined(separator: " ")
    let text = "\(event.message)".split(separator: "\n", omittingEmptySubsequences: false).joined(
      separator: "\n    ")
    let head =
      "[\(PrettyLogHandler.letter(event.level)) \(PrettyLogHandler.now()) \(place(event.file)):\(event.line)]"
    let (color, end) =
      PrettyLogHandler.hasColor ? (PrettyLogHandler.color(event.level), "\u{1B}[0m") : ("", "")
    PrettyLogHandler.write("\(color)\(head)\(end) \(text)\(details)\n")
  }

  private func place(_ file: String) -> Substring {
    let name = file.split(separator: "/").last ?? ""
    return name.hasSuffix(".swift") ? name.dropLast(6) : name
  }

  private static func write(_ line: String) {
    lock.withLock { _ in printToStandardError(line) }
  }

  private static func letter(_ level: Logger.Level) -> String {
    switch level {
    case .trace, .debug: "D"
    case .info, .notice: "I"
    case .warning: "W"
    case .error: "E"
    case .critical: "C"
    }
  }

  private static func color(_ level: Logger.Level) -> String {
    switch level {
    case .trace, .debug: "\u{1B}[34m"
    case .info, .notice: "\u{1B}[32m"
    case .warning: "\u{1B}[33m"
    case .error: "\u{1B}[31m"
    case .critical: "\u{1B}[35m"
    }
  }

  /// Local time as `yymmdd HH:MM:SS`.
  private static func now() -> String {
    var seconds = time_t(gale_wall_seconds())
    var parts = unsafe tm()
    // SAFETY: both live for the call.
    unsafe localtime_r(&seconds, &parts)
    let numbers = unsafe [
      parts.tm_year % 100, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
    ]
    let text = numbers.map { $0 < 10 ? "0\($0)" : "\($0)" }
    return "\(text[0])\(text[1])\(text[2]) \(text[3]):\(text[4]):\(text[5])"
  }
}
