// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// A constant of an expression.
package enum Literal: Equatable {
  case none
  case bool(Bool)
  case int(Int)
  case double(Double)
  case string(String)
  case bytes([UInt8])

  /// As it would be written.
  var representation: String {
    switch self {
    case .none: "None"
    case .bool(let value): value ? "True" : "False"
    case .int(let number): String(number)
    case .double(let number): String(number)
    case .string(let text): pythonLiteral(text)
    case .bytes(let bytes): pythonLiteral(bytes)
    }
  }
}

/// An expression, as it was written.
package indirect enum Expression {
  case constant(Literal)
  case name(String)
  case attribute(Expression, String)
  case item(Expression, Expression)
  case slice(Expression, Expression?, Expression?, Expression?)
  case call(Expression, [Argument])
  case unary(UnaryOperator, Expression)
  case binary(BinaryOperator, Expression, Expression)
  case comparison(Expression, [(sign: ComparisonOperator, right: Expression)])
  case and(Expression, Expression)
  case or(Expression, Expression)
  case conditional(test: Expression, then: Expression, otherwise: Expression)
  case list([Element])
  case tuple([Element])
  case set([Element])
  /// A member without a key is a dictionary whose members are taken over.
  case dictionary([(key: Expression?, value: Expression)])
  case comprehension(ComprehensionKind, Expression, value: Expression?, [Clause])
  case lambda([Parameter], Expression)
  case assignment(String, Expression)
  case formatted([FormattedPart])

  /// An element of a list, with a star or without.
  package struct Element {
    package let value: Expression
    package let isStarred: Bool
  }

  /// An argument of a call.
  package struct Argument {
    package enum Kind { case positional, starred, doubleStarred, keyword(String) }
    package let kind: Kind
    package let value: Expression
  }

  /// `for target in sequence if condition …`.
  package struct Clause {
    package let target: Target
    package let sequence: Expression
    package let conditions: [Expression]
  }

  /// A parameter of a lambda.
  package struct Parameter {
    package enum Kind { case plain, starred, doubleStarred }
    package let kind: Kind
    package let name: String
    package let standard: Expression?
  }

  /// A piece of an f-string.
  package enum FormattedPart {
    case text(String)
    case value(Expression, conversion: Unicode.Scalar?, specification: [FormattedPart])
  }
}

package enum ComprehensionKind { case list, set, dictionary, generator }

package enum UnaryOperator { case plus, minus, invert, not }

package enum BinaryOperator: String {
  case add = "+"
  case subtract = "-"
  case multiply = "*"
  case divide = "/"
  case floorDivide = "//"
  case modulo = "%"
  case power = "**"
  case shiftLeft = "<<"
  case shiftRight = ">>"
  case bitAnd = "&"
  case bitOr = "|"
  case bitXor = "^"

  /// How closely it binds.
  package var precedence: Int {
    switch self {
    case .bitOr: 1
    case .bitXor: 2
    case .bitAnd: 3
    case .shiftLeft, .shiftRight: 4
    case .add, .subtract: 5
    case .multiply, .divide, .floorDivide, .modulo: 6
    case .power: 8
    }
  }
}

package enum ComparisonOperator: String {
  case equal = "=="
  case unequal = "!="
  case less = "<"
  case lessOrEqual = "<="
  case greater = ">"
  case greaterOrEqual = ">="
  case isIn = "in"
  case isNotIn = "not in"
  case isSame = "is"
  case isNotSame = "is not"
}

/// What an assignment or a loop gives values to.
package indirect enum Target {
  case name(String)
  case attribute(Expression, String)
  case item(Expression, Expression)
  /// The place of the one with a star, if there is one.
  case tuple([Target], starred: Int?)

  /// The names that get values.
  package var names: [String] {
    switch self {
    case .name(let name): [name]
    case .tuple(let targets, _): targets.flatMap(\.names)
    default: []
    }
  }
}

/// A statement of `{% set %}`, `{% import %}` and `{% from %}`.
package enum Statement {
  case expression(Expression)
  case assignment([Target], Expression)
  case augmented(Target, BinaryOperator, Expression)
  case delete([Target])
  case assertion(Expression, Expression?)
  case pass
  case imports([(module: String, name: String?)])
  case from(module: String, [(name: String, alias: String)])
}
