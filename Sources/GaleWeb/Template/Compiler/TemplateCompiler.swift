// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// Turns a template, its ancestors and what they include into steps.
///
/// As in Tornado, everything becomes one function: included files share the names of the file that includes
/// them.
final class TemplateCompiler {
  /// A block and where it was defined.
  struct Block {
    let name: String
    let body: [TemplateNode]
    let file: TemplateFile
    let line: Int
    /// Which file of the chain of ancestors has it; the root is 0.
    let generation: Int
  }

  /// Where the compiler is.
  struct Context {
    var file: TemplateFile
    var parent: TemplateLocation?
    var scope: TemplateScope
    var loopDepth = 0
    /// The block that is being compiled, and its place among those of its name.
    var block: (name: String, index: Int)?
    var depth = 0
  }

  /// How many files and blocks may lie in each other.
  static let depthLimit = 64

  private let loadFile: (String, TemplateFile, Int) throws -> TemplateFile
  /// The definitions of each block, from the root down to the template itself.
  private var blocks: [String: [Block]] = [:]
  private var globals: [String: Int] = [:]
  private(set) var slotCount = 0
  private(set) var escapes = false

  /// - Parameter load: Finds the file that another one names in a line.
  init(load: @escaping (String, TemplateFile, Int) throws -> TemplateFile) { loadFile = load }

  /// Compiles a file.
  /// - Throws: ``TemplateError`` with the line.
  func compile(_ file: TemplateFile) throws -> StepList {
    let chain = try ancestors(of: file, depth: 0)
    for (generation, ancestor) in chain.reversed().enumerated() {
      try findBlocks(ancestor.body, ancestor, generation, depth: 0)
    }
    let root = chain[chain.count - 1]
    let scope = TemplateScope(.function, parent: nil)
    var context = Context(file: root, parent: nil, scope: scope)
    try declare(root.body, context)
    context.depth = 0
    return try steps(root.body, context)
  }

  private func ancestors(of file: TemplateFile, depth: Int) throws -> [TemplateFile] {
    guard let parent = file.parents.last else { return [file] }
    guard depth < Self.depthLimit else { throw problem("the template extends itself", file, parent.line) }
    return [file] + (try ancestors(of: loadFile(parent.name, file, parent.line), depth: depth + 1))
  }

  func problem(_ message: String, _ file: TemplateFile, _ line: Int, _ parent: TemplateLocation? = nil)
    -> TemplateError
  {
    TemplateError(.parse, message, TemplateLocation(file, line, parent).places)
  }

  // MARK: - Blocks

  private func findBlocks(_ nodes: [TemplateNode], _ file: TemplateFile, _ generation: Int, depth: Int) throws
  {
    for node in nodes {
      switch node.kind {
      case .block(let name, let body):
        let block = Block(name: name, body: body, file: file, line: node.line, generation: generation)
        // Of two in the same file, the later one holds.
        if blocks[name]?.last?.generation == generation { blocks[name]?.removeLast() }
        blocks[name, default: []].append(block)
        try findBlocks(body, file, generation, depth: depth)
      case .include(let name):
        guard depth < Self.depthLimit else { throw problem("the template includes itself", file, node.line) }
        let included = try loadFile(name, file, node.line)
        try findBlocks(included.body, included, generation, depth: depth + 1)
      default: for body in node.bodies { try findBlocks(body, file, generation, depth: depth) }
      }
    }
  }

  /// The block that holds under a name, or with `context` inside one its parent.
  private func block(_ name: String, _ index: Int? = nil) -> (block: Block, index: Int)? {
    guard let all = blocks[name], let index = index ?? all.indices.last, all.indices.contains(index) else {
      return nil
    }
    return (all[index], index)
  }

  /// Where compiling goes on inside a block.
  private func entering(_ found: (block: Block, index: Int), _ line: Int, _ context: Context) throws
    -> Context
  {
    guard context.depth < Self.depthLimit else {
      throw problem("block \(found.block.name) contains itself", context.file, line, context.parent)
    }
    var inner = context
    if context.file !== found.block.file {
      inner.parent = TemplateLocation(context.file, line, context.parent)
    }
    inner.file = found.block.file
    inner.block = (found.block.name, found.index)
    inner.depth += 1
    return inner
  }

  private func enteringSuper(_ line: Int, _ context: Context) throws -> (block: Block, context: Context) {
    guard let current = context.block else {
      throw problem("super outside a block", context.file, line, context.parent)
    }
    guard let found = block(current.name, current.index - 1) else {
      throw problem("block \(current.name) has no parent", context.file, line, context.parent)
    }
    return (found.block, try entering(found, line, context))
  }

  private func including(_ name: String, _ line: Int, _ context: Context) throws -> Context {
    guard context.depth < Self.depthLimit else {
      throw problem("the template includes itself", context.file, line, context.parent)
    }
    var inner = context
    inner.file = try loadFile(name, context.file, line)
    inner.parent = TemplateLocation(context.file, line, context.parent)
    inner.depth += 1
    guard inner.file.parents.isEmpty else {
      throw problem(
        "an included file cannot extend another one", inner.file, inner.file.parents[0].line, inner.parent)
    }
    return inner
  }

  // MARK: - Names

  func newSlot() -> Int {
    defer { slotCount += 1 }
    return slotCount
  }

  func globalSlot(_ name: String) -> Int {
    if let slot = globals[name] { return slot }
    let slot = newSlot()
    globals[name] = slot
    return slot
  }

  /// Gives slots to all names that get values in the nodes, before anything uses them: as in Python, a name
  /// that is assigned anywhere is local everywhere.
  private func declare(_ nodes: [TemplateNode], _ context: Context) throws {
    for node in nodes { try declare(node, context) }
  }

  private func declare(names: [String], _ context: Context) {
    for name in names where context.scope.slots[name] == nil { context.scope.slots[name] = newSlot() }
  }

  private func declare(_ expression: Expression, _ line: Int, _ context: Context) throws {
    declare(names: expression.assignedNames, context)
    guard context.block != nil, expression.callsSuper else { return }
    let parent = try enteringSuper(line, context)
    try declare(parent.block.body, parent.context)
  }

  private func declare(_ node: TemplateNode, _ context: Context) throws {
    let line = node.line
    switch node.kind {
    case .text, .extends, .leave: break
    case .output(let value, _): try declare(value, line, context)
    case .statements(let statements): declare(names: statements.flatMap(\.assignedNames), context)
    case .branches(let branches, let otherwise):
      for branch in branches {
        try declare(branch.test, line, context)
        try declare(branch.body, context)
      }
      try declare(otherwise ?? [], context)
    case .loop(let target, let sequence, let body, let otherwise):
      declare(names: target.names, context)
      try declare(sequence, line, context)
      try declare(body + otherwise, context)
    case .whileLoop(let test, let body, let otherwise):
      try declare(test, line, context)
      try declare(body + otherwise, context)
    case .attempt(let attempt):
      for handler in attempt.handlers {
        declare(names: [handler.name].compactMap { $0 }, context)
        try declare(handler.body, context)
      }
      try declare(attempt.body + attempt.otherwise + attempt.finally, context)
    case .apply(let function, _): try declare(function, line, context)
    case .block(let name, let body):
      guard let found = block(name) else { return try declare(body, context) }
      try declare(found.block.body, try entering(found, line, context))
    case .superBlock:
      let parent = try enteringSuper(line, context)
      try declare(parent.block.body, parent.context)
    case .include(let name):
      let inner = try including(name, line, context)
      try declare(inner.file.body, inner)
    }
  }

  // MARK: - Steps

  func steps(_ nodes: [TemplateNode], _ context: Context) throws -> StepList {
    var steps: [Step] = []
    for node in nodes { try add(node, context, to: &steps) }
    return StepList(steps)
  }

  private func add(_ step: Step, to steps: inout [Step]) {
    // Text that follows text is written in one go.
    if let text = step as? TextStep, let last = steps.last as? TextStep {
      steps[steps.count - 1] = TextStep(last.bytes + text.bytes, last.location)
    } else {
      steps.append(step)
    }
  }

  private func add(_ node: TemplateNode, _ context: Context, to steps: inout [Step]) throws {
    let line = node.line
    let location = TemplateLocation(context.file, line, context.parent)
    switch node.kind {
    case .text(let bytes): add(TextStep(bytes, location), to: &steps)
    case .output(let value, let isRaw): add(try output(value, isRaw, location, context), to: &steps)
    case .statements(let statements):
      for statement in statements { add(try step(statement, location, context), to: &steps) }
    case .block(let name, let body):
      guard let found = block(name) else { return try inline(body, context, to: &steps) }
      try inline(found.block.body, try entering(found, line, context), to: &steps)
    case .superBlock:
      let parent = try enteringSuper(line, context)
      try inline(parent.block.body, parent.context, to: &steps)
    case .include(let name):
      let inner = try including(name, line, context)
      try inline(inner.file.body, inner, to: &steps)
    case .extends:
      guard context.depth > 0 || context.file.parents.isEmpty else { break }
      throw problem("extends stands inside a block", context.file, line, context.parent)
    case .leave(let isBreak):
      guard context.loopDepth > 0 else {
        throw problem("'\(isBreak ? "break" : "continue")' outside loop", context.file, line, context.parent)
      }
      steps.append(LeaveStep(isBreak ? .leaveLoop : .nextRound, location))
    case .apply(let function, let body):
      steps.append(try apply(function, body, location, context))
    case .branches, .loop, .whileLoop, .attempt:
      steps.append(try compound(node, location, context))
    }
  }

  private func inline(_ nodes: [TemplateNode], _ context: Context, to steps: inout [Step]) throws {
    for node in nodes { try add(node, context, to: &steps) }
  }

  private func output(
    _ value: Expression, _ isRaw: Bool, _ location: TemplateLocation, _ context: Context
  ) throws -> Step {
    // What a parent block wrote is escaped already.
    if context.block != nil, value.isSuperCall, context.scope.slot("super") == nil {
      return RawStep(try evaluator(value, location.line, context), location)
    }
    let evaluator = try evaluator(value, location.line, context)
    guard !isRaw, let name = context.file.autoescape else { return RawStep(evaluator, location) }
    let function = try self.function(named: name, location, context)
    guard name == "xhtml_escape" || name == "escape", context.scope.slot(name) == nil else {
      return FilteredStep(evaluator, function, location)
    }
    escapes = true
    return EscapedStep(evaluator, function, location)
  }

  private func function(named name: String, _ location: TemplateLocation, _ context: Context) throws
    -> Evaluator
  {
    do {
      var parser = try ExpressionParser(name)
      return try evaluator(try parser.wholeExpression(), location.line, context)
    } catch let found as SyntaxProblem {
      throw problem("autoescape: \(found.message)", location.file, location.line, context.parent)
    }
  }

  private func apply(
    _ function: Expression, _ body: [TemplateNode], _ location: TemplateLocation, _ context: Context
  ) throws -> Step {
    var inner = context
    inner.scope = TemplateScope(.function, parent: context.scope)
    inner.loopDepth = 0
    try declare(body, inner)
    let locals = Array(inner.scope.slots.values)
    return ApplyStep(
      try evaluator(function, location.line, context),
      BodyEvaluator(try steps(body, inner), locals: locals), location)
  }

  /// What `super()` is inside an expression.
  func superEvaluator(_ line: Int, _ context: Context) throws -> Evaluator {
    let parent = try enteringSuper(line, context)
    return BodyEvaluator(try steps(parent.block.body, parent.context), locals: [])
  }

  private func compound(_ node: TemplateNode, _ location: TemplateLocation, _ context: Context) throws -> Step
  {
    let line = node.line
    var loop = context
    loop.loopDepth += 1
    switch node.kind {
    case .branches(let branches, let otherwise):
      return BranchStep(
        try branches.map { branch in
          (
            try evaluator(branch.test, branch.line, context),
            TemplateLocation(context.file, branch.line, context.parent), try steps(branch.body, context)
          )
        }, try otherwise.map { try steps($0, context) }, location)
    case .loop(let target, let sequence, let body, let otherwise):
      return LoopStep(
        try assigner(target, line, context), try evaluator(sequence, line, context), try steps(body, loop),
        try steps(otherwise, context), location)
    case .whileLoop(let test, let body, let otherwise):
      return WhileStep(
        try evaluator(test, line, context), try steps(body, loop), try steps(otherwise, context), location)
    case .attempt(let attempt):
      let handlers = try attempt.handlers.map { handler in
        AttemptStep.Handler(
          types: try handler.types.map { try evaluator($0, handler.line, context) },
          slot: handler.name.flatMap { context.scope.slot($0) }, body: try steps(handler.body, context),
          location: TemplateLocation(context.file, handler.line, context.parent))
      }
      return AttemptStep(
        try steps(attempt.body, context), handlers, try steps(attempt.otherwise, context),
        try steps(attempt.finally, context), location)
    default: preconditionFailure("not a compound node")
    }
  }
}

extension TemplateNode {
  /// The bodies inside it, blocks and files excepted.
  fileprivate var bodies: [[TemplateNode]] {
    switch kind {
    case .branches(let branches, let otherwise): branches.map(\.body) + [otherwise ?? []]
    case .loop(_, _, let body, let otherwise), .whileLoop(_, let body, let otherwise): [body, otherwise]
    case .attempt(let attempt):
      [attempt.body, attempt.otherwise, attempt.finally] + attempt.handlers.map(\.body)
    case .apply(_, let body): [body]
    default: []
    }
  }
}
