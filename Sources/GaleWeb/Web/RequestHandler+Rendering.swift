// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleHTTP
import GaleWire
import Synchronization

/// What a handler needs while it makes pages.
final class HandlerRendering {
  /// The modules that took part in the page, in order of their first use.
  var modules: [(name: String, module: UIModule)] = []
  /// Whether templates were read again for this request.
  var isReset = false
  /// How many templates are being rendered inside each other.
  var depth = 0
  static let depthLimit = 30
}

extension RequestHandler {
  /// Makes a page of a template and sends it: Tornado's `render`.
  ///
  /// What the page's modules need is put into it, and the answer is completed.
  ///
  /// ```swift
  /// try render("home.html", ["title": "Home", "items": items])
  /// ```
  /// - Throws: ``/GaleTemplate/TemplateError``; ``HTTPError`` and ``Finish`` when the template called something that throws them.
  public func render(_ name: String, _ namespace: TemplateNamespace = [:]) throws {
    precondition(!isFinished, "Cannot render() after finish()")
    write(try withResources(try renderString(name, namespace)))
    try finish()
  }

  /// Makes a page of a template: Tornado's `render_string`.
  ///
  /// - Returns: The page in UTF-8, without what its modules need elsewhere in it.
  /// - Throws: As ``render(_:_:)``.
  public func renderString(_ name: String, _ namespace: TemplateNamespace = [:]) throws -> [UInt8] {
    let state = rendering ?? HandlerRendering()
    rendering = state
    guard state.depth < HandlerRendering.depthLimit else {
      throw TemplateError(.evaluation, "templates render each other without end", [])
    }
    state.depth += 1
    defer { state.depth -= 1 }
    do {
      var names = templateNamespace()
      names.merge(namespace)
      return try loader(state).load(name).generate(names)
    } catch let error as TemplateError {
      // What ends a request does so from inside a template, too.
      if let ending = error.underlying, ending is HTTPError || ending is Finish { throw ending }
      throw error
    }
  }

  private func loader(_ state: HandlerRendering) throws -> BaseLoader {
    let loader = try templateLoader()
    if !settings.compiledTemplateCache, !state.isReset { loader.reset() }
    state.isReset = true
    return loader
  }

  /// The loader of this handler's templates; one for each ``templatePath`` of an application.
  private func templateLoader() throws -> BaseLoader {
    if let loader = settings.templateLoader { return loader }
    guard let path = templatePath else {
      throw TemplateError(.notFound, "templates need settings.templatePath or settings.templateLoader", [])
    }
    if let known = application.templateLoaders.withLock({ $0[path] }) { return known }
    let made = makeTemplateLoader(path: path)
    return application.templateLoaders.withLock { loaders in
      if let known = loaders[path] { return known }
      loaders[path] = made
      return made
    }
  }

  // MARK: - What modules need

  /// The page with what its modules need at the right places.
  func withResources(_ html: [UInt8]) throws -> [UInt8] {
    guard let modules = rendering?.modules, !modules.isEmpty else { return html }
    var page = html
    let all = modules.map(\.module)
    let scripts = all.compactMap(\.embeddedJavaScript).filter { !$0.isEmpty }
    let styles = all.compactMap(\.embeddedCSS).filter { !$0.isEmpty }
    let scriptFiles = all.flatMap(\.javaScriptFiles)
    let styleFiles = all.flatMap(\.cssFiles)
    if !scriptFiles.isEmpty {
      try insert(try renderLinkedJavaScript(scriptFiles), "</body>", isLast: true, &page)
    }
    if !scripts.isEmpty { try insert(renderEmbeddedJavaScript(scripts), "</body>", isLast: true, &page) }
    if !styleFiles.isEmpty { try insert(try renderLinkedCSS(styleFiles), "</head>", &page) }
    if !styles.isEmpty { try insert(renderEmbeddedCSS(styles), "</head>", &page) }
    let heads = all.compactMap(\.htmlHead).filter { !$0.isEmpty }
    if !heads.isEmpty { try insert(heads.joined(), "</head>", &page) }
    let bodies = all.compactMap(\.htmlBody).filter { !$0.isEmpty }
    if !bodies.isEmpty { try insert(bodies.joined(), "</body>", &page) }
    return page
  }

  private func insert(_ text: String, _ tag: String, isLast: Bool = false, _ page: inout [UInt8]) throws {
    let mark = Array(tag.utf8)
    let place = isLast ? TextSearch.last(mark, in: page[...]) : TextSearch.first(mark, in: page[...])
    guard let place else {
      throw TemplateError(.evaluation, "the page has no \(tag), before which its modules put something", [])
    }
    page.insert(contentsOf: Array(text.utf8) + [ASCII.lineFeed], at: place)
  }

  /// Each file once; those that are not absolute are static files.
  func linkedFiles(_ files: [String]) throws -> [String] {
    var seen: Set<String> = []
    return try files.filter { seen.insert($0).inserted }.map { file in
      let isAbsolute = file.hasPrefix("/") || file.hasPrefix("http:") || file.hasPrefix("https:")
      return isAbsolute ? file : try staticFileURL(file)
    }
  }

  /// The UI module of a name; there is one for each request.
  func uiModule(_ name: String) throws -> UIModule {
    let state = rendering ?? HandlerRendering()
    rendering = state
    if let known = state.modules.first(where: { $0.name == name }) { return known.module }
    guard let type = settings.uiModules[name] ?? UIModule.builtIn(name) else {
      throw TemplateException(.attributeError, "there is no UI module \(name)")
    }
    let module = type.init(self)
    state.modules.append((name, module))
    return module
  }
}

/// `modules` in templates.
struct UIModuleNamespace: TemplateObject {
  let handler: RequestHandler
  var templateTypeName: String { "UIModuleNamespace" }

  func templateAttribute(_ name: String) throws -> TemplateValue? {
    // Found now, so that an unknown one is an error even when nobody calls it.
    let module = try handler.uiModule(name)
    return .function(name) { try module.render($0).templateValue }
  }

  func templateItem(_ key: TemplateValue) throws -> TemplateValue? { try templateAttribute(key.text) }
}
