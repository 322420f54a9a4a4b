// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleTemplate

extension TemplateCompiler {
  /// Compiles an expression.
  func evaluator(_ expression: Expression, _ location: TemplateLocation, _ context: Context) throws
    -> Evaluator
  {
    func compile(_ expression: Expression) throws -> Evaluator {
      try evaluator(expression, location, context)
    }
    switch expression {
    case .constant(let value): return ConstantEvaluator(TemplateValue(value))
    case .name(let name): return self.name(name, context)
    case .attribute(let object, let name): return AttributeEvaluator(try compile(object), name)
    case .item(let object, .constant(.string(let key))): return MemberEvaluator(try compile(object), key)
    case .item(let object, let key): return ItemEvaluator(try compile(object), try compile(key))
    case .slice(let object, let lower, let upper, let step):
      return SliceEvaluator(try compile(object), try [lower, upper, step].map { try $0.map(compile) })
    case .call(let function, let arguments):
      return try call(function, arguments, expression, location, context)
    case .unary(.not, let operand): return NotEvaluator(try compile(operand))
    case .unary(let sign, let operand): return folded(UnaryEvaluator(sign, try compile(operand)), [operand])
    case .binary(let sign, let left, let right):
      return BinaryEvaluator(sign, try compile(left), try compile(right))
    case .comparison(let first, let rest):
      return ComparisonEvaluator(try compile(first), try rest.map { ($0.sign, try compile($0.right)) })
    case .and(let left, let right):
      return ShortCircuitEvaluator(isAnd: true, try compile(left), try compile(right))
    case .or(let left, let right):
      return ShortCircuitEvaluator(isAnd: false, try compile(left), try compile(right))
    case .conditional(let test, let then, let otherwise):
      return ConditionalEvaluator(try compile(test), try compile(then), try compile(otherwise))
    case .list(let elements): return try sequence(.list, elements, compile)
    case .tuple(let elements): return try sequence(.tuple, elements, compile)
    case .set(let elements): return try sequence(.set, elements, compile)
    case .dictionary(let members):
      return DictionaryEvaluator(try members.map { (try $0.key.map(compile), try compile($0.value)) })
    case .comprehension(let kind, let element, let value, let clauses):
      return try comprehension(kind, element, value, clauses, location, context)
    case .lambda(let parameters, let body): return try lambda(parameters, body, location, context)
    case .assignment(let name, let value):
      let scope = context.scope.enclosingFunction
      if scope.slots[name] == nil { scope.slots[name] = newSlot() }
      return AssignmentEvaluator(scope.slots[name] ?? 0, try compile(value))
    case .formatted(let parts): return try formatted(parts, compile)
    }
  }

  private func name(_ name: String, _ context: Context) -> Evaluator {
    if let slot = context.scope.slot(name) { return LocalEvaluator(slot, name) }
    return GlobalEvaluator(globalSlot(name), name, TemplateLibrary.builtIn(name))
  }

  /// Computes what holds for all pages now, unless it fails: then it fails in the page.
  private func folded(_ evaluator: UnaryEvaluator, _ operands: [Expression]) -> Evaluator {
    guard let operand = evaluator.operand as? ConstantEvaluator else { return evaluator }
    do {
      return ConstantEvaluator(try TemplateOperators.unary(evaluator.sign, operand.constant))
    } catch {
      return evaluator
    }
  }

  private func sequence(
    _ kind: SequenceEvaluator.Kind, _ elements: [Expression.Element],
    _ compile: (Expression) throws -> Evaluator
  ) throws -> Evaluator {
    SequenceEvaluator(kind, try elements.map { (try compile($0.value), $0.isStarred) })
  }

  private func formatted(
    _ parts: [Expression.FormattedPart], _ compile: (Expression) throws -> Evaluator
  ) throws -> FormattedEvaluator {
    FormattedEvaluator(
      try parts.map { part in
        switch part {
        case .text(let text): return .text(text)
        case .value(let value, let conversion, let specification):
          return .value(
            try compile(value), conversion: conversion,
            specification: specification.isEmpty ? nil : try formatted(specification, compile))
        }
      })
  }

  private func call(
    _ function: Expression, _ arguments: [Expression.Argument], _ whole: Expression,
    _ location: TemplateLocation,
    _ context: Context
  ) throws -> Evaluator {
    if whole.isSuperCall, isParent(context) { return try superEvaluator(context) }
    let list = ArgumentList(
      try arguments.map { argument in
        let kind: ArgumentList.Kind =
          switch argument.kind {
          case .positional: .positional
          case .starred: .starred
          case .doubleStarred: .doubleStarred
          case .keyword(let name): .keyword(name)
          }
        return (kind, try evaluator(argument.value, location, context))
      })
    if case .attribute(let object, let name) = function {
      return MethodEvaluator(try evaluator(object, location, context), name, list)
    }
    return CallEvaluator(try evaluator(function, location, context), list)
  }

  private func comprehension(
    _ kind: ComprehensionKind, _ element: Expression, _ value: Expression?, _ clauses: [Expression.Clause],
    _ location: TemplateLocation, _ context: Context
  ) throws -> Evaluator {
    var inner = context
    inner.scope = TemplateScope(.comprehension, parent: context.scope)
    let compiled = try clauses.enumerated().map { index, clause in
      // The first sequence belongs to what is outside.
      let sequence = try evaluator(clause.sequence, location, index == 0 ? context : inner)
      for name in clause.target.names where inner.scope.slots[name] == nil {
        inner.scope.slots[name] = newSlot()
      }
      return ComprehensionEvaluator.Clause(
        target: try assigner(clause.target, location, inner), sequence: sequence,
        conditions: try clause.conditions.map { try evaluator($0, location, inner) })
    }
    return ComprehensionEvaluator(
      kind, try evaluator(element, location, inner), try value.map { try evaluator($0, location, inner) },
      compiled)
  }

  private func lambda(
    _ parameters: [Expression.Parameter], _ body: Expression, _ location: TemplateLocation, _ context: Context
  ) throws -> Evaluator {
    var inner = context
    inner.scope = TemplateScope(.lambda, parent: context.scope)
    let compiled = try parameters.map { parameter in
      let slot = newSlot()
      inner.scope.slots[parameter.name] = slot
      return LambdaEvaluator.Parameter(
        kind: parameter.kind, name: parameter.name, slot: slot,
        standard: try parameter.standard.map { try evaluator($0, location, context) })
    }
    for name in body.assignedNames where inner.scope.slots[name] == nil {
      inner.scope.slots[name] = newSlot()
    }
    let result = try evaluator(body, location, inner)
    return LambdaEvaluator(compiled, result, captures: inner.scope.captures)
  }

  // MARK: - Statements

  /// Compiles a target.
  func assigner(_ target: Target, _ location: TemplateLocation, _ context: Context) throws -> Assigner {
    switch target {
    case .name(let name): return NameAssigner(slot(name, context), name)
    case .attribute(let object, let name):
      return AttributeAssigner(try evaluator(object, location, context), name)
    case .item(let object, let key):
      return ItemAssigner(try evaluator(object, location, context), try evaluator(key, location, context))
    case .tuple(let targets, let starred):
      return TupleAssigner(try targets.map { try assigner($0, location, context) }, starred: starred)
    }
  }

  /// Compiles a statement.
  func action(
    _ statement: Statement, _ location: TemplateLocation, _ context: Context
  ) throws -> TemplateAction {
    switch statement {
    case .pass: return StatementAction { _ in }
    case .expression(let expression):
      let value = try evaluator(expression, location, context)
      return StatementAction { _ = try value.value($0) }
    case .assignment(let targets, let expression):
      let value = try evaluator(expression, location, context)
      let assigners = try targets.map { try assigner($0, location, context) }
      return StatementAction { frame in
        let value = try value.value(frame)
        for assigner in assigners { try assigner.assign(value, frame) }
      }
    case .augmented(let target, let sign, let expression):
      return try augmented(target, sign, expression, location, context)
    case .delete(let targets):
      let assigners = try targets.map { try assigner($0, location, context) }
      return StatementAction { frame in for assigner in assigners { try assigner.delete(frame) } }
    case .assertion(let test, let message):
      let (test, message) = (
        try evaluator(test, location, context), try message.map { try evaluator($0, location, context) }
      )
      return StatementAction { frame in
        guard try !test.truth(frame) else { return }
        throw TemplateException(.assertionError, arguments: try message.map { [try $0.value(frame)] } ?? [])
      }
    case .imports(let modules): return imports(modules, location, context)
    case .from(let module, let names):
      let slots = names.map { (name: $0.name, slot: context.scope.slot($0.alias) ?? 0) }
      return StatementAction { frame in
        let value = try frame.module(module)
        for (name, slot) in slots {
          guard let found = try value.attributeIfThere(name) else {
            throw TemplateException(.importError, "cannot import name '\(name)' from '\(module)'")
          }
          frame[slot] = found
        }
      }
    }
  }

  private func augmented(
    _ target: Target, _ sign: BinaryOperator, _ expression: Expression, _ location: TemplateLocation,
    _ context: Context
  ) throws -> TemplateAction {
    let old: Expression =
      switch target {
      case .name(let name): .name(name)
      case .attribute(let object, let name): .attribute(object, name)
      case .item(let object, let key): .item(object, key)
      case .tuple: .tuple([])
      }
    let (left, right) = (try evaluator(old, location, context), try evaluator(expression, location, context))
    let assigner = try assigner(target, location, context)
    return StatementAction { frame in
      let (left, right) = (try left.value(frame), try right.value(frame))
      if case .list(let list) = left, sign == .add {
        // In place, and with anything that can be gone through.
        list.elements += try right.iterated()
        try assigner.assign(left, frame)
      } else {
        try assigner.assign(try TemplateOperators.binary(sign, left, right), frame)
      }
    }
  }

  private func imports(
    _ modules: [(module: String, name: String?)], _ location: TemplateLocation, _ context: Context
  ) -> TemplateAction {
    let parts = modules.map { module in
      // `import a.b` gives a name to `a`.
      let first = String(module.module.prefix { $0 != "." })
      let slot = context.scope.slot(module.name ?? first) ?? 0
      return (path: module.module, given: module.name == nil ? first : module.module, slot: slot)
    }
    return StatementAction { frame in
      for part in parts {
        if part.path != part.given { _ = try frame.module(part.path) }
        frame[part.slot] = try frame.module(part.given)
      }
    }
  }
}
