// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// A setting of gunicorn, and what it is here.
struct GunicornSetting: Sendable {
  enum Kind: Sendable { case value, flag, list, hook }

  /// What it becomes.
  enum Rule: Sendable {
    /// The setting of this name, of the same type.
    case integer(String)
    case text(String)
    case texts(String)
    case flag(String)
    /// Whatever the function does.
    case custom(@Sendable (GunicornValue, inout GunicornTranslation) -> Void)
    case notNeeded(String)
    case notAvailable(String)
    /// Part of something else; or nothing that is set.
    case elsewhere
  }

  let name: String
  let options: [String]
  let kind: Kind
  let rule: Rule

  init(_ name: String, _ options: String, _ kind: Kind = .value, _ rule: Rule) {
    self.name = name
    self.options = options.split(separator: " ").map(String.init)
    self.kind = kind
    self.rule = rule
  }

  static func byOption(_ option: String) -> GunicornSetting? { all.first { $0.options.contains(option) } }

  func apply(_ value: GunicornValue, _ translation: inout GunicornTranslation) {
    switch rule {
    case .integer(let name):
      guard let number = value.asInteger else { return refuse(value, &translation) }
      translation.set(name, .integer(number))
    case .text(let name): translation.set(name, .text(value.asText))
    case .texts(let name):
      let items = value.asList
      if !items.isEmpty { translation.set(name, .texts(items)) }
    case .flag(let name): translation.set(name, .flag(value.isTrue))
    case .custom(let body): body(value, &translation)
    case .notNeeded(let reason):
      if value.isTrue || kind != .flag { translation.note(name, .notNeeded, reason) }
    case .notAvailable(let reason):
      if value.isTrue || kind != .flag { translation.note(name, .notAvailable, reason) }
    case .elsewhere: break
    }
  }

  private func refuse(_ value: GunicornValue, _ translation: inout GunicornTranslation) {
    translation.note(name, .notAvailable, "\(value.asText) is no whole number")
  }
}
