// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// Pieces of Swift's source text.
enum SwiftText {
  /// A text as a string literal on one line.
  static func literal(_ text: String) -> String {
    var output = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": output += "\\\""
      case "\\": output += "\\\\"
      case "\n": output += "\\n"
      case "\r": output += "\\r"
      case "\t": output += "\\t"
      default:
        let isPlain =
          scalar.value >= 0x20 && scalar.value < 0x7F || scalar.properties.generalCategory.isVisible
        if isPlain {
          output.unicodeScalars.append(scalar)
        } else {
          output += "\\u{\(String(scalar.value, radix: 16))}"
        }
      }
    }
    return output + "\""
  }

  static func isIdentifier(_ text: String) -> Bool {
    guard let first = text.unicodeScalars.first, first == "_" || first.properties.isXIDStart else {
      return false
    }
    return text.unicodeScalars.allSatisfy(\.properties.isXIDContinue) && text != "_"
  }

  private static let keywords: Set<String> = [
    "Any", "Self", "as", "associatedtype", "async", "await", "break", "case", "catch", "class", "continue",
    "default",
    "defer", "deinit", "do", "else", "enum", "extension", "fallthrough", "false", "fileprivate", "for",
    "func", "guard",
    "if", "import", "in", "init", "inout", "internal", "is", "let", "nil", "operator", "precedencegroup",
    "private",
    "protocol", "public", "repeat", "rethrows", "return", "self", "static", "struct", "subscript", "super",
    "switch",
    "throw", "throws", "true", "try", "typealias", "var", "where", "while",
  ]

  /// A name as Swift takes it.
  static func name(_ text: String) -> String {
    keywords.contains(text) || text == "Type" ? "`\(text)`" : text
  }

  /// `blog/entry-list.html` → `blogEntryList`.
  static func functionName(_ path: String) -> String {
    let slash = path.lastIndex(of: "/") ?? path.startIndex
    let end = path[slash...].lastIndex(of: ".") ?? path.endIndex
    let words = path[..<end].split { !$0.isLetter && !$0.isNumber }
    let joined = words.enumerated().map { index, word in
      index == 0
        ? word.prefix(1).lowercased() + word.dropFirst() : word.prefix(1).uppercased() + word.dropFirst()
    }.joined()
    return isIdentifier(joined) ? name(joined) : "page" + joined
  }
}

extension Unicode.GeneralCategory {
  /// Whether it can stand in a literal as it is.
  fileprivate var isVisible: Bool {
    switch self {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .otherLetter, .decimalNumber,
      .otherPunctuation,
      .dashPunctuation, .currencySymbol, .mathSymbol, .otherSymbol:
      true
    default: false
    }
  }
}
