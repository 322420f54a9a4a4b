// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

public import Logging

/// What a log line is made of.
public struct LogRecord: Sendable {
  /// The logger's label.
  public var label: String
  /// How severe it is.
  public var level: Logger.Level
  /// The message, with its metadata.
  public var message: String
  /// The text of the error that the record is about.
  public var errorText: String?
  /// The file that logged it, as the compiler names it: `Module/File.swift`.
  public var file: String
  /// The function that logged it.
  public var function: String
  /// The line in the file.
  public var line: UInt
  /// When it was logged, in Unix seconds.
  public var seconds: Int
  /// The milliseconds behind them, 0…999.
  public var milliseconds: Int

  /// Makes a record of now.
  public init(
    label: String, level: Logger.Level, message: String, errorText: String? = nil, file: String = #fileID,
    function: String = #function, line: UInt = #line
  ) {
    self.label = label
    self.level = level
    self.message = message
    self.errorText = errorText
    self.file = file
    self.function = function
    self.line = line
    (seconds, milliseconds) = LogTime.now()
  }

  /// The file's name without directories.
  var fileName: Substring { file.split(separator: "/").last ?? "" }

  /// The file's name without `.swift`.
  var module: Substring {
    let name = fileName
    return name.hasSuffix(".swift") ? name.dropLast(6) : name
  }
}

extension Logger.Level {
  /// Python's name: only five are left of the seven.
  var pythonName: String {
    switch self {
    case .trace, .debug: "DEBUG"
    case .info, .notice: "INFO"
    case .warning: "WARNING"
    case .error: "ERROR"
    case .critical: "CRITICAL"
    }
  }

  /// Python's number.
  var pythonNumber: Int {
    switch self {
    case .trace, .debug: 10
    case .info, .notice: 20
    case .warning: 30
    case .error: 40
    case .critical: 50
    }
  }
}
