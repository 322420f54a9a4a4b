// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleTemplate

/// Turns a template, its ancestors and what they include into instructions.
final class TemplateCompiler {
  /// Where the compiler is.
  struct Context {
    var scope: TemplateScope
    /// What the parent has in the block, for `super()`.
    var parent: [LinkedNode]?
    /// The loop that is left by `{% break %}` and `{% continue %}`.
    var loop: LoopJumps?
  }

  /// The jumps out of a loop, to be aimed when its end is known.
  final class LoopJumps {
    let start: Int
    var breaks: [Int] = []
    init(start: Int) { self.start = start }
  }

  private var globals: [String: Int] = [:]
  private(set) var layout = Frame.Layout()

  /// Compiles a file.
  /// - Parameter load: Finds the files that it names.
  /// - Throws: ``/GaleTemplate/TemplateError`` with the line.
  func compile(_ file: TemplateFile, load: @escaping TemplateLinker.Load) throws -> TemplateProgram {
    let template = try TemplateLinker.link(file, load: load)
    let context = Context(scope: TemplateScope(.function, parent: nil))
    declare(template.body, context)
    return try program(template.body, context)
  }

  // MARK: - Names

  func newSlot() -> Int {
    defer { layout.slotCount += 1 }
    return layout.slotCount
  }

  func globalSlot(_ name: String) -> Int {
    if let slot = globals[name] { return slot }
    let slot = newSlot()
    globals[name] = slot
    return slot
  }

  private func newLoop() -> Int {
    defer { layout.loopCount += 1 }
    return layout.loopCount
  }

  /// Gives slots to all names that get values in the nodes, before anything uses them: as in Python, a name
  /// that is assigned anywhere is local everywhere.
  private func declare(_ nodes: [LinkedNode], _ context: Context) {
    for node in nodes {
      declare(node, context)
      declare(node.parent ?? [], context)
    }
  }

  private func declare(names: [String], _ context: Context) {
    for name in names where context.scope.slots[name] == nil { context.scope.slots[name] = newSlot() }
  }

  private func declare(_ node: LinkedNode, _ context: Context) {
    switch node.kind {
    case .text, .leave, .included: break
    case .output(let value, _), .apply(let value, _): declare(names: value.assignedNames, context)
    case .statements(let statements): declare(names: statements.flatMap(\.assignedNames), context)
    case .branches(let branches, let otherwise):
      for branch in branches {
        declare(names: branch.test.assignedNames, context)
        declare(branch.body, context)
      }
      declare(otherwise ?? [], context)
    case .loop(let target, let sequence, let body, let otherwise):
      declare(names: target.names + sequence.assignedNames, context)
      declare(body + otherwise, context)
    case .whileLoop(let test, let body, let otherwise):
      declare(names: test.assignedNames, context)
      declare(body + otherwise, context)
    case .attempt(let attempt):
      for handler in attempt.handlers {
        declare(names: [handler.name].compactMap { $0 }, context)
        declare(handler.body, context)
      }
      declare(attempt.body + attempt.otherwise + attempt.finally, context)
    }
  }

  // MARK: - Instructions

  private func program(_ nodes: [LinkedNode], _ context: Context) throws -> TemplateProgram {
    var builder = ProgramBuilder()
    try add(nodes, context, to: &builder)
    return builder.build()
  }

  private func add(_ nodes: [LinkedNode], _ context: Context, to builder: inout ProgramBuilder) throws {
    for node in nodes {
      var inner = context
      if let parent = node.parent { inner.parent = parent }
      try add(node, inner, to: &builder)
    }
  }

  private func add(_ node: LinkedNode, _ context: Context, to builder: inout ProgramBuilder) throws {
    let location = node.location
    switch node.kind {
    case .included: break
    case .text(let bytes): builder.add(text: bytes, location)
    case .output(let value, let escape): try output(value, escape, location, context, to: &builder)
    case .statements(let statements):
      for statement in statements {
        builder.add(.action, location, action: try action(statement, location, context))
      }
    case .branches(let branches, let otherwise): try add(branches, otherwise, context, to: &builder)
    case .loop(let target, let sequence, let body, let otherwise):
      let loop = newLoop()
      builder.add(.beginLoop, location, try evaluator(sequence, location, context), count: loop)
      let start =
        if case .name(let name) = target {
          builder.add(.nextRound, location, slot: slot(name, context), count: loop)
        } else {
          builder.add(
            .nextAssigned, location, action: AssignAction(try assigner(target, location, context)),
            count: loop)
        }
      try add(loop: body, otherwise, from: start, location, context, to: &builder)
    case .whileLoop(let test, let body, let otherwise):
      builder.add(.action, location, action: StatementAction { try $0.countRound() })
      let start = builder.next - 1
      let jump = builder.add(.jumpUnless, location, try evaluator(test, location, context))
      try add(loop: body, otherwise, from: start, leaving: jump, location, context, to: &builder)
    case .attempt(let attempt): try add(attempt, location, context, to: &builder)
    case .apply(let function, let body): try add(function, applied: body, location, context, to: &builder)
    case .leave(let isBreak):
      guard let loop = context.loop else { preconditionFailure("the linker looked") }
      let jump = builder.add(.jump, location, target: loop.start)
      if isBreak { loop.breaks.append(jump) }
    }
  }

  private func add(
    _ branches: [(test: Expression, location: TemplateLocation, body: [LinkedNode])],
    _ otherwise: [LinkedNode]?, _ context: Context, to builder: inout ProgramBuilder
  ) throws {
    var ends: [Int] = []
    for (index, branch) in branches.enumerated() {
      let test = try evaluator(branch.test, branch.location, context)
      let jump = builder.add(.jumpUnless, branch.location, test)
      try add(branch.body, context, to: &builder)
      if index + 1 < branches.count || otherwise != nil { ends.append(builder.add(.jump, branch.location)) }
      builder.aim(jump, at: builder.next)
    }
    try add(otherwise ?? [], context, to: &builder)
    for end in ends { builder.aim(end, at: builder.next) }
  }

  /// The body of a loop, behind the instruction `start` that begins a round.
  private func add(
    loop body: [LinkedNode], _ otherwise: [LinkedNode], from start: Int, leaving jump: Int? = nil,
    _ location: TemplateLocation, _ context: Context, to builder: inout ProgramBuilder
  ) throws {
    var inner = context
    let loop = LoopJumps(start: start)
    inner.loop = loop
    try add(body, inner, to: &builder)
    builder.add(.jump, location, target: start)
    builder.aim(jump ?? start, at: builder.next)
    try add(otherwise, context, to: &builder)
    for leaving in loop.breaks { builder.aim(leaving, at: builder.next) }
  }

  private func add(
    _ attempt: LinkedNode.Attempt, _ location: TemplateLocation, _ context: Context,
    to builder: inout ProgramBuilder
  ) throws {
    func part(_ nodes: [LinkedNode], _ builder: inout ProgramBuilder) throws -> Range<Int> {
      let start = builder.next
      try add(nodes, context, to: &builder)
      return start..<builder.next
    }
    let action = AttemptAction()
    builder.add(.attempt, location, action: action)
    action.body = try part(attempt.body, &builder)
    for handler in attempt.handlers {
      let types = try handler.types.map { try evaluator($0, handler.location, context) }
      action.handlers.append(
        .init(
          types: types, slot: handler.name.map { slot($0, context) }, body: try part(handler.body, &builder),
          location: handler.location))
    }
    action.otherwise = try part(attempt.otherwise, &builder)
    action.finally = try part(attempt.finally, &builder)
  }

  private func output(
    _ value: Expression, _ escape: String?, _ location: TemplateLocation, _ context: Context,
    to builder: inout ProgramBuilder
  ) throws {
    let compiled = try evaluator(value, location, context)
    // What a parent block wrote is escaped already.
    let isParent = value.isSuperCall && isParent(context)
    guard !isParent, let escape else { return _ = builder.add(.raw, location, compiled) }
    let filter = FilterAction(compiled, try function(named: escape, location, context))
    guard escape == "xhtml_escape" || escape == "escape", context.scope.slot(escape) == nil else {
      return _ = builder.add(.action, location, action: filter)
    }
    layout.escapes = true
    builder.add(.escaped, location, compiled, action: filter)
  }

  private func function(
    named name: String, _ location: TemplateLocation, _ context: Context
  ) throws -> Evaluator {
    do {
      var parser = try ExpressionParser(name)
      return try evaluator(try parser.wholeExpression(), location, context)
    } catch let found as SyntaxProblem {
      throw TemplateError(.parse, "autoescape: \(found.message)", location.places)
    }
  }

  private func add(
    _ function: Expression, applied body: [LinkedNode], _ location: TemplateLocation, _ context: Context,
    to builder: inout ProgramBuilder
  ) throws {
    var inner = context
    inner.scope = TemplateScope(.function, parent: context.scope)
    inner.loop = nil
    declare(body, inner)
    let locals = Array(inner.scope.slots.values)
    let function = try evaluator(function, location, context)
    builder.add(
      .action, location,
      action: ApplyAction(function, BodyEvaluator(try program(body, inner), locals: locals)))
  }

  /// Whether `super()` means the parent's block.
  func isParent(_ context: Context) -> Bool { context.parent != nil && context.scope.slot("super") == nil }

  /// What `super()` is inside an expression.
  func superEvaluator(_ context: Context) throws -> Evaluator {
    BodyEvaluator(try program(context.parent ?? [], context), locals: [])
  }

  /// The slot of a name that was declared before.
  func slot(_ name: String, _ context: Context) -> Int {
    guard let slot = context.scope.slot(name) else { preconditionFailure("\(name) was declared before") }
    return slot
  }
}
