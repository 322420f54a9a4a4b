// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// What happens to white space between the tags of a template.
public struct WhitespaceMode: Sendable, Hashable {
  /// Tornado's name of the mode.
  public let name: String

  /// White space stays as it is.
  public static let all = WhitespaceMode(name: "all")
  /// Runs become one blank, or one line end if they hold one.
  public static let single = WhitespaceMode(name: "single")
  /// Runs become one blank, line ends too.
  public static let oneLine = WhitespaceMode(name: "oneline")

  private init(name: String) { self.name = name }

  /// The mode that Tornado calls `name`; `nil` when there is none.
  public init?(named name: String) {
    guard ["all", "single", "oneline"].contains(name) else { return nil }
    self.name = name
  }

  /// The mode of a file whose loader names none: `single` for `.html` and `.js`, otherwise `all`.
  package init(file: String) { self = file.hasSuffix(".html") || file.hasSuffix(".js") ? .single : .all }
}

/// Changes the white space of a piece of text, like Tornado's `filter_whitespace`.
///
/// - Complexity: O(*n*).
public func filterWhitespace(_ mode: WhitespaceMode, _ text: String) -> String {
  guard mode != .all else { return text }
  var output = String.UnicodeScalarView()
  var run = String.UnicodeScalarView()
  for scalar in text.unicodeScalars {
    if scalar.isPythonSpace {
      run.append(scalar)
    } else {
      append(run, mode, to: &output)
      run.removeAll(keepingCapacity: true)
      output.append(scalar)
    }
  }
  append(run, mode, to: &output)
  return String(output)
}

private func append(
  _ run: String.UnicodeScalarView, _ mode: WhitespaceMode, to output: inout String.UnicodeScalarView
) {
  guard !run.isEmpty else { return }
  if mode == .oneLine { return output.append(" ") }
  if run.contains("\n") { return output.append("\n") }
  // Other white space than blanks and tabs stays.
  var isBlank = false
  for scalar in run {
    let blank = scalar == " " || scalar == "\t"
    if !blank { output.append(scalar) } else if !isBlank { output.append(" ") }
    isBlank = blank
  }
}
