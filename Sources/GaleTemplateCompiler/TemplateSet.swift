// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleTemplate

/// The templates of a target.
final class TemplateSet {
  let directory: String
  private let names: [String]
  private var files: [String: TemplateFile] = [:]

  init(directory: String, names: [String]) {
    self.directory = directory
    self.names = names.sorted()
  }

  /// A Swift file with a function for each template that stands for itself: that has parameters, or that no other one
  /// includes or extends.
  func swift(importing module: String) throws -> String {
    var text = """
      // Made of templates by the plug-in GaleTemplates. Changes are lost with the next build.

      import \(module)

      """
    let all = try names.map { try file(named: $0) }
    for (text_, position, file) in try imports(all) {
      text +=
        "#sourceLocation(file: \(SwiftText.literal(path(file))), line: \(position.line))\nimport \(text_)\n"
    }
    if text.contains("#sourceLocation") { text += "#sourceLocation()\n" }
    text += "\n/// Pages, a function for each template.\nenum Templates {\n"
    var used: Set<String> = []
    for file in all { used.formUnion(references(file)) }
    var functions: [String: String] = [:]
    for file in all
    where !used.contains(file.name) || file.directives.contains(where: { $0.keyword == "param" }) {
      let function = SwiftText.functionName(file.name)
      if let other = functions[function] {
        throw problem(
          "\(other) has the function \(function) already", file, TemplatePosition(line: 1, column: 1))
      }
      functions[function] = file.name
      let linked = try TemplateLinker.link(file) { try self.file($0, from: $1, $2) }
      var writer = SwiftWriter(set: self, template: linked, function: function)
      text += try writer.write()
    }
    return text + "}\n"
  }

  func path(_ file: TemplateFile) -> String { directory + "/" + file.name }

  func problem(_ message: String, _ file: TemplateFile, _ position: TemplatePosition) -> TemplateError {
    TemplateError(.parse, message, [file.place(position)])
  }

  // MARK: - Files

  private func file(named name: String) throws -> TemplateFile {
    if let known = files[name] { return known }
    guard let bytes = TextFile.read(directory + "/" + name) else {
      throw TemplateError(.notFound, "\(directory)/\(name) cannot be read", [])
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw TemplateError(.parse, "\(directory)/\(name) is not UTF-8", [])
    }
    let file = try TemplateParser.parse(
      text, name: name, autoescape: "xhtml_escape", whitespace: WhitespaceMode(file: name))
    files[name] = file
    return file
  }

  private func file(_ path: String, from parent: TemplateFile, _ position: TemplatePosition) throws
    -> TemplateFile
  {
    let name = resolved(path, parent)
    guard names.contains(name) else { throw problem("there is no template \(name)", parent, position) }
    return try file(named: name)
  }

  /// The name of a template that another one names: relative to its directory, and never above the first one.
  private func resolved(_ name: String, _ parent: TemplateFile) -> String {
    let directory = parent.name.lastIndex(of: "/").map { parent.name[...$0] } ?? ""
    var parts: [Substring] = []
    for part in (name.hasPrefix("/") ? name : directory + name).split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return parts.joined(separator: "/")
  }

  /// The templates that a file includes or extends.
  private func references(_ file: TemplateFile) -> Set<String> {
    var names = Set(file.parents.map { resolved($0.name, file) })
    func look(_ nodes: [TemplateNode]) {
      for node in nodes {
        if case .include(let name) = node.kind { names.insert(resolved(name, file)) }
        for body in node.allBodies { look(body) }
      }
    }
    look(file.body)
    return names
  }

  /// What `{# import … #}` names, each module once.
  private func imports(_ files: [TemplateFile]) throws -> [(String, TemplatePosition, TemplateFile)] {
    var seen: Set<String> = []
    return try files.flatMap { file in
      try file.directives.compactMap { directive in
        guard directive.keyword == "import", seen.insert(directive.text).inserted else { return nil }
        guard SwiftText.isIdentifier(directive.text) else {
          throw problem("not the name of a module: \(directive.text)", file, directive.position)
        }
        return (directive.text, directive.position, file)
      }
    }
  }
}

/// A parameter of a template's function.
struct TemplateParameter {
  let name: String
  /// The type, and a default value if there is one.
  let type: String
  let file: TemplateFile
  let position: TemplatePosition

  /// Reads `{# param name: Type #}`.
  init(_ directive: TemplateDirective, _ file: TemplateFile) throws {
    let parts = directive.text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let name = parts[0].filter { $0 != " " }
    let type = parts.count > 1 ? parts[1].drop { $0 == " " } : ""
    guard parts.count == 2, SwiftText.isIdentifier(name), !type.isEmpty, !type.contains("\n") else {
      throw TemplateError(
        .parse, "a parameter is declared as {# param name: Type #}", [file.place(directive.position)])
    }
    self.name = name
    self.type = String(type)
    self.file = file
    position = directive.position
  }
}
