// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// Finds out what settings are, from the command line, the environment, a file and defaults.
///
/// Each group of settings reads its own in its `init`; a setting exists because some group reads it. The reader checks
/// types and ranges, and says in each complaint who wrote the value. It remembers what was read, which is how
/// `--print-config` knows what there is, and who would have had a say about a name that nobody read.
package final class SettingReader {
  /// A setting as it turned out.
  package struct Finding: Sendable {
    package let name: String
    /// `nil` when it is not set, and has no default.
    package let value: SettingValue?
    package let origin: SettingOrigin
    /// Whether it was written for this thing, not for all.
    package let isOwn: Bool
  }

  private let commandLine: SettingLayer
  private let environment: [String: String]
  private let file: SettingLayer
  private let parent: SettingReader?
  /// What complaints call the thing whose settings these are.
  private let label: String?
  /// What was read, in that order.
  package private(set) var findings: [Finding] = []

  /// - Parameters:
  ///   - commandLine: The options that were given.
  ///   - environment: The environment's variables; a setting `max-requests` is looked for in `GALE_MAX_REQUESTS`.
  ///   - file: What the configuration file says.
  package init(
    commandLine: SettingLayer = SettingLayer(), environment: [String: String] = [:],
    file: SettingLayer = SettingLayer()
  ) {
    self.commandLine = commandLine
    self.environment = environment
    self.file = file
    parent = nil
    label = nil
  }

  /// A reader for one of several things that can have settings of their own: it looks in `own`, then where `parent` does.
  /// - Parameter label: What complaints call the thing.
  package init(_ own: SettingLayer, in parent: SettingReader, label: String) {
    commandLine = SettingLayer()
    environment = [:]
    file = own
    self.parent = parent
    self.label = label
  }

  /// The variable of a setting.
  package static func variable(_ name: String) -> String {
    "GALE_" + name.uppercased().split(separator: "-").joined(separator: "_")
  }

  // MARK: - Values

  /// A number; `nil` when there is none and no default.
  /// - Parameter alias: A variable of the environment that other servers look at, too.
  package func integer(
    _ name: String, _ range: ClosedRange<Int>, default standard: Int?, alias: String? = nil
  ) throws(ServeError) -> Int? {
    guard let (value, origin) = find(name, alias) else {
      note(name, standard.map(SettingValue.integer), .standard)
      return standard
    }
    let number: Int? =
      switch value {
      case .integer(let number): number
      case .number(let number): Int(exactly: number)
      case .word(let text): Int(text)
      default: nil
      }
    guard let number, range.contains(number) else {
      throw complaint(name, origin, "takes \(Self.describe(range))")
    }
    note(name, .integer(number), origin)
    return number
  }

  /// A number that has a default.
  package func integer(
    _ name: String, _ range: ClosedRange<Int>, default standard: Int
  ) throws(ServeError) -> Int {
    try integer(name, range, default: Optional(standard)) ?? standard
  }

  /// A number that need not be whole; `nil` when there is none and no default.
  package func number(
    _ name: String, _ range: ClosedRange<Double>, default standard: Double?
  ) throws(ServeError) -> Double? {
    guard let (value, origin) = find(name) else {
      note(name, standard.map(SettingValue.number), .standard)
      return standard
    }
    let number: Double? =
      switch value {
      case .integer(let number): Double(number)
      case .number(let number): number
      case .word(let text): Double(text)
      default: nil
      }
    guard let number, range.contains(number) else {
      let limit = range.upperBound == .infinity ? "\(range.lowerBound) or more" : "a number in \(range)"
      throw complaint(name, origin, "takes \(limit)")
    }
    note(name, .number(number), origin)
    return number
  }

  /// Yes or no.
  package func flag(_ name: String, default standard: Bool) throws(ServeError) -> Bool {
    guard let (value, origin) = find(name) else {
      note(name, .flag(standard), .standard)
      return standard
    }
    let flag: Bool? =
      switch value {
      case .flag(let flag): flag
      case .word(let text): Self.flag(text)
      default: nil
      }
    guard let flag else { throw complaint(name, origin, "takes true or false") }
    note(name, .flag(flag), origin)
    return flag
  }

  /// A text; `nil` when there is none and no default.
  package func text(_ name: String, default standard: String? = nil) throws(ServeError) -> String? {
    guard let (value, origin) = find(name) else {
      note(name, standard.map(SettingValue.text), .standard)
      return standard
    }
    guard let text = value.asText else { throw complaint(name, origin, "takes a text") }
    note(name, .text(text), origin)
    return text
  }

  /// A text that is only looked for among this thing's own settings.
  package func ownText(_ name: String, default standard: String? = nil) throws(ServeError) -> String? {
    guard let (value, origin) = file[name] else {
      note(name, standard.map(SettingValue.text), .standard)
      return standard
    }
    guard let text = value.asText else { throw complaint(name, origin, "takes a text") }
    note(name, .text(text), origin)
    return text
  }

  /// Any number of texts; separated by commas in the environment.
  /// - Parameter alias: A variable of the environment that other servers look at, too.
  package func texts(
    _ name: String, default standard: [String] = [], alias: String? = nil
  ) throws(ServeError) -> [String] {
    guard let (value, origin) = find(name, alias) else {
      note(name, .texts(standard), .standard)
      return standard
    }
    let texts: [String]? =
      switch value {
      case .texts(let texts): texts
      case .word(let text):
        text.split(separator: ",").map { $0.trimmingSpaces }.filter { !$0.isEmpty }
      case .text(let text): [text]
      default: nil
      }
    guard let texts else { throw complaint(name, origin, "takes a list of texts") }
    note(name, .texts(texts), origin)
    return texts
  }

  /// One of the words that `Choice` has.
  package func choice<Choice: RawRepresentable & CaseIterable>(
    _ name: String, default standard: Choice
  ) throws(ServeError) -> Choice where Choice.RawValue == String {
    guard let (value, origin) = find(name) else {
      note(name, .text(standard.rawValue), .standard)
      return standard
    }
    guard let text = value.asText, let choice = Choice(rawValue: text) else {
      let words = Choice.allCases.map(\.rawValue)
      var reason = "takes \(words.dropLast().joined(separator: ", ")) or \(words.last ?? "")"
      if let text = value.asText { reason += ", not \"\(text)\"" }
      throw complaint(name, origin, reason)
    }
    note(name, .text(text), origin)
    return choice
  }

  // MARK: - Where they come from

  /// What was written for a setting, and by whom.
  package func find(_ name: String, _ alias: String? = nil) -> (value: SettingValue, origin: SettingOrigin)? {
    if let parent { return file[name] ?? parent.find(name, alias) }
    if let found = commandLine[name] { return found }
    for variable in [Self.variable(name), alias] {
      // What is set to nothing is not set: `GALE_VENV= gale serve`.
      if let variable, let text = environment[variable], !text.isEmpty {
        return (.word(text), .environment(variable))
      }
    }
    return file[name]
  }

  /// How much the one counts who has set it, to be compared with that of another setting; `nil` when nobody has.
  ///
  /// What was written for one thing alone counts for more than what was written for all.
  package func weight(of name: String) -> Int? {
    guard let parent else { return find(name)?.origin.rank }
    return file[name] == nil ? parent.weight(of: name) : SettingOrigin.commandLine.rank + 1
  }

  /// Refuses names that nobody read.
  package func refuseUnknown() throws(ServeError) {
    let known = Set(findings.map(\.name))
    for name in file.names where !known.contains(name) {
      let suggestion = Spelling.closest(to: name, among: known).map { "; did you mean \($0)?" } ?? ""
      throw complaint(name, file[name]?.origin ?? .standard, "is no setting\(suggestion)")
    }
  }

  private func note(_ name: String, _ value: SettingValue?, _ origin: SettingOrigin) {
    findings.append(
      Finding(name: name, value: value, origin: origin, isOwn: parent == nil || file[name] != nil))
  }

  // MARK: - Complaints

  /// What is wrong with a setting, with the place where it was written.
  package func complaint(_ name: String, _ reason: String) -> ServeError {
    complaint(name, find(name)?.origin ?? .standard, reason)
  }

  private func complaint(_ name: String, _ origin: SettingOrigin, _ reason: String) -> ServeError {
    let text =
      switch origin {
      case .standard, .commandLine: label.map { "\($0): \(name) \(reason)" } ?? "--\(name) \(reason)"
      case .environment(let variable): "\(variable) \(reason)"
      case .file(let path, let line): "\(path)\(line > 0 ? ":\(line)" : ""): \(name) \(reason)"
      }
    return ServeError(.setting, text)
  }

  private static func describe(_ range: ClosedRange<Int>) -> String {
    range.upperBound == .max
      ? "a whole number, \(range.lowerBound) or more"
      : "a whole number from \(range.lowerBound) to \(range.upperBound)"
  }

  private static func flag(_ text: String) -> Bool? {
    switch text.lowercased() {
    case "1", "true", "yes", "on": true
    case "0", "false", "no", "off": false
    default: nil
    }
  }
}

extension SettingValue {
  /// A text, typed or not.
  fileprivate var asText: String? {
    switch self {
    case .text(let text), .word(let text): text
    default: nil
    }
  }
}

extension Substring {
  fileprivate var trimmingSpaces: String {
    var text = self
    while text.first == " " { text.removeFirst() }
    while text.last == " " { text.removeLast() }
    return String(text)
  }
}
