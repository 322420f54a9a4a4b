// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// A template that was read but not compiled yet.
final class TemplateFile: @unchecked Sendable {
  // @unchecked Sendable: only its parser changes it, before anybody else sees it.

  let name: String
  /// The lines, for errors.
  let lines: [Substring]
  /// What expressions go through unless they are raw: Tornado's `autoescape`; holds for the whole file.
  var autoescape: String?
  var body: [TemplateNode] = []
  /// The files that `{% extends %}` names, at the top level.
  var parents: [(name: String, line: Int)] = []

  init(name: String, source: String, autoescape: String?) {
    self.name = name
    self.autoescape = autoescape
    lines = source.split(separator: "\n", omittingEmptySubsequences: false)
  }

  func place(_ line: Int) -> TemplateError.Place {
    let text = lines.indices.contains(line - 1) ? String(lines[line - 1].prefix(200)) : ""
    return TemplateError.Place(file: name, line: line, source: text)
  }
}

/// A piece of a template.
struct TemplateNode {
  let line: Int
  let kind: Kind

  indirect enum Kind {
    case text([UInt8])
    case output(Expression, isRaw: Bool)
    case statements([Statement])
    case branches([(test: Expression, line: Int, body: [TemplateNode])], otherwise: [TemplateNode]?)
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
  struct Attempt {
    var body: [TemplateNode]
    var handlers: [Handler] = []
    var otherwise: [TemplateNode] = []
    var finally: [TemplateNode] = []
  }

  /// `{% except %}`.
  struct Handler {
    let types: Expression?
    let name: String?
    let line: Int
    let body: [TemplateNode]
  }
}
