// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// A place in a template.
package struct TemplatePosition: Hashable, Sendable {
  /// The number of the line; the first one is 1.
  package let line: Int
  /// How many bytes of the line come before, and one.
  package let column: Int

  package init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }
}

/// A template that was read but not compiled yet.
package final class TemplateFile: @unchecked Sendable {
  // @unchecked Sendable: only its parser changes it, before anybody else sees it.

  package let name: String
  /// The lines, for errors.
  package let lines: [Substring]
  /// What expressions go through unless they are raw: Tornado's `autoescape`; holds for the whole file.
  package internal(set) var autoescape: String?
  package internal(set) var body: [TemplateNode] = []
  /// The files that `{% extends %}` names, at the top level.
  package internal(set) var parents: [(name: String, position: TemplatePosition)] = []
  /// What its comments tell the compiler that makes Swift of it: `{# param … #}`, `{# import … #}`.
  package internal(set) var directives: [TemplateDirective] = []

  init(name: String, source: String, autoescape: String?) {
    self.name = name
    self.autoescape = autoescape
    lines = source.split(separator: "\n", omittingEmptySubsequences: false)
  }

  /// A line of the file, for errors.
  package func place(_ position: TemplatePosition) -> TemplateError.Place {
    let index = position.line - 1
    let text = lines.indices.contains(index) ? String(lines[index].prefix(200)) : ""
    return TemplateError.Place(file: name, line: position.line, column: position.column, source: text)
  }
}

/// A comment that begins with `param` or `import`; to Tornado it is any comment.
package struct TemplateDirective: Sendable {
  package let keyword: String
  package let text: String
  package let position: TemplatePosition
}

/// A piece of a template.
package struct TemplateNode {
  package let position: TemplatePosition
  package let kind: Kind

  package indirect enum Kind {
    case text([UInt8])
    case output(Expression, isRaw: Bool)
    case statements([Statement])
    case branches(
      [(test: Expression, position: TemplatePosition, body: [TemplateNode])], otherwise: [TemplateNode]?)
    case loop(Target, Expression, body: [TemplateNode], otherwise: [TemplateNode])
    case whileLoop(Expression, body: [TemplateNode], otherwise: [TemplateNode])
    case attempt(Attempt)
    case apply(Expression, body: [TemplateNode])
    case block(name: String, body: [TemplateNode])
    case superBlock
    case include(name: String)
    case extends
    case leave(isBreak: Bool)
  }

  /// `{% try %}` and what belongs to it.
  package struct Attempt {
    package var body: [TemplateNode]
    package var handlers: [Handler] = []
    package var otherwise: [TemplateNode] = []
    package var finally: [TemplateNode] = []
  }

  /// `{% except %}`.
  package struct Handler {
    package let types: Expression?
    package let name: String?
    package let position: TemplatePosition
    package let body: [TemplateNode]
  }
}
