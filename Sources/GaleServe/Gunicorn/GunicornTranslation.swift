// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// What gunicorn's settings become.
package struct GunicornTranslation {
  /// What became of a setting that has no like.
  package enum Verdict: String, Sendable {
    case notNeeded = "not needed"
    case notAvailable = "not available"
    case different = "different"
  }

  package struct Note: Sendable {
    package let name: String
    package let verdict: Verdict
    package let text: String
  }

  /// Settings of `gale serve` in their order.
  package private(set) var settings: [(name: String, value: SettingValue)] = []
  package private(set) var notes: [Note] = []
  /// The application, if it is known.
  package var application: String?
  /// Where it appears.
  package var prefix = ""

  /// The file that is translated.
  var file: String?

  /// Has a hook called that the file has.
  mutating func useHooks(of name: String) {
    guard let file else {
      return note(name, .different, "the module that has it is named by --hooks")
    }
    set("hooks", .text(file))
  }

  mutating func set(_ name: String, _ value: SettingValue) {
    settings.removeAll { $0.name == name }
    settings.append((name, value))
  }

  mutating func note(_ name: String, _ verdict: Verdict, _ text: String) {
    notes.append(Note(name: name, verdict: verdict, text: text))
  }

  subscript(name: String) -> SettingValue? { settings.first { $0.name == name }?.value }

  // MARK: - As text

  /// A `gale.toml` that says the same, with the command line and what has no like in comments.
  package var text: String {
    var lines = ["# The same on a command line:", "#   \(commandLine)", ""]
    if let application, prefix.isEmpty { lines.append("app = \(ServeConfiguration.quote(application))") }
    for (name, value) in settings where name != "env" {
      lines.append("\(name) = \(ServeConfiguration.text(value))")
    }
    if application == nil {
      lines.append("# app = \"module:attribute\"  # gunicorn had it on its command line")
    }
    if !notes.isEmpty {
      lines += ["", "# What is not above:"]
      for note in notes { lines.append("#   \(note.name): \(note.verdict.rawValue): \(note.text)") }
    }
    if let application, !prefix.isEmpty {
      lines += ["", "[[mount]]", "path = \(ServeConfiguration.quote(prefix))"]
      lines.append("app = \(ServeConfiguration.quote(application))")
    }
    if case .texts(let variables) = self["env"] {
      lines += ["", "[env]"]
      for variable in variables.compactMap({ EnvironmentFile.variable($0[...]) }) {
        lines.append(
          "\(ServeConfiguration.quote(variable.name)) = \(ServeConfiguration.quote(variable.value))")
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// The command line that says the same.
  package var commandLine: String {
    var words = ["gale", "serve"]
    for (name, value) in settings {
      switch value {
      case .flag(let flag): words.append(flag ? "--\(name)" : "--no-\(name)")
      case .integer(let number): words += ["--\(name)", "\(number)"]
      case .number(let number): words += ["--\(name)", "\(number)"]
      case .text(let text), .word(let text): words += ["--\(name)", Self.quoted(text)]
      case .texts(let texts): for text in texts { words += ["--\(name)", Self.quoted(text)] }
      }
    }
    if let application {
      words +=
        prefix.isEmpty ? [Self.quoted(application)] : ["--mount", Self.quoted("\(prefix)=\(application)")]
    }
    return words.joined(separator: " ")
  }

  /// For a shell.
  static func quoted(_ text: String) -> String {
    let isPlain =
      !text.isEmpty
      && text.utf8.allSatisfy { byte in
        (byte | 0x20) &- 0x61 < 26 || byte &- 0x30 < 10
          || [0x2B, 0x2C, 0x2D, 0x2E, 0x2F, 0x3A, 0x3D, 0x40, 0x5F].contains(byte)
      }
    return isPlain
      ? text
      : "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
  }
}
