// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// A place in a template, and the places that included it.
package final class TemplateLocation: Sendable {
  package let file: TemplateFile
  package let position: TemplatePosition
  package let parent: TemplateLocation?

  package init(_ file: TemplateFile, _ position: TemplatePosition, _ parent: TemplateLocation?) {
    self.file = file
    self.position = position
    self.parent = parent
  }

  /// The places, the innermost first.
  package var places: [TemplateError.Place] {
    var places: [TemplateError.Place] = []
    var location: TemplateLocation? = self
    while let here = location {
      places.append(here.file.place(here.position))
      location = here.parent
    }
    return places
  }
}

/// A piece of a template in which blocks, parents and included files have taken their places.
package struct LinkedNode {
  package let location: TemplateLocation
  package let kind: Kind
  /// What the parent has in the block in which the piece stands, if its expressions say `super()`.
  package let parent: [LinkedNode]?

  package indirect enum Kind {
    case text([UInt8])
    /// A value, and the function that escapes it; `nil` for none.
    case output(Expression, escape: String?)
    case statements([Statement])
    case branches(
      [(test: Expression, location: TemplateLocation, body: [LinkedNode])], otherwise: [LinkedNode]?)
    case loop(Target, Expression, body: [LinkedNode], otherwise: [LinkedNode])
    case whileLoop(Expression, body: [LinkedNode], otherwise: [LinkedNode])
    case attempt(Attempt)
    case apply(Expression, body: [LinkedNode])
    case leave(isBreak: Bool)
    /// Where an included file begins: its directives, for the compiler that makes Swift of it.
    case included(TemplateFile)
  }

  /// `{% try %}` and what belongs to it.
  package struct Attempt {
    package let body: [LinkedNode]
    package let handlers: [Handler]
    package let otherwise: [LinkedNode]
    package let finally: [LinkedNode]
  }

  /// `{% except %}`.
  package struct Handler {
    package let types: Expression?
    package let name: String?
    package let location: TemplateLocation
    package let body: [LinkedNode]
  }

  package init(_ location: TemplateLocation, _ kind: Kind, parent: [LinkedNode]? = nil) {
    self.location = location
    self.kind = kind
    self.parent = parent
  }
}

/// A template with all that belongs to it, as one piece.
package struct LinkedTemplate {
  /// The template and its ancestors, the root last.
  package let chain: [TemplateFile]
  package let body: [LinkedNode]
}
