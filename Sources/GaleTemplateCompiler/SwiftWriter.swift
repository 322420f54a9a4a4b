// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleTemplate

/// Writes the Swift function of a template.
struct SwiftWriter {
  /// A local name: where it is declared, so that `let` can become `var`.
  final class Local {
    /// The line of the output that declares it; `nil` for what cannot be given another value.
    let line: Int?
    var isAssigned = false
    init(line: Int?) { self.line = line }
  }

  /// A block of Swift with its names.
  struct Scope {
    var locals: [String: Local] = [:]
    /// Whether names outside cannot be given values: the body of `{% apply %}`.
    var isFunction = false
  }

  /// A loop that can be left.
  struct Loop {
    let label: String
    /// How many `{% try %}` with `{% finally %}` are around its body.
    let guards: Int
    let hasElse: Bool
  }

  let set: TemplateSet
  let template: LinkedTemplate
  private let function: String
  var lines: [String] = []
  var scopes: [Scope] = [Scope()]
  var loops: [Loop] = []
  var guards = 0
  var labels = 0
  var parameters: [TemplateParameter] = []
  private var places: [TemplateLocation] = []
  private var placeNumbers: [ObjectIdentifier: Int] = [:]
  /// Every name that gets a value somewhere in the template.
  private var assigned: Set<String> = []

  init(set: TemplateSet, template: LinkedTemplate, function: String) {
    self.set = set
    self.template = template
    self.function = function
  }

  // MARK: - The function

  mutating func write() throws -> String {
    assigned = Set(template.body.flatMap(\.allAssigned))
    try collectParameters()
    for parameter in parameters { scopes[0].locals[parameter.name] = Local(line: nil) }
    scopes.append(Scope())
    try body(template.body)
    let size = lines.reduce(0) { $0 + ($1.hasPrefix("_tt_page.write(") ? $1.utf8.count : 0) }
    var text = "  /// \(template.chain[0].name)\n" + signature()
    text += "#sourceLocation()\n"
    text += "    let _tt_page = TemplatePage(capacity: \(size * 2 + 1024))\n    do {\n"
    text += location(template.chain[0], TemplatePosition(line: 1, column: 1))
    text += "\n      try TemplateCode.attempt()\n"
    for line in lines { text += (line.hasPrefix("#") ? "" : "      ") + line + "\n" }
    text += "#sourceLocation()\n"
    text += "    } catch { throw _tt_page.failure(error, _tt_places_\(identifier)) }\n"
    text += "    return _tt_page.bytes\n  }\n\n"
    return text + placeTable()
  }

  private var identifier: String { function.filter { $0 != "`" } }

  private mutating func collectParameters() throws {
    var files = template.chain
    for file in template.body.flatMap(\.included) where !files.contains(where: { $0 === file }) {
      files.append(file)
    }
    for (index, file) in files.enumerated() {
      for directive in file.directives where directive.keyword == "param" {
        let parameter = try TemplateParameter(directive, file)
        // What an included file asks for may be a local name of the template.
        if index >= template.chain.count, assigned.contains(parameter.name) { continue }
        if let known = parameters.first(where: { $0.name == parameter.name }) {
          guard known.type == parameter.type else {
            throw set.problem(
              "\(parameter.name) is declared as \(known.type) in \(known.file.name)", file, directive.position
            )
          }
        } else {
          parameters.append(parameter)
        }
      }
    }
  }

  /// The head of the function.
  ///
  /// Parameters that follow each other in one file keep their lines, so that what Swift says of
  /// them is about those.
  private func signature() -> String {
    guard let first = parameters.first else {
      let start = location(template.chain[0], TemplatePosition(line: 1, column: 1))
      return start + "\n  static func \(function)() throws -> [UInt8] {\n"
    }
    var text = location(first.file, first.position) + "\n  static func \(function)("
    var line = first.position.line
    for (index, parameter) in parameters.enumerated() {
      if index > 0 { text += ", " }
      if parameter.file === first.file, parameter.position.line > line {
        text += String(repeating: "\n", count: parameter.position.line - line)
        line = parameter.position.line
      }
      text += "\(SwiftText.name(parameter.name)): \(parameter.type)"
    }
    return text + ") throws -> [UInt8] {\n"
  }

  func location(_ file: TemplateFile, _ position: TemplatePosition) -> String {
    "#sourceLocation(file: \(SwiftText.literal(set.path(file))), line: \(position.line))"
  }

  private func placeTable() -> String {
    var text = "  private static let _tt_places_\(identifier): [TemplatePage.Place] = [\n"
    for location in places {
      let place = location.file.place(location.position)
      text += "    .init(\(SwiftText.literal(place.file)), \(place.line), \(place.column), "
      text += SwiftText.literal(place.source)
      if let parent = location.parent, let number = placeNumbers[ObjectIdentifier(parent)] {
        text += ", parent: \(number)"
      }
      text += "),\n"
    }
    return text + "  ]\n\n"
  }

  // MARK: - Lines

  func problem(_ message: String, _ location: TemplateLocation) -> TemplateError {
    TemplateError(.parse, message, location.places)
  }

  mutating func emit(_ line: String) { lines.append(line) }

  /// The number of a place, for errors of the page.
  private mutating func number(_ location: TemplateLocation) -> Int {
    if let known = placeNumbers[ObjectIdentifier(location)] { return known }
    if let parent = location.parent { _ = number(parent) }
    places.append(location)
    placeNumbers[ObjectIdentifier(location)] = places.count - 1
    return places.count - 1
  }

  /// A statement that can fail.
  mutating func emit(_ line: String, at location: TemplateLocation) {
    emit("_tt_page.place = \(number(location))")
    emit(self.location(location.file, location.position))
    emit(line)
  }

  // MARK: - Names

  /// The local of a name, if there is one that can be seen.
  func local(_ name: String) -> Local? {
    for scope in scopes.reversed() { if let found = scope.locals[name] { return found } }
    return nil
  }

  mutating func declare(_ name: String, line: Int?) {
    scopes[scopes.count - 1].locals[name] = Local(line: line)
  }

  /// The local that an assignment changes: none outside of the function in which it stands.
  func assignable(_ name: String) -> Local? {
    for scope in scopes.reversed() {
      if let found = scope.locals[name] { return found }
      if scope.isFunction { return nil }
    }
    return nil
  }

  mutating func assign(_ name: String, _ value: String, _ location: TemplateLocation) throws {
    let swift = SwiftText.name(name)
    if let known = assignable(name) {
      if let line = known.line {
        if !known.isAssigned {
          known.isAssigned = true
          lines[line] = "var" + lines[line].dropFirst(3)
        }
        return emit("\(swift) = try TemplateCode.assigned(\(value))", at: location)
      }
      guard scopes[scopes.count - 1].locals[name] == nil else {
        throw problem(
          "'\(name)' has its value from a loop or an exception and cannot get another one", location)
      }
      guard scopes.count == 2 else {
        throw problem("the parameter '\(name)' can get another value only outside of blocks", location)
      }
    }
    emit("let \(swift) = try TemplateCode.assigned(\(value))", at: location)
    declare(name, line: lines.count - 1)
    emit("_ = \(swift)")
  }

  /// Swift's pattern of a target, and its names.
  func pattern(_ target: Target, _ location: TemplateLocation) throws -> (text: String, names: [String]) {
    switch target {
    case .name(let name): return (SwiftText.name(name), [name])
    case .tuple(let targets, nil):
      let parts = try targets.map { try pattern($0, location) }
      return ("(\(parts.map(\.text).joined(separator: ", ")))", parts.flatMap(\.names))
    default: throw problem("only names can get values in a compiled template", location)
    }
  }
}
