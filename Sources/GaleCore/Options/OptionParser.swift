// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// The program's options, which every part of it can define into: Tornado's `options.options`.
///
/// Those for logging are defined in it; see ``defineLoggingOptions(_:)``.
public let options: OptionParser = {
  let parser = OptionParser()
  defineLoggingOptions(parser)
  return parser
}()

/// Names an option and knows its type; ``OptionParser/define(_:default:help:metavar:group:file:onChange:)``
/// makes it.
public struct OptionKey<Value: OptionValue>: Hashable, Sendable {
  /// The option's name as it was defined.
  public let name: String
}

/// Options of a program, set by its command line, config files and environment: Tornado's
/// `options.OptionParser`.
///
/// ```swift
/// enum Settings {
///   static let port = options.define("port", default: 8888, help: "port to listen on")
///   static let hosts = options.define("hosts", default: ["localhost"])
/// }
/// _ = (Settings.port, Settings.hosts)
/// let rest = try options.parseCommandLine()
/// try application.listen(port: options[Settings.port])
/// ```
///
/// Swift makes a `static let`, and a global of a file other than main.swift, when it is first used: use
/// each once before you parse, as above.
///
/// Dashes and underscores in names are the same. What is parsed later wins. May be used from any thread.
public final class OptionParser: Sendable {
  private let state = Mutex(State())

  struct State {
    var definitions: [String: OptionDefinition] = [:]
    /// Names in the order of definition.
    var order: [String] = []
    var parseCallbacks: [@Sendable () throws -> Void] = []
  }

  /// Creates a parser that knows `--help` only.
  public init() {
    define("help", default: false, help: "show this help information", group: "", file: "") {
      [unowned self] in
      if $0 { showHelpAndExit() }
    }
  }

  // MARK: - Defining

  /// Defines an option.
  ///
  /// To define a name twice is a mistake that stops the program.
  /// - Parameters:
  ///   - name: The name, without dashes before it.
  ///   - value: What it is until somebody sets it; its type is the option's. Of a list, several values can
  ///     be given between commas.
  ///   - help: What it is for.
  ///   - metavar: What help calls its value.
  ///   - group: Under which heading help shows it, and ``group(_:)`` finds it; by default the file in which
  ///     it is defined.
  ///   - file: Where it is defined.
  ///   - onChange: Called with the value whenever the option is set. What it throws, setting throws.
  @discardableResult
  public func define<Value: OptionValue>(
    _ name: String, default value: Value, help: String = "", metavar: String? = nil, group: String? = nil,
    file: String = #fileID, onChange: (@Sendable (Value) throws -> Void)? = nil
  ) -> OptionKey<Value> {
    let definition = OptionDefinition(
      name: name, value: value, help: help, metavar: metavar, group: group ?? file, file: file,
      onChange: onChange)
    state.withLock { state in
      let normalized = OptionParser.normalize(name)
      if let existing = state.definitions[normalized] {
        preconditionFailure("Option '\(normalized)' already defined in \(existing.file)")
      }
      state.definitions[normalized] = definition
      state.order.append(normalized)
    }
    return OptionKey(name: name)
  }

  /// Defines an option that is `nil` until somebody sets it.
  ///
  /// As ``define(_:default:help:metavar:group:file:onChange:)``.
  @discardableResult
  public func define<Value: OptionValue>(
    _ name: String, as type: Value.Type, help: String = "", metavar: String? = nil,
    group: String? = nil, file: String = #fileID, onChange: (@Sendable (Value?) throws -> Void)? = nil
  ) -> OptionKey<Value?> {
    define(name, default: nil, help: help, metavar: metavar, group: group, file: file, onChange: onChange)
  }

  static func normalize(_ name: String) -> String {
    String(name.map { $0 == "_" ? "-" : $0 })
  }

  // MARK: - Values

  /// The option's value.
  public subscript<Value: OptionValue>(key: OptionKey<Value>) -> Value {
    guard let value = definition(key.name)?.value as? Value else {
      preconditionFailure("Option '\(key.name)' is not defined here")
    }
    return value
  }

  /// The value of the option with that name; `nil` when there is none.
  public subscript(name: String) -> (any OptionValue)? { definition(name)?.value }

  /// Sets the option: Tornado's `options.name = value`.
  /// - Throws: What the option's `onChange` throws; the option is set even so.
  public func set<Value: OptionValue>(_ key: OptionKey<Value>, to value: Value) throws {
    try set(key.name, to: value)
  }

  /// Sets the option with that name.
  /// - Throws: ``OptionError`` with `.unrecognized`, or `.wrongType` for a value that is not of the option's
  ///   type; what the option's `onChange` throws.
  public func set(_ name: String, to value: any OptionValue) throws {
    guard let definition = definition(name) else { throw OptionParser.unrecognized(name) }
    guard let accepted = definition.accept(value) else {
      throw definition.wrongType("\(Swift.type(of: value))")
    }
    try store(accepted, definition)
  }

  /// Runs `body` while the option has another value: for tests, Tornado's `mockable`.
  public func withValue<Value: OptionValue, Result>(
    _ key: OptionKey<Value>, _ value: Value, _ body: () throws -> Result
  ) throws -> Result {
    let former = self[key]
    try set(key, to: value)
    let result = Swift.Result { try body() }
    try set(key, to: former)
    return try result.get()
  }

  func definition(_ name: String) -> OptionDefinition? {
    state.withLock { $0.definitions[OptionParser.normalize(name)] }
  }

  /// Sets the value and tells the option's owner, who may use the parser again.
  func store(_ value: any OptionValue, _ definition: OptionDefinition) throws {
    state.withLock { $0.definitions[OptionParser.normalize(definition.name)]?.value = value }
    try definition.changed(value)
  }

  static func unrecognized(_ name: String) -> OptionError {
    OptionError(.unrecognized, "Unrecognized option '\(name)'")
  }

  // MARK: - All of them

  /// The options in the order of definition.
  var definitions: [OptionDefinition] {
    state.withLock { state in state.order.compactMap { state.definitions[$0] } }
  }

  /// The names as they were defined.
  public var names: [String] { definitions.map(\.name) }

  /// Whether an option has this name.
  public func contains(_ name: String) -> Bool { definition(name) != nil }

  /// Names and values: Tornado's `items`.
  public var items: [(name: String, value: any OptionValue)] { definitions.map { ($0.name, $0.value) } }

  /// Values by name: Tornado's `as_dict`.
  public var dictionary: [String: any OptionValue] { group(nil) }

  /// The groups that options are in.
  public var groups: Set<String> { Set(definitions.map(\.group)) }

  /// Values of the options of a group by name, or of all options: Tornado's `group_dict`.
  public func group(_ name: String?) -> [String: any OptionValue] {
    let members = definitions.filter { name == nil || $0.group == name }
    return Dictionary(members.map { ($0.name, $0.value) }) { $1 }
  }

  // MARK: - After parsing

  /// Has `callback` called after everything is parsed: Tornado's `add_parse_callback`.
  public func addParseCallback(_ callback: @escaping @Sendable () throws -> Void) {
    state.withLock { $0.parseCallbacks.append(callback) }
  }

  /// Calls what ``addParseCallback(_:)`` was given; the parse methods do so.
  public func runParseCallbacks() throws {
    for callback in state.withLock({ $0.parseCallbacks }) { try callback() }
  }
}
