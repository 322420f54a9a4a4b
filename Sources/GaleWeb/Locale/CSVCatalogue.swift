// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Logging
import GaleHTTP
import GaleWire

/// Translations from a CSV file: what Tornado's `CSVLocale` knows.
///
/// Rows are `english,translation[,plural|singular|unknown]`. There are two forms of a message at most, and no contexts.
struct CSVCatalogue: MessageCatalogue {
  private(set) var singular: [String: String] = [:]
  private(set) var plural: [String: String] = [:]
  private(set) var unknown: [String: String] = [:]

  /// No translations.
  init() {}

  /// Reads the rows of `text`; `path` is named in the log.
  init(parsing text: String, path: String) {
    for (index, row) in CSVReader.rows(of: text).enumerated() where row.count >= 2 {
      let fields = row.map { $0.strippingWhiteSpace() }
      switch fields.count > 2 ? fields[2] : "" {
      case "", "unknown": unknown[fields[0]] = fields[1]
      case "plural": plural[fields[0]] = fields[1]
      case "singular": singular[fields[0]] = fields[1]
      case let indicator:
        HTTPLog.general.error(
          "Unrecognized plural indicator '\(HTTPServerRequest.escapeForLog(indicator))' in \(path) line \(index + 1)"
        )
      }
    }
  }

  func translation(_ message: String) -> String { unknown[message] ?? message }

  func translation(_ message: String, plural other: String, count: Int) -> String {
    count == 1 ? singular[message] ?? message : plural[other] ?? other
  }

  func translation(_ message: String, context: String, plural: (message: String, count: Int)?) -> String {
    if !(singular.isEmpty && self.plural.isEmpty && unknown.isEmpty) {
      HTTPLog.general.warning("contexts are not supported by CSV translations")
    }
    guard let plural else { return translation(message) }
    return translation(message, plural: plural.message, count: plural.count)
  }
}

/// Reads comma-separated values as Python's `csv` module does in its `excel` dialect.
struct CSVReader {
  private var rows: [[String]] = []
  private var row: [String] = []
  private var field = String.UnicodeScalarView()
  private var isInQuotes = false
  /// A quote inside quotes: the next character decides what it was.
  private var sawQuote = false
  /// Nothing of the field was read yet.
  private var isFieldStart = true

  /// The rows of `text`; an empty line is an empty row.
  static func rows(of text: String) -> [[String]] {
    var reader = CSVReader()
    var sawReturn = false
    for scalar in text.unicodeScalars {
      // CR, LF and CRLF all end a line.
      if scalar == "\n", sawReturn {
        sawReturn = false
        continue
      }
      sawReturn = scalar == "\r"
      reader.take(sawReturn ? "\n" : scalar)
    }
    if reader.isInQuotes || !reader.isFieldStart || !reader.row.isEmpty { reader.endRow() }
    return reader.rows
  }

  private mutating func take(_ scalar: Unicode.Scalar) {
    if isInQuotes {
      guard !sawQuote else { return takeAfterQuote(scalar) }
      if scalar == "\"" { sawQuote = true } else { field.append(scalar) }
      return
    }
    switch scalar {
    case "\"" where isFieldStart:
      isInQuotes = true
      isFieldStart = false
    case ",": endField()
    case "\n":
      if isFieldStart, row.isEmpty { rows.append([]) } else { endRow() }
    default:
      field.append(scalar)
      isFieldStart = false
    }
  }

  private mutating func takeAfterQuote(_ scalar: Unicode.Scalar) {
    sawQuote = false
    if scalar == "\"" { return field.append(scalar) }
    isInQuotes = false
    take(scalar)
  }

  private mutating func endField() {
    row.append(String(field))
    field = String.UnicodeScalarView()
    isInQuotes = false
    sawQuote = false
    isFieldStart = true
  }

  private mutating func endRow() {
    endField()
    rows.append(row)
    row = []
  }
}

extension String {
  /// The text without white space at its ends.
  func strippingWhiteSpace() -> String {
    var slice = unicodeScalars[...]
    while let first = slice.first, first.properties.isWhitespace { slice.removeFirst() }
    while let last = slice.last, last.properties.isWhitespace { slice.removeLast() }
    return String(slice)
  }
}
