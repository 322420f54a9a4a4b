// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleTemplate
import GaleWire

/// What the functions that the plug-in `GaleTemplates` makes of templates write into.
///
/// Their code is the only one that needs it.
public final class TemplatePage {
  /// The number of the place in the template that is being run, for errors.
  public final var place = 0
  private let output: TemplateOutput

  /// Makes an empty page.
  /// - Parameter capacity: How many bytes there is room for to begin with.
  public init(capacity: Int) { output = TemplateOutput(capacity: capacity) }

  /// The page so far, in UTF-8.
  public var bytes: [UInt8] { output.bytes() }

  // MARK: - Writing

  /// Writes what the template says itself.
  public func write(_ text: StaticString) { output.append(text) }

  /// Writes a text, escaped for HTML.
  public func write(escaped text: String) throws { output.appendEscaped(text) }

  /// Writes a number, in which there is nothing to escape.
  public func write(escaped number: Int) throws { output.append(decimal: number) }

  /// Writes a value, escaped for HTML.
  /// - Throws: `UnicodeDecodeError` for bytes that are not UTF-8.
  public func write(escaped value: some TemplateConvertible) throws {
    try output.appendEscaped(value.templateValue)
  }

  /// Writes a text as it is.
  public func write(raw text: String) throws { output.append(text) }

  /// Writes a number.
  public func write(raw number: Int) throws { output.append(decimal: number) }

  /// Writes a value as it is.
  public func write(raw value: some TemplateConvertible) throws { output.append(value.templateValue) }

  /// Writes what a function of `{% apply %}` or `{% autoescape %}` made: text or bytes.
  /// - Throws: `TypeError` for anything else.
  public func write(filtered value: some TemplateConvertible) throws {
    output.append(try value.templateValue.checkedOutput())
  }

  /// What `body` writes, instead of writing it.
  public func captured(_ body: () throws -> Void) throws -> String {
    let start = output.count
    do { try body() } catch {
      output.truncate(to: start)
      throw error
    }
    return String(decoding: output.take(from: start), as: UTF8.self)
  }

  // MARK: - Errors

  /// A place in a template, and the number of the place that included it.
  public struct Place: Sendable {
    let place: TemplateError.Place
    let parent: Int?

    /// Makes a place.
    public init(_ file: String, _ line: Int, _ column: Int, _ source: String, parent: Int? = nil) {
      place = TemplateError.Place(file: file, line: line, column: column, source: source)
      self.parent = parent
    }
  }

  /// The error of the page: where in the template it is, and what was thrown there.
  ///
  /// What ends a request or cancels it stays what it is.
  public func failure(_ error: any Error, _ all: [Place]) -> any Error {
    if error is HTTPError || error is Finish || error is CancellationError { return error }
    var places: [TemplateError.Place] = []
    var next: Int? = place
    while let index = next, all.indices.contains(index) {
      places.append(all[index].place)
      next = all[index].parent
    }
    if let inner = error as? TemplateError {
      return TemplateError(inner.code, inner.message, inner.places + places, underlying: inner.underlying)
    }
    return TemplateError(.evaluation, String(describing: error), places, underlying: error)
  }
}

extension RequestHandler {
  /// Sends a page that a function of the plug-in `GaleTemplates` made: Tornado's `render`.
  ///
  /// What the page's modules need is put into it, and the answer is completed.
  ///
  /// ```swift
  /// try render(Templates.students(students: students))
  /// ```
  /// - Throws: ``/GaleTemplate/TemplateError`` when the page has no place for what its modules need.
  public func render(_ page: [UInt8]) throws {
    precondition(!isFinished, "Cannot render() after finish()")
    write(try withResources(page))
    try finish()
  }
}
