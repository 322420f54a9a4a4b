// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// A command line of gunicorn.
struct GunicornArguments {
  /// What it sets; of a setting that may be repeated, all values.
  private(set) var values: [String: GunicornValue] = [:]
  private(set) var application: String?
  private(set) var configFile: String?

  /// Reads the arguments behind the name of the program.
  /// - Throws: ``ServeError`` `.setting`.
  init(_ arguments: [String]) throws(ServeError) {
    var rest = arguments[...]
    while let word = rest.popFirst() {
      if word == "--" {
        for name in rest { try take(application: name) }
        return
      }
      guard word.hasPrefix("-"), word.utf8.count > 1 else {
        try take(application: word)
        continue
      }
      try take(option: word, &rest)
    }
  }

  private mutating func take(application name: String) throws(ServeError) {
    guard application == nil else {
      throw ServeError(.setting, "gunicorn serves one application, not \(application ?? "") and \(name)")
    }
    application = name
  }

  private mutating func take(option word: String, _ rest: inout ArraySlice<String>) throws(ServeError) {
    var (name, attached): (String, String?) = (word, nil)
    if word.hasPrefix("--") {
      if let equals = word.firstIndex(of: "=") {
        (name, attached) = (String(word[..<equals]), String(word[word.index(after: equals)...]))
      }
    } else if word.utf8.count > 2 {
      // -w4
      (name, attached) = (String(word.prefix(2)), String(word.dropFirst(2)))
    }
    guard let setting = GunicornSetting.byOption(name) else {
      let known = GunicornSetting.all.flatMap(\.options)
      let guess = Spelling.closest(to: name, among: known).map { "; did you mean \($0)?" } ?? ""
      throw ServeError(.setting, "gunicorn has no option \(name)\(guess)")
    }
    guard setting.kind != .flag else {
      values[setting.name] = .flag(name != "--no-sendfile")
      return
    }
    guard let value = attached ?? rest.popFirst() else {
      throw ServeError(.setting, "\(name) lacks its value")
    }
    if setting.name == "config" {
      configFile = value
    } else if setting.kind == .list {
      values[setting.name] = .list((values[setting.name]?.asList ?? []) + [value])
    } else {
      values[setting.name] = .text(value)
    }
  }
}
