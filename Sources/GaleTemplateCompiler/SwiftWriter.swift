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
  private let template: LinkedTemplate
  private let function: String
  private var lines: [String] = []
  var scopes: [Scope] = [Scope()]
  private var loops: [Loop] = []
  private var guards = 0
  private var labels = 0
  private var parameters: [TemplateParameter] = []
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

  private func location(_ file: TemplateFile, _ position: TemplatePosition) -> String {
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

  private mutating func emit(_ line: String) { lines.append(line) }

  /// The number of a place, for errors of the page.
  private mutating func number(_ location: TemplateLocation) -> Int {
    if let known = placeNumbers[ObjectIdentifier(location)] { return known }
    if let parent = location.parent { _ = number(parent) }
    places.append(location)
    placeNumbers[ObjectIdentifier(location)] = places.count - 1
    return places.count - 1
  }

  /// A statement that can fail.
  private mutating func emit(_ line: String, at location: TemplateLocation) {
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

  private mutating func declare(_ name: String, line: Int?) {
    scopes[scopes.count - 1].locals[name] = Local(line: line)
  }

  /// The local that an assignment changes: none outside of the function in which it stands.
  private func assignable(_ name: String) -> Local? {
    for scope in scopes.reversed() {
      if let found = scope.locals[name] { return found }
      if scope.isFunction { return nil }
    }
    return nil
  }

  private mutating func assign(_ name: String, _ value: String, _ location: TemplateLocation) throws {
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

  // MARK: - Blocks

  private mutating func block(
    _ nodes: [LinkedNode], names: [String] = [], isFunction: Bool = false
  ) throws {
    scopes.append(Scope(isFunction: isFunction))
    for name in names {
      declare(name, line: nil)
      emit("_ = \(SwiftText.name(name))")
    }
    try body(nodes)
    scopes.removeLast()
  }

  private mutating func body(_ nodes: [LinkedNode]) throws { for node in nodes { try write(node) } }

  private mutating func write(_ node: LinkedNode) throws {
    let location = node.location
    if node.parent != nil, case .output(let value, _) = node.kind, value.isSuperCall {
      return try body(node.parent ?? [])
    }
    guard node.parent == nil else {
      throw problem("super() inside an expression is not compiled; write {% super %}", location)
    }
    switch node.kind {
    case .text(let bytes):
      emit("_tt_page.write(\(SwiftText.literal(String(decoding: bytes, as: UTF8.self))))")
    case .included(let file): try included(file, location)
    case .output(let value, let escape): try output(value, escape, location)
    case .statements(let statements): for statement in statements { try write(statement, location) }
    case .branches(let branches, let otherwise): try write(branches, otherwise)
    case .loop(let target, let sequence, let body, let otherwise):
      let (pattern, names) = try pattern(target, location)
      let head = "for \(pattern) in try TemplateCode.elements(\(try elements(sequence, location))) {"
      try loop(head, names, body, otherwise, location)
    case .whileLoop(let test, let body, let otherwise):
      try loop(
        "while try TemplateCode.test(\(try condition(test, location))) {", [], body, otherwise, location)
    case .attempt(let attempt): try write(attempt, location)
    case .apply(let function, let inside):
      labels += 1
      let name = "_tt_body\(labels)"
      emit("let \(name) = try _tt_page.captured {")
      emit("try TemplateCode.attempt()")
      let outer = loops
      loops = []
      try block(inside, isFunction: true)
      loops = outer
      emit("}")
      emit("try _tt_page.write(filtered: \(try applied(function, name, location)))", at: location)
    case .leave(let isBreak):
      guard let loop = loops.last else { throw problem("outside loop", location) }
      guard loop.guards == guards else {
        throw problem(
          "a loop is not left out of {% try %} with {% finally %} in a compiled template", location)
      }
      if isBreak, loop.hasElse { emit("\(loop.label)_left = true") }
      emit("\(isBreak ? "break" : "continue") \(loop.label)")
    }
  }

  private mutating func included(_ file: TemplateFile, _ location: TemplateLocation) throws {
    for directive in file.directives where directive.keyword == "param" {
      let parameter = try TemplateParameter(directive, file)
      guard local(parameter.name) != nil else {
        throw problem("\(file.name) wants '\(parameter.name)', which has no value here", location)
      }
      guard !parameters.contains(where: { $0.name == parameter.name }) else { continue }
      let type = parameter.type.split(separator: "=").first.map(String.init) ?? parameter.type
      emit(self.location(file, parameter.position))
      emit("_ = \(SwiftText.name(parameter.name)) as \(type)")
    }
  }

  private mutating func output(_ value: Expression, _ escape: String?, _ location: TemplateLocation) throws {
    let text = try expression(value, location)
    guard let escape else { return emit("try _tt_page.write(raw: \(text))", at: location) }
    guard escape != "xhtml_escape", escape != "escape" else {
      return emit("try _tt_page.write(escaped: \(text))", at: location)
    }
    do {
      var parser = try ExpressionParser(escape)
      let function = try parser.wholeExpression()
      emit(
        "try _tt_page.write(filtered: \(try applied(function, "TemplateCode.str(\(text))", location)))",
        at: location)
    } catch let found as SyntaxProblem {
      throw problem("autoescape: \(found.message)", location)
    }
  }

  private mutating func loop(
    _ head: String, _ names: [String], _ inside: [LinkedNode], _ otherwise: [LinkedNode],
    _ location: TemplateLocation
  ) throws {
    labels += 1
    let hasElse = !otherwise.isEmpty && inside.contains(where: \.leavesLoop)
    let isLeft = inside.contains(where: \.hasLeave)
    let loop = Loop(label: "_tt_loop\(labels)", guards: guards, hasElse: hasElse)
    if hasElse { emit("var \(loop.label)_left = false") }
    emit((isLeft ? "\(loop.label): " : "") + head, at: location)
    loops.append(loop)
    try block(inside, names: names)
    loops.removeLast()
    emit("}")
    guard !otherwise.isEmpty else { return }
    emit(hasElse ? "if !\(loop.label)_left {" : "do {")
    try block(otherwise)
    emit("}")
  }

  // MARK: - Branches

  private mutating func write(
    _ branches: [(test: Expression, location: TemplateLocation, body: [LinkedNode])],
    _ otherwise: [LinkedNode]?
  ) throws {
    for (index, branch) in branches.enumerated() {
      let test = try conditions(branch.test, branch.location)
      if index == 0 {
        emit("if \(test.text) {", at: branch.location)
      } else {
        emit("} else {")
        emit("if \(test.text) {", at: branch.location)
      }
      try block(branch.body, names: test.names)
    }
    if let otherwise {
      emit("} else {")
      try block(otherwise)
    }
    emit(String(repeating: "}", count: branches.count))
  }

  /// A condition; names in it that may be `None` are not inside what depends on it.
  private func conditions(_ test: Expression, _ location: TemplateLocation) throws -> (
    text: String, names: [String]
  ) {
    var names: [String] = []
    func parts(_ test: Expression) throws -> [String] {
      switch test {
      case .and(let left, let right): return try parts(left) + parts(right)
      case .name(let name) where canNarrow(name):
        names.append(name)
        return ["let \(SwiftText.name(name)) = try TemplateCode.present(\(SwiftText.name(name)))"]
      case .comparison(.name(let name), let rest) where canNarrow(name) && rest.count == 1:
        guard [.isNotSame, .unequal].contains(rest[0].sign), case .constant(.none) = rest[0].right else {
          break
        }
        names.append(name)
        return ["let \(SwiftText.name(name)) = try TemplateCode.some(\(SwiftText.name(name)))"]
      default: break
      }
      return ["try TemplateCode.test(\(try condition(test, location)))"]
    }
    let text = try parts(test).joined(separator: ", ")
    return (text, names)
  }

  /// Whether a name can stand for what it holds when it is not `None`.
  func canNarrow(_ name: String) -> Bool {
    guard let found = local(name) else { return false }
    return found.line == nil || !assignedTwice.contains(name)
  }

  /// Names that get values at more than one place.
  private var assignedTwice: Set<String> {
    var seen: Set<String> = []
    var twice: Set<String> = []
    for name in template.body.flatMap(\.allAssigned) where !seen.insert(name).inserted { twice.insert(name) }
    return twice
  }

  // MARK: - Exceptions

  private mutating func write(_ attempt: LinkedNode.Attempt, _ location: TemplateLocation) throws {
    guard !attempt.finally.isEmpty else { return try guarded(attempt) }
    emit("do {")
    emit("try TemplateCode.attempt()")
    scopes.append(Scope())
    guards += 1
    try guarded(attempt)
    guards -= 1
    scopes.removeLast()
    emit("} catch {")
    try block(attempt.finally)
    emit("throw error")
    emit("}")
    emit("do {")
    try block(attempt.finally)
    emit("}")
  }

  private mutating func guarded(_ attempt: LinkedNode.Attempt) throws {
    guard !attempt.handlers.isEmpty else {
      emit("do {")
      try block(attempt.body)
      return emit("}")
    }
    labels += 1
    let error = "_tt_error\(labels)"
    emit("do {")
    emit("var \(error): (any Error)?")
    emit("do {")
    emit("try TemplateCode.attempt()")
    try block(attempt.body)
    emit("} catch { \(error) = error }")
    emit("if let \(error) {")
    for (index, handler) in attempt.handlers.enumerated() {
      let names = try handler.types.map { try exceptions($0, handler.location) } ?? "nil"
      emit("\(index == 0 ? "" : "} else ")if TemplateCode.catches(\(error), \(names)) {")
      if let name = handler.name { emit("let \(SwiftText.name(name)) = TemplateCode.caught(\(error))") }
      try block(handler.body, names: [handler.name].compactMap { $0 })
    }
    emit("} else { throw \(error) }")
    if !attempt.otherwise.isEmpty {
      emit("} else {")
      try block(attempt.otherwise)
    }
    emit("}")
    emit("}")
  }

  private func exceptions(_ types: Expression, _ location: TemplateLocation) throws -> String {
    let all: [Expression] = if case .tuple(let elements) = types { elements.map(\.value) } else { [types] }
    let names = try all.map { type in
      guard case .name(let name) = type,
        name.hasSuffix("Error") || name.hasSuffix("Exception") || name == "StopIteration"
      else { throw problem("a compiled template catches exceptions by their names", location) }
      return SwiftText.literal(name)
    }
    return "[\(names.joined(separator: ", "))]"
  }

  // MARK: - Statements

  private mutating func write(_ statement: Statement, _ location: TemplateLocation) throws {
    switch statement {
    case .pass: break
    case .expression(let value):
      emit("_ = try TemplateCode.assigned(\(try expression(value, location)))", at: location)
    case .assignment(let targets, let value):
      guard targets.count == 1 else {
        throw problem("one name at a time gets a value in a compiled template", location)
      }
      if case .name(let name) = targets[0] {
        return try assign(name, try expression(value, location), location)
      }
      let (pattern, names) = try pattern(targets[0], location)
      if let name = names.first(where: { assignable($0) != nil }) {
        throw problem("'\(name)' has a value already; give it another one by itself", location)
      }
      emit("let \(pattern) = try TemplateCode.assigned(\(try expression(value, location)))", at: location)
      for name in names {
        declare(name, line: nil)
        emit("_ = \(SwiftText.name(name))")
      }
    case .augmented(let target, let sign, let value):
      guard case .name(let name) = target else {
        throw problem("only names can get values in a compiled template", location)
      }
      try assign(name, try expression(.binary(sign, .name(name), value), location), location)
    case .assertion(let test, let message):
      let text = try message.map { "TemplateCode.value(\(try expression($0, location)))" } ?? "nil"
      emit("try TemplateCode.check(\(try condition(test, location)), \(text))", at: location)
    case .delete: throw problem("del is not compiled", location)
    case .imports, .from:
      throw problem("a compiled template imports Swift's modules, by {# import Module #}", location)
    }
  }
}
