// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleTemplate

extension SwiftWriter {
  // MARK: - Blocks

  mutating func block(
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

  mutating func body(_ nodes: [LinkedNode]) throws { for node in nodes { try write(node) } }

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
}
