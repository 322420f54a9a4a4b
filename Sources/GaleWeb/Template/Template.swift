// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore

/// What templates have in common: the settings of Tornado's `BaseLoader`.
public struct TemplateOptions: Sendable {
  /// The function that expressions go through: `xhtml_escape` unless changed; `nil` for none.
  public var autoescape: String? = "xhtml_escape"
  /// What happens to white space; by the name of the file if `nil`.
  public var whitespace: WhitespaceMode?
  /// Names for all pages, of which those of a page win; called for each page, on its loop.
  public var namespace: (@Sendable () -> TemplateNamespace)?
  /// What `{% import name %}` finds, before Gale's own: `datetime`, `time`, `math`, `json` and `tornado.escape`.
  public var modules: (@Sendable (String) -> TemplateValue?)?

  /// Makes the settings above.
  public init(
    autoescape: String? = "xhtml_escape", whitespace: WhitespaceMode? = nil,
    namespace: (@Sendable () -> TemplateNamespace)? = nil,
    modules: (@Sendable (String) -> TemplateValue?)? = nil
  ) {
    self.autoescape = autoescape
    self.whitespace = whitespace
    self.namespace = namespace
    self.modules = modules
  }
}

/// A compiled template, like Tornado's `Template`.
///
/// ```swift
/// let template = try Template("<p>Hello {{ name }}</p>")
/// let page = try template.generate(["name": "<World>"])   // <p>Hello &lt;World&gt;</p>
/// ```
///
/// Templates are code: who can write one can have the server compute without end. Never take them from users.
public final class Template: @unchecked Sendable {
  // @unchecked Sendable: nothing changes once `init` is done. The values inside are constants of the template and
  // functions without state, all of them made here.

  /// The name that errors call it.
  public let name: String
  private let steps: StepList
  private let slotCount: Int
  private let escapes: Bool
  private let options: TemplateOptions

  /// Compiles a template that stands alone, or that names others, which the loader finds.
  ///
  /// - Parameters:
  ///   - source: The text of the template.
  ///   - name: The name that errors call it; its end decides about white space.
  ///   - loader: Finds what it includes and extends. Its options hold unless others are given.
  ///   - options: What holds for this template.
  /// - Throws: ``TemplateError``, `.parse` for what cannot be understood, `.notFound` for a file that it names.
  public convenience init(
    _ source: String, name: String = "<string>", loader: BaseLoader? = nil, options: TemplateOptions? = nil
  ) throws {
    let options = options ?? loader?.options ?? TemplateOptions()
    let file = try TemplateParser.parse(
      source, name: name, autoescape: options.autoescape,
      whitespace: options.whitespace ?? WhitespaceMode(file: name))
    try self.init(file, options: options) { path, from, line in
      guard let loader else {
        throw TemplateError(
          .parse, "the template names \(path), and there is no template loader", [from.place(line)])
      }
      return try loader.file(path, from: from, line)
    }
  }

  init(
    _ file: TemplateFile, options: TemplateOptions,
    load: @escaping (String, TemplateFile, Int) throws -> TemplateFile
  ) throws {
    let compiler = TemplateCompiler(load: load)
    steps = try compiler.compile(file)
    slotCount = compiler.slotCount
    escapes = compiler.escapes
    name = file.name
    self.options = options
  }

  /// Makes a page, like Tornado's `generate`.
  ///
  /// - Returns: The page in UTF-8.
  /// - Throws: ``TemplateError`` `.evaluation` with the line of the template, and what was thrown inside.
  public func generate(_ namespace: TemplateNamespace = [:]) throws -> [UInt8] {
    do {
      let frame = try Frame(slotCount: slotCount, namespace: namespace, options: options, escapes: escapes)
      defer { frame.complete() }
      _ = try steps.run(frame)
      return frame.output.take(frame.output.count)
    } catch let traced as TracedError {
      if let inner = traced.error as? TemplateError {
        // A template that this one rendered, such as a module: its lines come first.
        throw TemplateError(
          inner.code, inner.message, inner.places + traced.location.places, underlying: inner.underlying)
      }
      throw TemplateError(
        .evaluation, String(describing: traced.error), traced.location.places, underlying: traced.error)
    }
  }
}
