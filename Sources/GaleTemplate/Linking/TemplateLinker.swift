// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// Puts a template, its ancestors and what they include together.
///
/// As in Tornado, everything becomes one function: included files share the names of the file that includes them.
package final class TemplateLinker {
  /// A block and where it was defined.
  private struct Block {
    let name: String
    let body: [TemplateNode]
    let file: TemplateFile
    let position: TemplatePosition
    /// Which file of the chain of ancestors has it; the root is 0.
    let generation: Int
  }

  /// Where the linker is.
  private struct Context {
    var file: TemplateFile
    var parent: TemplateLocation?
    var loopDepth = 0
    /// The block that is being put in, and its place among those of its name.
    var block: (name: String, index: Int)?
    var depth = 0

    func location(_ position: TemplatePosition) -> TemplateLocation {
      TemplateLocation(file, position, parent)
    }

    var inLoop: Context {
      var inner = self
      inner.loopDepth += 1
      return inner
    }
  }

  /// Finds the file that another one names.
  package typealias Load = (_ name: String, _ from: TemplateFile, TemplatePosition) throws -> TemplateFile

  /// How many files and blocks may lie in each other.
  private static let depthLimit = 64
  /// How many pieces a template may have: blocks that contain others twice double them with each level.
  private static let nodeLimit = 200_000

  private let load: Load
  /// The definitions of each block, from the root down to the template itself.
  private var blocks: [String: [Block]] = [:]
  private var nodeCount = 0

  /// Puts a template together.
  /// - Parameter load: Finds what it includes and extends.
  /// - Throws: ``TemplateError`` with the place.
  package static func link(_ file: TemplateFile, load: @escaping Load) throws -> LinkedTemplate {
    let linker = TemplateLinker(load)
    let chain = try linker.ancestors(of: file, depth: 0)
    for (generation, ancestor) in chain.reversed().enumerated() {
      try linker.findBlocks(ancestor.body, ancestor, generation, depth: 0)
    }
    let root = chain[chain.count - 1]
    return LinkedTemplate(chain: chain, body: try linker.link(root.body, Context(file: root)))
  }

  private init(_ load: @escaping Load) { self.load = load }

  private func ancestors(of file: TemplateFile, depth: Int) throws -> [TemplateFile] {
    guard let parent = file.parents.last else { return [file] }
    guard depth < Self.depthLimit else {
      throw problem("the template extends itself", TemplateLocation(file, parent.position, nil))
    }
    return [file] + (try ancestors(of: load(parent.name, file, parent.position), depth: depth + 1))
  }

  private func problem(_ message: String, _ location: TemplateLocation) -> TemplateError {
    TemplateError(.parse, message, location.places)
  }

  // MARK: - Blocks

  private func findBlocks(
    _ nodes: [TemplateNode], _ file: TemplateFile, _ generation: Int, depth: Int
  ) throws {
    for node in nodes {
      switch node.kind {
      case .block(let name, let body):
        let block = Block(
          name: name, body: body, file: file, position: node.position, generation: generation)
        // Of two in the same file, the later one holds.
        if blocks[name]?.last?.generation == generation { blocks[name]?.removeLast() }
        blocks[name, default: []].append(block)
        try findBlocks(body, file, generation, depth: depth)
      case .include(let name):
        try count(TemplateLocation(file, node.position, nil))
        guard depth < Self.depthLimit else {
          throw problem("the template includes itself", TemplateLocation(file, node.position, nil))
        }
        let included = try load(name, file, node.position)
        try findBlocks(included.body, included, generation, depth: depth + 1)
      default: for body in node.bodies { try findBlocks(body, file, generation, depth: depth) }
      }
    }
  }

  /// The block that holds under a name, or the one at an index among those of the name.
  private func block(_ name: String, _ index: Int? = nil) -> (block: Block, index: Int)? {
    guard let all = blocks[name], let index = index ?? all.indices.last, all.indices.contains(index) else {
      return nil
    }
    return (all[index], index)
  }

  /// Where linking goes on inside a block.
  private func entering(
    _ found: (block: Block, index: Int), _ position: TemplatePosition, _ context: Context
  ) throws -> Context {
    guard context.depth < Self.depthLimit else {
      throw problem("block \(found.block.name) contains itself", context.location(position))
    }
    var inner = context
    if context.file !== found.block.file { inner.parent = context.location(position) }
    inner.file = found.block.file
    inner.block = (found.block.name, found.index)
    inner.depth += 1
    return inner
  }

  /// What the parent has in the block.
  private func parentBlock(_ position: TemplatePosition, _ context: Context) throws -> [LinkedNode] {
    guard let current = context.block else {
      throw problem("super outside a block", context.location(position))
    }
    guard let found = block(current.name, current.index - 1) else {
      throw problem("block \(current.name) has no parent", context.location(position))
    }
    return try link(found.block.body, try entering(found, position, context))
  }

  private func including(
    _ name: String, _ position: TemplatePosition, _ context: Context
  ) throws -> Context {
    guard context.depth < Self.depthLimit else {
      throw problem("the template includes itself", context.location(position))
    }
    var inner = context
    inner.file = try load(name, context.file, position)
    inner.parent = context.location(position)
    inner.depth += 1
    if let parent = inner.file.parents.first {
      throw problem("an included file cannot extend another one", inner.location(parent.position))
    }
    return inner
  }

  // MARK: - Nodes

  private func count(_ location: TemplateLocation) throws {
    nodeCount += 1
    guard nodeCount <= Self.nodeLimit else { throw problem("the template becomes too large", location) }
  }

  private func link(_ nodes: [TemplateNode], _ context: Context) throws -> [LinkedNode] {
    var linked: [LinkedNode] = []
    for node in nodes { try link(node, context, to: &linked) }
    return linked
  }

  private func link(_ node: TemplateNode, _ context: Context, to linked: inout [LinkedNode]) throws {
    let location = context.location(node.position)
    try count(location)
    switch node.kind {
    case .text(let bytes):
      // Text that follows text is written in one go.
      if case .text(let before)? = linked.last?.kind {
        linked[linked.count - 1] = LinkedNode(linked[linked.count - 1].location, .text(before + bytes))
      } else {
        linked.append(LinkedNode(location, .text(bytes)))
      }
    case .block(let name, let body):
      guard let found = block(name) else { return linked += try link(body, context) }
      try inline(try link(found.block.body, try entering(found, node.position, context)), to: &linked)
    case .superBlock: try inline(try parentBlock(node.position, context), to: &linked)
    case .include(let name):
      let inner = try including(name, node.position, context)
      if !inner.file.directives.isEmpty { linked.append(LinkedNode(location, .included(inner.file))) }
      try inline(try link(inner.file.body, inner), to: &linked)
    case .extends:
      guard context.depth > 0 || context.file.parents.isEmpty else { break }
      throw problem("extends stands inside a block", location)
    case .leave(let isBreak):
      guard context.loopDepth > 0 else {
        throw problem("'\(isBreak ? "break" : "continue")' outside loop", location)
      }
      linked.append(LinkedNode(location, .leave(isBreak: isBreak)))
    default:
      let callsSuper = context.block != nil && node.expressions.contains(where: \.callsSuper)
      let parent = callsSuper ? try parentBlock(node.position, context) : nil
      linked.append(LinkedNode(location, try kind(node, context), parent: parent))
    }
  }

  private func inline(_ nodes: [LinkedNode], to linked: inout [LinkedNode]) throws {
    for node in nodes {
      if case .text(let bytes) = node.kind, case .text(let before)? = linked.last?.kind {
        linked[linked.count - 1] = LinkedNode(linked[linked.count - 1].location, .text(before + bytes))
      } else {
        linked.append(node)
      }
    }
  }

  private func kind(_ node: TemplateNode, _ context: Context) throws -> LinkedNode.Kind {
    func body(_ nodes: [TemplateNode]) throws -> [LinkedNode] { try link(nodes, context) }
    func loop(_ nodes: [TemplateNode]) throws -> [LinkedNode] { try link(nodes, context.inLoop) }
    switch node.kind {
    case .output(let value, let isRaw): return .output(value, escape: isRaw ? nil : context.file.autoescape)
    case .statements(let statements): return .statements(statements)
    case .branches(let branches, let otherwise):
      return .branches(
        try branches.map { ($0.test, context.location($0.position), try body($0.body)) },
        otherwise: try otherwise.map(body))
    case .loop(let target, let sequence, let inside, let otherwise):
      return .loop(target, sequence, body: try loop(inside), otherwise: try body(otherwise))
    case .whileLoop(let test, let inside, let otherwise):
      return .whileLoop(test, body: try loop(inside), otherwise: try body(otherwise))
    case .attempt(let attempt):
      return .attempt(
        .init(
          body: try body(attempt.body),
          handlers: try attempt.handlers.map { handler in
            .init(
              types: handler.types, name: handler.name, location: context.location(handler.position),
              body: try body(handler.body))
          }, otherwise: try body(attempt.otherwise), finally: try body(attempt.finally)))
    case .apply(let function, let inside):
      var inner = context
      inner.loopDepth = 0
      return .apply(function, body: try link(inside, inner))
    default: preconditionFailure("linked before")
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

  /// The expressions of the piece itself.
  fileprivate var expressions: [Expression] {
    switch kind {
    case .output(let value, _), .apply(let value, _), .loop(_, let value, _, _), .whileLoop(let value, _, _):
      [value]
    case .branches(let branches, _): branches.map(\.test)
    case .attempt(let attempt): attempt.handlers.compactMap(\.types)
    case .statements(let statements): statements.flatMap(\.expressions)
    default: []
    }
  }
}
