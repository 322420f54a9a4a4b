// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleWeb
import Glibc
import Testing

struct Student: TemplateObject {
  let name: String
  let age: Int

  func templateAttribute(_ name: String) -> TemplateValue? {
    switch name {
    case "name": .string(self.name)
    case "age": .int(age)
    default: nil
    }
  }
}

final class StudentsHandler: RequestHandler {
  override func get() async throws {
    let students = [Student(name: "Ben", age: 20), Student(name: "<Ann>", age: 17)]
    try render("students.html", ["students": TemplateValue.list(TemplateList(students.map(\.templateValue)))])
  }
}

final class Entry: UIModule {
  override func render(_ arguments: TemplateArguments) throws -> any TemplateConvertible {
    try renderString("entry.html", ["entry": try arguments.required(0)])
  }

  override var embeddedCSS: String? { ".entry { margin-bottom: 1em; }" }
}

/// GDE-007: what docs/guide/templates.md shows, works.
@Suite("template: the guide")
struct TemplatesGuideTests {
  /// The blocks of a language in the chapter.
  static func blocks(_ language: String) throws -> [String] {
    let chapter = try text("docs/guide/templates.md")
    return chapter.split(separator: "```\(language)\n").dropFirst().compactMap { part in
      part.split(separator: "\n```").first.map(String.init)
    }
  }

  static func text(_ path: String) throws -> String {
    let root = #filePath.replacing("Tests/GaleWebTests/Template/TemplatesGuideTests.swift", with: "")
    guard let file = unsafe fopen(root + path, "r") else { throw TestFailure("cannot read \(path)") }
    defer { unsafe fclose(file) }
    var text = [UInt8](repeating: 0, count: 1 << 18)
    let count = unsafe fread(&text, 1, text.count, file)
    return String(decoding: text[..<count], as: UTF8.self)
  }

  @Test func `its templates make its pages`() throws {
    let blocks = try Self.blocks("html")
    try #require(blocks.count == 4)
    var settings = Application.Settings.quiet
    settings.templateLoader = DictLoader([
      "students.html": blocks[0], "base.html": blocks[1], "page.html": blocks[2],
    ])
    let routes: [URLSpec] = [
      URLSpec("/", StudentsHandler.self),
      .to("/page") { try $0.render("page.html", ["students": TemplateValue.list(TemplateList())]) },
    ]
    let pages = try serving(routes, settings: settings) { server in
      [try await server.fetch("GET", "/").text, try await server.fetch("GET", "/page").text]
    }
    let lines = pages[0].split(separator: "\n")
    #expect(lines == ["<ul>", "<li>&lt;Ann&gt; (17)</li>", "<li>Ben</li>", "</ul>"])
    #expect(pages[1].contains("<title>Students – Site</title>"))
    #expect(pages[1].contains("<li>Nobody</li>"))
  }

  @Test func `its compiled template is any template, too`() throws {
    let blocks = try Self.blocks("html")
    try #require(blocks.count == 4)
    let person: TemplateValue = ["name": "Ann", "email": "Ann@example.com"]
    let page = try Template(blocks[3], name: "people.html").generate(["people": [person], "title": nil])
    #expect(String(decoding: page, as: UTF8.self).contains("<h1>People</h1>\n<p>Ann ann@example.com</p>"))
  }

  @Test func `its function is called`() throws {
    let shout = TemplateFunction("shout") { arguments in .string(try arguments.string(0).uppercased()) }
    let page = try Template("{{ shout(name) }}").generate(["shout": shout, "name": "world"])
    #expect(String(decoding: page, as: UTF8.self) == "WORLD")
  }

  @Test func `its module puts its styles into the head`() throws {
    var settings = Application.Settings.quiet
    settings.uiModules = ["Entry": Entry.self]
    settings.templateLoader = DictLoader([
      "page.html": "<head></head>{% module Entry('x') %}", "entry.html": "<p>{{ entry }}</p>",
    ])
    let text = try serving([.to("/") { try $0.render("page.html") }], settings: settings) {
      try await $0.fetch("GET", "/").text
    }
    #expect(
      text.hasPrefix(
        "<head><style type=\"text/css\">\n.entry { margin-bottom: 1em; }\n</style>\n</head><p>x</p>"))
  }
}
