// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

extension LogFormatter {
  /// A piece of a format: a text, or a field of the record.
  enum Part: Sendable {
    case text(String)
    case field(Field, Layout)

    enum Field: String, Sendable {
      case color
      case endColor = "end_color"
      case levelname
      case levelno
      case asctime
      case created
      case msecs
      case module
      case filename
      case pathname
      case lineno
      case function = "funcName"
      case name
      case process
      case message
    }

    /// What stands between `%(field)` and its letter.
    struct Layout: Sendable {
      var width = 0
      var isLeft = false
      var isZeroPadded = false
      /// The most characters of a text.
      var limit: Int?

      func apply(_ value: String) -> String {
        let text = limit.map { String(value.prefix($0)) } ?? value
        guard width > text.count else { return text }
        let padding = String(repeating: isZeroPadded && !isLeft ? "0" : " ", count: width - text.count)
        return isLeft ? text + padding : padding + text
      }
    }

    static let defaultParts = parse(LogFormatter.defaultFormat) ?? []

    /// Takes a format apart; `nil` if it is malformed.
    static func parse(_ format: String) -> [Part]? {
      var parts: [Part] = []
      var text = ""
      var rest = format[...]
      while let character = rest.popFirst() {
        guard character == "%" else {
          text.append(character)
          continue
        }
        if rest.first == "%" {
          text.append(rest.removeFirst())
          continue
        }
        guard let field = parseField(&rest) else { return nil }
        if !text.isEmpty { parts.append(.text(text)) }
        text = ""
        parts.append(field)
      }
      if !text.isEmpty { parts.append(.text(text)) }
      return parts
    }

    /// `(name)`, flags, a width, a precision and a letter.
    private static func parseField(_ rest: inout Substring) -> Part? {
      guard rest.popFirst() == "(", let end = rest.firstIndex(of: ")") else { return nil }
      guard let field = Field(rawValue: String(rest[..<end])) else { return nil }
      rest = rest[rest.index(after: end)...]
      var layout = Layout()
      while let flag = rest.first, flag == "-" || flag == "0" {
        if flag == "-" { layout.isLeft = true } else { layout.isZeroPadded = true }
        rest.removeFirst()
      }
      layout.width = takeNumber(&rest) ?? 0
      if rest.first == "." {
        rest.removeFirst()
        layout.limit = takeNumber(&rest) ?? 0
      }
      guard let letter = rest.popFirst(), "sdf".contains(letter), layout.width < 1000 else { return nil }
      // Of a number, a precision says something else, and no field needs it.
      if letter != "s" { layout.limit = nil }
      return .field(field, layout)
    }

    private static func takeNumber(_ rest: inout Substring) -> Int? {
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      rest = rest.dropFirst(digits.count)
      return Int(digits)
    }
  }
}
