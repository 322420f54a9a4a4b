// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// What somebody wrote for a setting.
package enum SettingValue: Hashable, Sendable {
  case flag(Bool)
  case integer(Int)
  case number(Double)
  case text(String)
  case texts([String])
  /// Something that was written where values have no types.
  case word(String)
}

/// Who wrote it; what comes later counts for more.
package enum SettingOrigin: Hashable, Sendable {
  /// Nobody.
  case standard
  /// A configuration file; the line is 0 where it is not known.
  case file(String, line: Int)
  /// A variable of the environment.
  case environment(String)
  /// The command line.
  case commandLine
}

extension SettingOrigin {
  /// How much it counts.
  var rank: Int {
    switch self {
    case .standard: 0
    case .file: 1
    case .environment: 2
    case .commandLine: 3
    }
  }
}

/// Values that come from one place.
package struct SettingLayer: Sendable {
  /// Where they begin in their file; 0 where that means nothing.
  package var line = 0
  private var entries: [String: (value: SettingValue, origin: SettingOrigin)] = [:]

  package init() {}

  package subscript(name: String) -> (value: SettingValue, origin: SettingOrigin)? { entries[name] }

  /// The names for which there are values.
  package var names: [String] { entries.keys.sorted() }

  package mutating func set(_ name: String, _ value: SettingValue, _ origin: SettingOrigin) {
    entries[name] = (value, origin)
  }
}

// MARK: - The command line

extension SettingLayer {
  /// Notes an option of the command line, if it was given.
  package mutating func set(_ name: String, _ value: Bool?) {
    if let value { set(name, .flag(value), .commandLine) }
  }

  /// Notes an option of the command line, if it was given.
  package mutating func set(_ name: String, _ value: Int?) {
    if let value { set(name, .integer(value), .commandLine) }
  }

  /// Notes an option of the command line, if it was given.
  package mutating func set(_ name: String, _ value: Double?) {
    if let value { set(name, .number(value), .commandLine) }
  }

  /// Notes an option of the command line, if it was given.
  package mutating func set(_ name: String, _ value: String?) {
    if let value { set(name, .text(value), .commandLine) }
  }

  /// Notes an option of the command line that may be repeated, if it was given.
  package mutating func set(_ name: String, _ values: [String]) {
    if !values.isEmpty { set(name, .texts(values), .commandLine) }
  }
}
