// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

public import Logging

/// A back end of swift-log that writes records in Tornado's form, one line each:
/// `[I 261123 10:00:00 AccessLog:40] 200 GET / …`.
///
/// Metadata stands behind the message, `key=value`, and an error in lines of its own. See ``LogFormatter``.
public struct PrettyLogHandler: LogHandler {
  /// The least severe level that is written.
  public var logLevel: Logger.Level
  /// What every record carries.
  public var metadata: Logger.Metadata = [:]
  /// Adds what is known where the record is logged: by default what ``LogContext`` says.
  public var metadataProvider: Logger.MetadataProvider? = LogContext.provider
  private let label: String
  private let formatter: LogFormatter
  private let output: any LogOutput

  /// Creates the handler of one logger.
  /// - Parameters:
  ///   - label: The logger's name.
  ///   - level: The least severe level that is written.
  ///   - formatter: Makes the lines.
  ///   - output: Where they go.
  public init(
    label: String, level: Logger.Level = .info, formatter: LogFormatter = LogFormatter(),
    output: any LogOutput = StandardErrorOutput()
  ) {
    self.label = label
    logLevel = level
    self.formatter = formatter
    self.output = output
  }

  /// One item of the metadata.
  public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  /// Writes a record.
  public func log(event: LogEvent) {
    let provided = metadataProvider?.get() ?? [:]
    let all = metadata.merging(provided) { $1 }.merging(event.metadata ?? [:]) { $1 }
    let details = all.isEmpty ? "" : " " + all.map { "\($0.key)=\($0.value)" }.sorted().joined(separator: " ")
    let record = LogRecord(
      label: label, level: event.level, message: "\(event.message)\(details)",
      errorText: event.error.map { "\($0)" }, file: event.file, function: event.function, line: event.line)
    let text = formatter.format(record) + "\n"
    output.write(output.takesPriorities ? PrettyLogHandler.prioritize(text, event.level) : text)
  }

  /// The text with the priority before each of its lines: the journal takes each for a record.
  static func prioritize(_ text: String, _ level: Logger.Level) -> String {
    var result = ""
    for line in text.split(separator: "\n") { result += "<\(level.journalPriority)>\(line)\n" }
    return result
  }
}

extension Logger.Level {
  /// The number that syslog(3) and systemd's journal have for it.
  package var journalPriority: Int {
    switch self {
    case .trace, .debug: 7
    case .info: 6
    case .notice: 5
    case .warning: 4
    case .error: 3
    case .critical: 2
    }
  }
}
