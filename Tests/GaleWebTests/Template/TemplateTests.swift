// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleWeb
import Testing

/// A template's page as text.
func page(_ source: String, _ namespace: TemplateNamespace = [:], options: TemplateOptions? = nil) throws
  -> String
{
  String(decoding: try Template(source, options: options).generate(namespace), as: UTF8.self)
}

/// The page of `main` of templates in memory.
func page(
  _ files: [String: String], _ main: String = "main.html", _ namespace: TemplateNamespace = [:],
  options: TemplateOptions = TemplateOptions()
) throws -> String {
  String(decoding: try DictLoader(files, options: options).load(main).generate(namespace), as: UTF8.self)
}

/// The error of `body`.
func templateError(_ body: () throws -> String) throws -> TemplateError {
  do {
    let page = try body()
    throw TestFailure("no error, but \(page)")
  } catch let error as TemplateError {
    return error
  }
}

/// TPL-018: what Tornado has been asked for since 2010.
@Suite("template: super")
struct SuperTests {
  let base = "[{% block a %}base {{ x }}{% end %}]"

  @Test func `a block writes what its parent writes`() throws {
    let files = [
      "main.html": "{% extends base.html %}{% block a %}<{% super %}>{% end %}", "base.html": base,
    ]
    #expect(try page(files, "main.html", ["x": "&"]) == "[<base &amp;>]")
  }

  @Test func `each generation has its own parent`() throws {
    let files = [
      "main.html": "{% extends middle.html %}{% block a %}3{% super %}{% end %}",
      "middle.html": "{% extends base.html %}{% block a %}2{% super %}{% end %}", "base.html": base,
    ]
    #expect(try page(files, "main.html", ["x": 1]) == "[32base 1]")
  }

  @Test func `super() is an expression that is escaped once`() throws {
    let files = [
      "main.html": "{% extends base.html %}{% block a %}{{ super() }}|{% raw super().upper() %}{% end %}",
      "base.html": base,
    ]
    #expect(try page(files, "main.html", ["x": "<"]) == "[base &lt;|BASE &LT;]")
  }

  @Test(arguments: [
    ("{% super %}", "super outside a block"),
    ("{% block a %}{% super %}{% end %}", "block a has no parent"),
  ])
  func `without a parent there is an error`(_ source: String, _ message: String) throws {
    let error = try templateError { try page(source) }
    #expect(error.code == .parse)
    #expect(error.message == message)
  }
}

/// TPL-024, TPL-025, TPL-034.
@Suite("template: errors")
struct TemplateErrorTests {
  @Test func `a syntax error names the line and shows it`() throws {
    let error = try templateError { try page("one\n{% if x %}\n{{ 1 + }}{% end %}") }
    #expect(error.code == .parse)
    #expect(error.line == 3)
    #expect(error.places.first?.source == "{{ 1 + }}{% end %}")
    #expect(error.debugDescription.contains("<string>:3: {{ 1 + }}{% end %}"))
  }

  @Test func `an error says where it happened and what included that`() throws {
    let files = [
      "main.html": "a\n{% extends base.html %}{% block b %}\n{% include 'part.html' %}{% end %}",
      "base.html": "\n\n{% block b %}{% end %}", "part.html": "\n\n\n{{ 1 / 0 }}",
    ]
    let error = try templateError { try page(files) }
    #expect(error.code == .evaluation)
    #expect(error.places.map(\.description) == ["part.html:4", "main.html:3", "base.html:3"])
    #expect(error.description == "ZeroDivisionError: division by zero at part.html:4")
    #expect((error.underlying as? TemplateException)?.kind == .zeroDivisionError)
  }

  @Test func `what a function throws comes through`() throws {
    struct Trouble: Error {}
    let fail = TemplateFunction("fail") { _ in throw Trouble() }
    let error = try templateError { try page("{{ fail() }}", ["fail": fail]) }
    #expect(error.underlying is Trouble)
  }

  @Test func `a template catches what a function throws`() throws {
    struct Trouble: Error, CustomStringConvertible { let description = "<trouble>" }
    let fail = TemplateFunction("fail") { _ in throw Trouble() }
    let source = "{% try %}{{ fail() }}{% except KeyError %}a{% except Exception as e %}{{ e }}{% end %}"
    #expect(try page(source, ["fail": fail]) == "&lt;trouble&gt;")
  }

  @Test(arguments: [
    "{% include a %}", "{% include b %}", "{% extends c %}", "{% extends d %}",
  ])
  func `a template that leads back to itself is an error`(_ main: String) throws {
    let files = [
      "main": main, "a": "{% include a %}", "b": "{% include main %}", "c": "{% extends c %}",
      "d": "{% extends main %}",
    ]
    #expect(try templateError { try page(files, "main") }.code == .parse)
  }

  @Test(arguments: [
    String(repeating: "(", count: 5000) + "1" + String(repeating: ")", count: 5000),
    String(repeating: "not ", count: 5000) + "1", String(repeating: "-", count: 5000) + "1",
    String(repeating: "[", count: 5000), String(repeating: "f(", count: 5000),
  ])
  func `nesting has a limit`(_ expression: String) throws {
    #expect(try templateError { try page("{{ \(expression) }}") }.code == .parse)
  }

  @Test func `nested tags have a limit`() throws {
    let source = String(repeating: "{% if 1 %}", count: 500) + String(repeating: "{% end %}", count: 500)
    #expect(try templateError { try page(source) }.message == "Too many nested blocks")
  }

  @Test func `a lambda that calls itself without end is an error`() throws {
    let error = try templateError { try page("{% set f = lambda n: f(n + 1) %}{{ f(0) }}") }
    #expect((error.underlying as? TemplateException)?.kind == .recursionError)
  }

  @Test func `a lambda that outlives its page says so`() throws {
    var kept: TemplateValue?
    let keep = TemplateFunction("keep") { arguments in
      kept = try arguments.required(0)
      return ""
    }
    #expect(try page("{{ keep(lambda: 1) }}{{ (lambda: 2)() }}", ["keep": keep]) == "2")
    guard case .function(let function)? = kept else { throw TestFailure("no function") }
    #expect(throws: TemplateException.self) { try function.call(TemplateArguments()) }
  }

  @Test(arguments: [
    "{{ 2 ** 63 }}", "{{ 9223372036854775807 + 1 }}", "{{ 'a' * 10 ** 12 }}", "{{ range(10 ** 12) }}",
  ])
  func `what does not fit is an overflow`(_ source: String) throws {
    let error = try templateError { try page(source) }
    #expect((error.underlying as? TemplateException)?.kind == .overflowError)
  }

  @Test func `without a loader there is nothing to include`() throws {
    #expect(try templateError { try page("{% include x %}") }.message.contains("no template loader"))
  }
}

/// TPL-026, TPL-031…TPL-033, TPL-038…TPL-041.
@Suite("template: loaders and namespaces")
struct LoaderTests {
  @Test func `a page's names win over the loader's, and these over the built-in ones`() throws {
    let options = TemplateOptions(namespace: { ["a": "loader", "b": "loader", "squeeze": "loader"] })
    let files = ["main.html": "{{ a }} {{ b }} {{ squeeze }}"]
    #expect(try page(files, "main.html", ["a": "page"], options: options) == "page loader loader")
  }

  @Test func `an escaping function of the namespace is used`() throws {
    let shout = TemplateFunction("shout") { .string(try $0.string(0).uppercased()) }
    #expect(try page("{{ x }}", ["x": "a<", "xhtml_escape": shout]) == "A<")
  }

  @Test func `modules come from the application first`() throws {
    let options = TemplateOptions(modules: { name in
      name == "shop" ? .module("shop", ["price": TemplateFunction("price") { .int(try $0.int(0) * 2) }]) : nil
    })
    #expect(try page("{% from shop import price %}{{ price(4) }}", options: options) == "8")
    #expect(try page("{% import shop, math %}{{ shop.price(math.floor(1.5)) }}", options: options) == "2")
  }

  @Test(arguments: ["os", "sys", "subprocess", "builtins", "__main__"])
  func `nothing else can be imported`(_ module: String) throws {
    let error = try templateError { try page("{% import \(module) %}") }
    #expect((error.underlying as? TemplateException)?.kind == .moduleNotFoundError)
  }

  @Test func `a loader keeps what it compiled until it is reset`() throws {
    let tree = try TemporaryTree()
    try tree.write("one {{ x }}", to: "a.txt")
    let loader = Loader(tree.path)
    func made() throws -> String {
      String(decoding: try loader.load("a.txt").generate(["x": 1]), as: UTF8.self)
    }
    #expect(try made() == "one 1")
    try tree.write("two {{ x }}", to: "a.txt")
    #expect(try made() == "one 1")
    loader.reset()
    #expect(try made() == "two 1")
  }

  @Test func `files are found relative to the file that names them`() throws {
    let tree = try TemporaryTree()
    try tree.makeDirectory("sub")
    try tree.write("{% include sub/a.txt %}", to: "main.txt")
    try tree.write("a{% include b.txt %}{% include ../top.txt %}", to: "sub/a.txt")
    try tree.write("b", to: "sub/b.txt")
    try tree.write("t", to: "top.txt")
    #expect(String(decoding: try Loader(tree.path).load("main.txt").generate(), as: UTF8.self) == "abt")
  }

  @Test(arguments: ["../outside.txt", "/etc/passwd", "link.txt", "missing.txt", "", "."])
  func `no name leads out of the directory`(_ name: String) throws {
    let tree = try TemporaryTree()
    try tree.link("link.txt", to: "/etc/hostname")
    let error = try templateError {
      _ = try Loader(tree.path).load(name); return name
    }
    #expect(error.code == .notFound)
  }

  @Test func `a file that is not UTF-8 is refused`() throws {
    let tree = try TemporaryTree()
    try tree.write([0xFF], to: "a.txt")
    #expect(
      try templateError {
        _ = try Loader(tree.path).load("a.txt"); return ""
      }.code == .parse)
  }

  @Test func `a loader of one's own needs a source`() throws {
    final class Upper: BaseLoader, @unchecked Sendable {
      override func source(of name: String) -> String? { name == "none" ? nil : name.uppercased() }
    }
    #expect(String(decoding: try Upper().load("abc").generate(), as: UTF8.self) == "ABC")
    #expect(
      try templateError {
        _ = try Upper().load("none"); return ""
      }.code == .notFound)
  }
}

/// Values of Swift in templates.
@Suite("template: values")
struct TemplateValueTests {
  struct Person: TemplateObject {
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

  @Test func `Swift's types become Python's`() throws {
    let missing: String? = nil
    let namespace: TemplateNamespace = [
      "a": 1, "b": "x", "c": 1.5, "d": true, "e": [1, 2], "f": ["k": "v"], "g": missing, "h": UInt8(3),
      "i": [UInt8](Array("by".utf8)),
    ]
    #expect(
      try page("{% raw [a, b, c, d, e, f, g, h, i] %}", namespace)
        == "[1, 'x', 1.5, True, [1, 2], {'k': 'v'}, None, 3, b'by']")
  }

  @Test func `an object shows what it wants to show, and nothing else`() throws {
    let people = [Person(name: "<Ann>", age: 3), Person(name: "Bob", age: 4)]
    let source = "{% for p in people %}{{ p.name }} {{ p.age }};{% end %}"
    let list = TemplateValue.list(TemplateList(people.map(\.templateValue)))
    #expect(try page(source, ["people": list]) == "&lt;Ann&gt; 3;Bob 4;")
    let error = try templateError { try page("{{ p.secret }}", ["p": people[0]]) }
    #expect((error.underlying as? TemplateException)?.kind == .attributeError)
  }

  @Test func `members of a dictionary of Swift's are attributes, too`() throws {
    let row: TemplateValue = ["title": "T", "items": [1]]
    #expect(try page("{{ row.title }} {{ row['items'] }} {{ len(row.items()) }}", ["row": row]) == "T [1] 2")
  }

  @Test func `what can be encoded becomes a value`() throws {
    struct Author: Encodable { let name: String }
    struct Post: Encodable {
      let title: String
      let items: [Int]
      let author: Author
      let draft: Bool?
      let scores: [String: Double]
    }
    let post = Post(title: "<T>", items: [1, 2], author: Author(name: "A"), draft: nil, scores: ["x": 1])
    let source =
      "{{ post.title }} {{ post.items }} {{ post.author.name }} {{ post['scores']['x'] }} {{ 'draft' in post }}"
    let value = try TemplateValue(encoding: post)
    #expect(try page(source, ["post": value]) == "&lt;T&gt; [1, 2] A 1.0 False")
    #expect(try TemplateValue(encoding: [post.author]).representation == "[{'name': 'A'}]")
  }

  @Test func `a large dictionary keeps its order and finds its keys`() throws {
    let dictionary = TemplateDictionary()
    for number in 0..<40 { dictionary.set(.int(39 - number), .int(number)) }
    #expect(dictionary.keys.first == .int(39))
    #expect(dictionary[.double(0)] == .int(39))
    #expect(dictionary.remove(.int(39)) == .int(0))
    #expect(dictionary[.int(38)] == .int(1))
    #expect(dictionary.count == 39)
  }

  @Test(arguments: [("all", " a  \n\n  b "), ("single", " a\nb "), ("oneline", " a b ")])
  func `white space is filtered`(_ mode: String, _ expected: String) throws {
    let found = try #require(WhitespaceMode(named: mode))
    #expect(filterWhitespace(found, " a  \n\n  b ") == expected)
    #expect(WhitespaceMode(named: "other") == nil)
  }
}

@Suite("template: values as Python writes them")
struct TemplateValueTextTests {
  @Test func `constants become text, and are escaped`() throws {
    let text = try page(#"{{ None }}|{{ b"by" }}|{{ 1.5 }}|{{ [1,"<"] }}"#)
    #expect(text == "None|by|1.5|[1, &#x27;&lt;&#x27;]")
  }
}
