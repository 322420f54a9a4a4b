// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Gale
import Testing

/// What the templates are about.
struct Student: TemplateObject {
  let name: String
  let age: Int
  var email: String?
  var tags: [String] = []

  func templateAttribute(_ name: String) -> TemplateValue? {
    switch name {
    case "name": .string(self.name)
    case "age": .int(age)
    case "email": email.templateValue
    case "tags": tags.templateValue
    default: nil
    }
  }
}

/// A template, made both ways.
struct BothWays: Sendable, CustomTestStringConvertible {
  let name: String
  let testDescription: String
  let compiled: @Sendable () throws -> [UInt8]
  let namespace: @Sendable () -> TemplateNamespace

  init(
    _ name: String, _ description: String = "", _ compiled: @escaping @Sendable () throws -> [UInt8],
    _ namespace: @escaping @Sendable () -> TemplateNamespace
  ) {
    self.name = name
    testDescription = "\(name) \(description)"
    self.compiled = compiled
    self.namespace = namespace
  }

  static var directory: String { #filePath.replacing("CompiledTemplateTests.swift", with: "templates") }

  static let students = [
    Student(name: "<Zoë>", age: 20, email: "z@example.com", tags: ["<b>", "c"]),
    Student(name: "Ann", age: 17),
    Student(name: "Ben & Co", age: 44, email: ""),
  ]

  static func shout(_ text: String) -> String { text.uppercased() + "!" }

  static let all: [BothWays] = [
    BothWays(
      "students.html", "with students", { try Templates.students(students: students, title: "A <title>") },
      { ["students": students, "title": "A <title>"] }),
    BothWays(
      "students.html", "without", { try Templates.students(students: [], title: nil) },
      { ["students": [Student](), "title": nil] }),
    BothWays("values.txt", "", { try values() }, { valueNames }),
    BothWays(
      "statements.html", "", { try Templates.statements(numbers: [1, 2, 3, 4, 7, 5], shout: shout) },
      {
        [
          "numbers": [1, 2, 3, 4, 7, 5],
          "shout": TemplateFunction("shout") { .string(shout(try $0.string(0))) },
        ]
      }),
    BothWays(
      "blog/entry.html", "", { try Templates.blogEntry(entry: students[0], site: "S & T") },
      { ["entry": students[0], "site": "S & T"] }),
    BothWays("base.html", "", { try Templates.base(site: "<>") }, { ["site": "<>"] }),
    BothWays(
      "filtered.js", "", { try Templates.filtered(name: "it's \"</script>\"") },
      {
        ["name": "it's \"</script>\""]
      }),
  ]

  static func values() throws -> [UInt8] {
    try Templates.values(
      text: "Hello, <wörld>", number: 42, half: 0.5625, yes: true, missing: nil, names: ["a", "b", "<c>"],
      counts: ["z": 26, "a": 1, "m & m": 13], data: Array("<data>".utf8))
  }

  static var valueNames: TemplateNamespace {
    [
      "text": "Hello, <wörld>", "number": 42, "half": 0.5625, "yes": true, "missing": nil,
      "names": ["a", "b", "<c>"], "counts": ["z": 26, "a": 1, "m & m": 13], "data": Array("<data>".utf8),
    ]
  }
}

@Suite("compiled templates")
struct CompiledTemplateTests {
  @Test(arguments: BothWays.all)
  func `a compiled template makes the page that the same file makes at run time`(_ both: BothWays) throws {
    let loader = Loader(BothWays.directory)
    let expected = String(decoding: try loader.load(both.name).generate(both.namespace()), as: UTF8.self)
    let page = String(decoding: try both.compiled(), as: UTF8.self)
    for (line, wanted) in zip(page.split(separator: "\n"), expected.split(separator: "\n")) {
      #expect(line == wanted)
    }
    #expect(page == expected)
  }

  @Test func `the pages are not empty`() throws {
    let page = String(
      decoding: try Templates.students(students: BothWays.students, title: nil), as: UTF8.self)
    #expect(page.contains("<li class='adult'>&lt;Zoë&gt; twenty</li>"))
    #expect(page.contains("<p>untitled</p>"))
  }

  @Test func `an error of a page says where in the template it happened`() throws {
    let compiled = try #require(throws: TemplateError.self) { try Templates.failing(number: 0) }
    let atRunTime = try #require(throws: TemplateError.self) {
      try Loader(BothWays.directory).load("failing.html").generate(["number": 0])
    }
    #expect(compiled.description == "ZeroDivisionError: division by zero at failing-part.html:2")
    #expect(compiled.description == atRunTime.description)
    #expect(compiled.places.map(\.description) == ["failing-part.html:2", "failing.html:3"])
    #expect(compiled.places.map(\.source) == atRunTime.places.map(\.source))
    #expect((compiled.underlying as? TemplateException)?.kind == .zeroDivisionError)
  }

  @Test func `what ends a request comes out of a page as it is`() throws {
    #expect(throws: HTTPError.self) { try Templates.ending(stop: { throw HTTPError(404) }) }
  }
}
