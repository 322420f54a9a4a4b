// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleTemplate

extension TemplateNode {
  /// The bodies inside it.
  var allBodies: [[TemplateNode]] {
    switch kind {
    case .branches(let branches, let otherwise): branches.map(\.body) + [otherwise ?? []]
    case .loop(_, _, let body, let otherwise), .whileLoop(_, let body, let otherwise): [body, otherwise]
    case .attempt(let attempt):
      [attempt.body, attempt.otherwise, attempt.finally] + attempt.handlers.map(\.body)
    case .apply(_, let body), .block(_, let body): [body]
    default: []
    }
  }
}

extension LinkedNode {
  /// The bodies inside it.
  private var bodies: [[LinkedNode]] {
    let own: [[LinkedNode]] =
      switch kind {
      case .branches(let branches, let otherwise): branches.map(\.body) + [otherwise ?? []]
      case .loop(_, _, let body, let otherwise), .whileLoop(_, let body, let otherwise): [body, otherwise]
      case .attempt(let attempt):
        [attempt.body, attempt.otherwise, attempt.finally] + attempt.handlers.map(\.body)
      case .apply(_, let body): [body]
      default: []
      }
    return own + [parent ?? []]
  }

  /// The names that get values in it, as often as they do.
  var allAssigned: [String] {
    let own: [String] =
      switch kind {
      case .statements(let statements): statements.flatMap(\.assignedNames)
      case .loop(let target, _, _, _): target.names
      case .attempt(let attempt): attempt.handlers.compactMap(\.name)
      default: []
      }
    return own + bodies.flatMap { $0.flatMap(\.allAssigned) }
  }

  /// The files included in it that have directives.
  var included: [TemplateFile] {
    let own: [TemplateFile] = if case .included(let file) = kind { [file] } else { [] }
    return own + bodies.flatMap { $0.flatMap(\.included) }
  }

  /// Whether it holds a `{% break %}` of the loop in whose body it stands.
  var leavesLoop: Bool { leaves { $0 } }

  /// Whether it holds a `{% break %}` or `{% continue %}` of the loop in whose body it stands.
  var hasLeave: Bool { leaves { _ in true } }

  private func leaves(_ counts: (_ isBreak: Bool) -> Bool) -> Bool {
    switch kind {
    case .leave(let isBreak): counts(isBreak)
    case .loop(_, _, _, let otherwise), .whileLoop(_, _, let otherwise):
      otherwise.contains { $0.leaves(counts) }
    default: bodies.contains { $0.contains { $0.leaves(counts) } }
    }
  }
}
