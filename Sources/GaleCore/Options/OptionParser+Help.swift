// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Glibc

extension OptionParser {
  /// The help text, as Tornado's `print_help` lays it out: options by group, sorted by name.
  /// - Parameter program: The program's name in the first line.
  public func helpText(program: String = CommandLine.arguments.first ?? "program") -> String {
    var text = "Usage: \(program) [OPTIONS]\n\nOptions:\n\n"
    let byGroup = Dictionary(grouping: definitions, by: \.group)
    for (group, members) in byGroup.sorted(by: { $0.key < $1.key }) {
      if !group.isEmpty { text += "\n\(group) options:\n\n" }
      for option in members.sorted(by: { $0.name < $1.name }) { text += option.helpLines }
    }
    return text + "\n"
  }

  /// Prints the help text to standard error: Tornado's `print_help`.
  public func printHelp() { printToStandardError(helpText()) }

  func showHelpAndExit() -> Never {
    printHelp()
    exit(0)
  }
}

extension OptionDefinition {
  fileprivate var helpLines: String {
    var prefix = OptionParser.normalize(name)
    if let metavar { prefix += "=\(metavar)" }
    var description = help
    if let defaultText { description += " (default \(defaultText))" }
    var lines = wrapText(description, width: 79 - 35)
    if prefix.count > 30 || lines.isEmpty { lines.insert("", at: 0) }
    var text = "  --\(prefix)\(String(repeating: " ", count: max(0, 30 - prefix.count))) \(lines[0])\n"
    for line in lines.dropFirst() { text += String(repeating: " ", count: 35) + line + "\n" }
    return text
  }
}

/// Lines of at most `width` characters, broken at blanks and behind hyphens between letters, as by Python's
/// `textwrap.wrap`; longer words are cut.
func wrapText(_ text: String, width: Int) -> [String] {
  var lines: [String] = []
  var line = ""
  for word in text.split(whereSeparator: \.isWhitespace) {
    for (index, piece) in pieces(of: word).enumerated() {
      var piece = piece[...]
      let blank = index == 0 && !line.isEmpty ? " " : ""
      if line.count + blank.count + piece.count <= width {
        line += blank + piece
        continue
      }
      if piece.count > width {
        let room = width - line.count - blank.count
        if room > 0 {
          line += blank + piece.prefix(room)
          piece = piece.dropFirst(room)
        }
      }
      if !line.isEmpty { lines.append(line) }
      while piece.count > width {
        lines.append(String(piece.prefix(width)))
        piece = piece.dropFirst(width)
      }
      line = String(piece)
    }
  }
  if !line.isEmpty { lines.append(line) }
  return lines
}

/// A word, cut behind its hyphens that stand between letters.
private func pieces(of word: Substring) -> [Substring] {
  let characters = Array(word)
  var pieces: [Substring] = []
  var start = word.startIndex
  for (offset, index) in word.indices.enumerated() where characters[offset] == "-" {
    let isBetween =
      offset >= 2 && characters[offset - 1].isLetter && isWord(characters[offset - 2])
      && offset + 2 < characters.count && isWord(characters[offset + 1]) && characters[offset + 2].isLetter
    guard isBetween else { continue }
    pieces.append(word[start...index])
    start = word.index(after: index)
  }
  return pieces + [word[start...]]
}

private func isWord(_ character: Character) -> Bool {
  character.isLetter || character.isNumber || character == "_"
}
