// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Glibc
public import Logging

/// Makes log lines of records, in Tornado's form: `[I 261123 10:00:00 AccessLog:40] 200 GET / …`.
///
/// Each line break in a message is followed by four blanks, and other control characters are shown as
/// `\xNN`: so nothing that was sent can pass for another record, or command a terminal.
public struct LogFormatter: Sendable {
  /// Tornado's format.
  public static let defaultFormat =
    "%(color)s[%(levelname)1.1s %(asctime)s %(module)s:%(lineno)d]%(end_color)s %(message)s"
  /// Tornado's form of `asctime`, for `strftime`.
  public static let defaultDateFormat = "%y%m%d %H:%M:%S"
  /// Tornado's colours: numbers of a terminal's palette.
  public static let defaultColors: [Logger.Level: Int] = [
    .trace: 4, .debug: 4, .info: 2, .notice: 2, .warning: 3, .error: 1, .critical: 5,
  ]

  private let parts: [Part]
  private let dateFormat: String
  private let colors: [Logger.Level: Int]

  /// Tornado's form.
  /// - Parameter color: Whether to write colours.
  public init(color: Bool = StandardErrorOutput.supportsColor) {
    parts = Part.defaultParts
    dateFormat = LogFormatter.defaultDateFormat
    colors = color ? LogFormatter.defaultColors : [:]
  }

  /// Another form, in the language of Python's `logging`: `%(field)s`, with width and precision.
  ///
  /// The fields are `color`, `end_color`, `levelname`, `levelno`, `asctime`, `created`, `msecs`, `module`,
  /// `filename`, `pathname`, `lineno`, `funcName`, `name`, `process` and `message`. It is `nil` if `format` is
  /// malformed or names another field.
  /// - Parameters:
  ///   - format: The form of a line.
  ///   - dateFormat: The form of `asctime`, for `strftime`.
  ///   - color: Whether to write colours.
  ///   - colors: Numbers of the terminal's palette; a level without one is not coloured.
  public init?(
    format: String, dateFormat: String = defaultDateFormat, color: Bool = StandardErrorOutput.supportsColor,
    colors: [Logger.Level: Int] = defaultColors
  ) {
    guard let parts = Part.parse(format) else { return nil }
    self.parts = parts
    self.dateFormat = dateFormat
    self.colors = color ? colors : [:]
  }

  /// The line of a record, without a line break at its end.
  public func format(_ record: LogRecord) -> String {
    var text = ""
    for part in parts {
      switch part {
      case .text(let literal): text += literal
      case .field(let field, let layout): text += layout.apply(value(of: field, record))
      }
    }
    guard let error = record.errorText else { return text }
    return text + "\n    " + LogFormatter.tame(error)
  }

  private func value(of field: Part.Field, _ record: LogRecord) -> String {
    switch field {
    case .color: colors[record.level].map(LogFormatter.sequence) ?? ""
    case .endColor: colors[record.level] == nil ? "" : "\u{1B}[0m"
    case .levelname: record.level.pythonName
    case .levelno: String(record.level.pythonNumber)
    case .asctime: LogTime.format(record.seconds, dateFormat)
    case .created: "\(record.seconds).\(String(record.milliseconds + 1000).dropFirst())"
    case .msecs: String(record.milliseconds)
    case .module: String(record.module)
    case .filename: String(record.fileName)
    case .pathname: record.file
    case .lineno: String(record.line)
    case .function: record.function
    case .name: record.label
    case .process: String(getpid())
    case .message: LogFormatter.tame(record.message)
    }
  }

  private static func sequence(_ color: Int) -> String {
    switch color {
    case 0..<8: "\u{1B}[3\(color)m"
    case 8..<16: "\u{1B}[9\(color - 8)m"
    default: "\u{1B}[38;5;\(color)m"
    }
  }

  /// The text without what could be taken for something else.
  static func tame(_ text: String) -> String {
    // Control characters are below 0x20, 0x7F, and U+0080–U+009F, which begin with 0xC2.
    guard text.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F || $0 == 0xC2 }) else { return text }
    var result = String.UnicodeScalarView()
    var rest = text.unicodeScalars[...]
    while let scalar = rest.popFirst() {
      // A line that ends as on Windows has one line break.
      if scalar == "\r", rest.first == "\n" { continue }
      if scalar == "\n" {
        result.append(contentsOf: "\n    ".unicodeScalars)
      } else if scalar != "\t", scalar.properties.generalCategory == .control {
        let digits = String(scalar.value, radix: 16)
        result.append(contentsOf: "\\x\(digits.count < 2 ? "0" : "")\(digits)".unicodeScalars)
      } else {
        result.append(scalar)
      }
    }
    return String(result)
  }
}
