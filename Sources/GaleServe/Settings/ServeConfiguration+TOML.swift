// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

extension ServeConfiguration {
  /// All settings as a configuration file, each with the one who wrote it in a comment; read back, it says the same.
  package var text: String {
    var lines: [String] = []
    for finding in findings where finding.name != "env" && finding.name != "env-file" {
      lines.append(Self.line(finding))
    }
    for mount in mounts where mount.point != .root || !mount.findings.isEmpty {
      lines += Self.section("mount", mount.findings)
    }
    for files in statics { lines += Self.section("static", files.findings) }
    if let files = findings.first(where: { $0.name == "env-file" }) { lines.insert(Self.line(files), at: 0) }
    if !python.environment.isEmpty {
      lines += ["", "[env]"]
      // Of equal names the last counts; a table has each but once.
      for (index, variable) in python.environment.enumerated()
      where !python.environment[(index + 1)...].contains(where: { $0.name == variable.name }) {
        lines.append("\(Self.quote(variable.name)) = \(Self.quote(variable.value))")
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func section(_ name: String, _ findings: [SettingReader.Finding]) -> [String] {
    ["", "[[\(name)]]"] + findings.filter { $0.isOwn && $0.value != nil }.map(line)
  }

  private static func line(_ finding: SettingReader.Finding) -> String {
    let origin =
      switch finding.origin {
      case .standard: "default"
      case .file(let path, let line): "\(path):\(line)"
      case .environment(let variable): variable
      case .commandLine: "command line"
      }
    guard let value = finding.value else { return "# \(finding.name) is not set" }
    return "\(finding.name) = \(text(value))  # \(origin)"
  }

  static func text(_ value: SettingValue) -> String {
    switch value {
    case .flag(let flag): flag ? "true" : "false"
    case .integer(let number): "\(number)"
    case .number(let number): "\(number)"
    case .text(let text), .word(let text): quote(text)
    case .texts(let texts): "[\(texts.map(quote).joined(separator: ", "))]"
    }
  }

  /// A text as TOML has it.
  static func quote(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": result += "\\\(scalar)"
      case "\n": result += "\\n"
      case "\t": result += "\\t"
      case _ where scalar.value < 0x20 || scalar.value == 0x7F:
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }
}
