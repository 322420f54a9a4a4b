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
    output.write(formatter.format(record) + "\n")
  }
}
