// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// What is wrong with a template, or went wrong in one: Tornado's `ParseError`, and the traceback of a page.
public struct TemplateError: Error, CustomStringConvertible, CustomDebugStringConvertible {
  /// What kind of error it is.
  public struct Code: Hashable, Sendable {
    private let value: UInt8

    /// The template cannot be understood: Tornado's `ParseError`.
    public static let parse = Code(value: 0)
    /// There is no such template, or it cannot be read.
    public static let notFound = Code(value: 1)
    /// An expression or a statement failed while the page was made.
    public static let evaluation = Code(value: 2)
  }

  /// A line of a template that led to the error.
  public struct Place: Sendable, Hashable, CustomStringConvertible {
    /// The name of the template.
    public let file: String
    /// The number of the line; the first one is 1.
    public let line: Int
    /// Where in the line the tag begins, in bytes; the first one is 1.
    public let column: Int
    /// The text of the line.
    public let source: String

    /// `file:line`.
    public var description: String { "\(file):\(line)" }

    package init(file: String, line: Int, column: Int, source: String) {
      self.file = file
      self.line = line
      self.column = column
      self.source = source
    }
  }

  /// What kind of error it is.
  public let code: Code
  /// What is wrong.
  public let message: String
  /// Where it is, followed by the lines that included it, the innermost first; empty when a loader could not
  /// find a template that the application asked for.
  public let places: [Place]
  /// What was thrown while the page was made.
  public let underlying: (any Error)?

  package init(_ code: Code, _ message: String, _ places: [Place], underlying: (any Error)? = nil) {
    self.code = code
    self.message = message
    self.places = places
    self.underlying = underlying
  }

  /// The name of the template: Tornado's `filename`.
  public var filename: String? { places.first?.file }

  /// The number of the line: Tornado's `lineno`.
  public var line: Int { places.first?.line ?? 0 }

  /// `message at file:line`, as Tornado says it.
  public var description: String { places.first.map { "\(message) at \($0)" } ?? message }

  /// As ``description``, with the lines themselves.
  public var debugDescription: String {
    var text = description
    for (index, place) in places.enumerated() {
      text += "\n  \(index == 0 ? "" : "included from ")\(place): \(place.source.trimmed)"
    }
    return text
  }
}

extension String {
  /// Without blanks at both ends.
  fileprivate var trimmed: String {
    var scalars = unicodeScalars[...]
    while let first = scalars.first, first.properties.isWhitespace { scalars.removeFirst() }
    while let last = scalars.last, last.properties.isWhitespace { scalars.removeLast() }
    return String(scalars)
  }
}
