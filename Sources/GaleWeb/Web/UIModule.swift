// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

public import GaleHTTP

/// A piece of a page with its own scripts and styles: Tornado's `UIModule`.
///
/// Named in ``Application/Settings/uiModules``, and called in templates with `{% module Name(…) %}`. For each request
/// there is one object for each name, however often it is called, so that what it needs is put into the page once.
///
/// ```swift
/// final class Entry: UIModule {
///   override func render(_ arguments: TemplateArguments) throws -> any TemplateConvertible {
///     try renderString("entry.html", ["entry": try arguments.required(0)])
///   }
///   override var embeddedCSS: String? { ".entry { margin-bottom: 1em; }" }
/// }
/// ```
open class UIModule {
  /// The handler whose page it is a part of, and which keeps the module.
  public unowned let handler: RequestHandler

  /// Creates the module of a request.
  public required init(_ handler: RequestHandler) { self.handler = handler }

  /// The request.
  public final var request: HTTPServerRequest { handler.request }

  /// Makes the module's HTML, which is not escaped; must be overridden.
  open func render(_ arguments: TemplateArguments) throws -> any TemplateConvertible {
    throw TemplateException(.notImplementedError, "\(type(of: self)) does not override render")
  }

  /// A script for the end of the page's body.
  open var embeddedJavaScript: String? { nil }
  /// Files of scripts for the end of the page's body; those without `/` or a scheme in front are static files.
  open var javaScriptFiles: [String] { [] }
  /// Styles for the page's head.
  open var embeddedCSS: String? { nil }
  /// Files of styles for the page's head.
  open var cssFiles: [String] { [] }
  /// HTML for the end of the page's head.
  open var htmlHead: String? { nil }
  /// HTML for the end of the page's body.
  open var htmlBody: String? { nil }

  /// Makes HTML of a template: Tornado's `render_string`.
  public final func renderString(_ name: String, _ namespace: TemplateNamespace = [:]) throws -> [UInt8] {
    try handler.renderString(name, namespace)
  }

  /// The modules that every application has.
  static func builtIn(_ name: String) -> UIModule.Type? {
    switch name {
    case "Template": TemplateModule.self
    case "linkify": LinkifyModule.self
    case "xsrf_form_html": XSRFFormModule.self
    default: nil
    }
  }
}

/// A template as a module: `{% module Template("entry.html", entry=entry) %}`, like Tornado's `TemplateModule`.
///
/// The template says what it needs with `{{ set_resources(embedded_css="…", javascript_files=["…"]) }}`, and the same
/// each time.
public final class TemplateModule: UIModule {
  private var resources: [(template: String, names: TemplateDictionary)] = []

  public override func render(_ arguments: TemplateArguments) throws -> any TemplateConvertible {
    let path = try arguments.string(0)
    var namespace = TemplateNamespace()
    namespace["set_resources"] = TemplateFunction("set_resources") { [self] arguments in
      try setResources(path, arguments)
      return ""
    }
    for keyword in arguments.keywords { namespace[keyword.name] = keyword.value }
    return try renderString(path, namespace)
  }

  private func setResources(_ path: String, _ arguments: TemplateArguments) throws {
    let names = TemplateDictionary()
    for keyword in arguments.keywords { names.set(.string(keyword.name), keyword.value) }
    guard let known = resources.first(where: { $0.template == path }) else {
      return resources.append((path, names))
    }
    guard known.names.hasSameMembers(as: names) else {
      throw TemplateException(
        .valueError, "set_resources called with different resources for the same template")
    }
  }

  private func texts(_ name: String) -> [String] { resources.compactMap { $0.names[name]?.text } }

  private func files(_ name: String) -> [String] {
    resources.flatMap { resource -> [String] in
      switch resource.names[name] {
      case .list(let list): list.elements.map(\.text)
      case .tuple(let elements): elements.map(\.text)
      case .some(let value): [value.text]
      case nil: []
      }
    }
  }

  public override var embeddedJavaScript: String? { texts("embedded_javascript").joined(separator: "\n") }
  public override var javaScriptFiles: [String] { files("javascript_files") }
  public override var embeddedCSS: String? { texts("embedded_css").joined(separator: "\n") }
  public override var cssFiles: [String] { files("css_files") }
  public override var htmlHead: String? { texts("html_head").joined() }
  public override var htmlBody: String? { texts("html_body").joined() }
}
