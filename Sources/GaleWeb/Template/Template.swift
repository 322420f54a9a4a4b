// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
public import GaleTemplate
import Synchronization

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
  /// How many rounds the loops of a page may take together; `nil` for no limit.
  ///
  /// Those of comprehensions, and calls of lambdas, count too. One more is a `RuntimeError`.
  public var roundLimit: Int?

  /// Makes the settings above.
  public init(
    autoescape: String? = "xhtml_escape", whitespace: WhitespaceMode? = nil,
    namespace: (@Sendable () -> TemplateNamespace)? = nil,
    modules: (@Sendable (String) -> TemplateValue?)? = nil, roundLimit: Int? = nil
  ) {
    self.autoescape = autoescape
    self.whitespace = whitespace
    self.namespace = namespace
    self.modules = modules
    self.roundLimit = roundLimit
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
  // functions without state, all of them made here; the one number that changes is atomic.

  /// The name that errors call it.
  public let name: String
  private let program: TemplateProgram
  private let layout: Frame.Layout
  private let options: TemplateOptions
  /// How long the longest page was: the next one begins with that much room.
  private let longest = Atomic(2048)

  /// Compiles a template that stands alone, or that names others, which the loader finds.
  ///
  /// - Parameters:
  ///   - source: The text of the template.
  ///   - name: The name that errors call it; its end decides about white space.
  ///   - loader: Finds what it includes and extends. Its options hold unless others are given.
  ///   - options: What holds for this template.
  /// - Throws: ``/GaleTemplate/TemplateError``, `.parse` for what cannot be understood, `.notFound` for a file that it names.
  public convenience init(
    _ source: String, name: String = "<string>", loader: BaseLoader? = nil, options: TemplateOptions? = nil
  ) throws {
    let options = options ?? loader?.options ?? TemplateOptions()
    let file = try TemplateParser.parse(
      source, name: name, autoescape: options.autoescape,
      whitespace: options.whitespace ?? WhitespaceMode(file: name))
    try self.init(file, options: options) { path, from, position in
      guard let loader else {
        throw TemplateError(
          .parse, "the template names \(path), and there is no template loader", [from.place(position)])
      }
      return try loader.file(path, from: from, position)
    }
  }

  init(_ file: TemplateFile, options: TemplateOptions, load: @escaping TemplateLinker.Load) throws {
    let compiler = TemplateCompiler()
    program = try compiler.compile(file, load: load)
    layout = compiler.layout
    name = file.name
    self.options = options
  }

  /// Makes a page, like Tornado's `generate`.
  ///
  /// - Returns: The page in UTF-8.
  /// - Throws: ``/GaleTemplate/TemplateError`` `.evaluation` with the line of the template, and what was thrown inside.
  public func generate(_ namespace: TemplateNamespace = [:]) throws -> [UInt8] {
    do {
      let known = longest.load(ordering: .relaxed)
      let frame = try Frame(layout, namespace: namespace, options: options, capacity: known + known / 8)
      defer { frame.complete() }
      try program.run(frame)
      let page = frame.output.bytes()
      if page.count > known { longest.store(min(page.count, 1 << 20), ordering: .relaxed) }
      return page
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
