// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Synchronization
import TestSupport
import Testing

@testable import GaleCore

private struct Failure: Error {}

@Suite("options: parser")
struct OptionParserTests {
  // MARK: - Command line (OPT-001, OPT-002, OPT-008)

  @Test(
    arguments: [
      (["--port=443"], 443, false, "", []), (["-port=443"], 443, false, "", []), ([], 80, false, "", []),
      (["---port=1"], 1, false, "", []), (["--verbose"], 80, true, "", []),
      (["--verbose=false"], 80, false, "", []),
      (["-verbose", "rest"], 80, true, "", ["rest"]), (["--s_name=z"], 80, false, "z", []),
      (["--s-name=z=y"], 80, false, "z=y", []), (["--s-name="], 80, false, "", []),
      (["a", "--port=1"], 80, false, "", ["a", "--port=1"]),
      (["--port=1", "--", "--port=2"], 1, false, "", ["--port=2"]),
      (["--port=1", "--port=2"], 2, false, "", []),
    ] as [([String], Int, Bool, String, [String])])
  func `a command line is read`(
    _ arguments: [String], _ port: Int, _ verbose: Bool, _ name: String, _ rest: [String]
  ) throws {
    let parser = OptionParser()
    let portKey = parser.define("port", default: 80)
    let verboseKey = parser.define("verbose", default: false)
    let nameKey = parser.define("s_name", default: "")
    #expect(try parser.parseCommandLine(["main"] + arguments) == rest)
    #expect(parser[portKey] == port)
    #expect(parser[verboseKey] == verbose)
    #expect(parser[nameKey] == name)
  }

  @Test(arguments: [
    (["--other=1"], OptionError(.unrecognized, "Unrecognized command line option: 'other'")),
    (["--an_other"], OptionError(.unrecognized, "Unrecognized command line option: 'an-other'")),
    (["-"], OptionError(.unrecognized, "Unrecognized command line option: ''")),
    (["--port"], OptionError(.missingValue, "Option 'port' requires a value")),
    (["--port=x"], OptionError(.invalidValue, "Option 'port': \"x\" is not an integer of type Int")),
  ])
  func `mistakes are told`(_ arguments: [String], _ error: OptionError) {
    let parser = OptionParser()
    parser.define("port", default: 80)
    #expect(throws: error) { try parser.parseCommandLine(["main"] + arguments) }
  }

  @Test func `a subcommand has options of its own`() throws {
    let base = OptionParser()
    let verbose = base.define("verbose", default: false)
    let sub = OptionParser()
    let foo = sub.define("foo", as: String.self)
    let rest = try base.parseCommandLine(["main", "--verbose", "subcommand", "--foo=bar"])
    #expect(rest == ["subcommand", "--foo=bar"])
    #expect(try sub.parseCommandLine(rest) == [])
    #expect(base[verbose] && sub[foo] == "bar")
    #expect(throws: OptionError.self) { try sub.parseCommandLine(["subcommand", "--verbose"]) }
  }

  @Test(arguments: ["foo-bar", "foo_bar"], ["--foo-bar=a", "--foo_bar=a"])
  func `dashes and underscores are the same`(_ name: String, _ argument: String) throws {
    let parser = OptionParser()
    let key = parser.define(name, default: "")
    try parser.parseCommandLine(["main", argument])
    #expect(parser[key] == "a")
    #expect(parser["foo-bar"] as? String == "a" && parser["foo_bar"] as? String == "a")
    #expect(parser.names == ["help", name])
    #expect(parser.helpText(program: "p").contains("--foo-bar "))
  }

  @Test func `mistakes of the program stop it`() async {
    for other in ["foo-bar", "foo_bar"] {
      let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
        [other = other as String] in
        let parser = OptionParser()
        parser.define("foo_bar", default: 1)
        parser.define(other, default: 1)
      }
      let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
      #expect(text.contains("Option 'foo-bar' already defined in GaleCoreTests/OptionParserTests.swift"))
    }
    await #expect(processExitsWith: .failure) { _ = OptionParser()[OptionKey<Int>(name: "none")] }
  }

  // MARK: - Help (OPT-010, OPT-011)

  @Test func `help ends the program and shows every option`() async {
    let result = await #expect(processExitsWith: .exitCode(0), observing: [\.standardErrorContent]) {
      let parser = OptionParser()
      parser.define("port", default: 80)
      try parser.parseCommandLine(["main", "--port=81", "--help"])
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains("Usage: ") && text.contains("--port") && text.contains("(default 80)"))
  }

  /// Laid out by Tornado 6.6 itself, save that values are shown as they are typed.
  @Test func `help is laid out as Tornado does`() {
    let parser = OptionParser()
    parser.define("port", default: 8888, help: "port to listen on", group: "")
    parser.define("hosts", default: ["a", "b"], help: "where", metavar: "HOST[,HOST]", group: "app")
    parser.define(
      "a_very_long_option_name", as: String.self, help: String(repeating: "x ", count: 60),
      metavar: "SOMETHING-LONG", group: "app")
    parser.define("bare", as: String.self, group: "app")
    parser.define(
      "name", default: "",
      help: "The well-known multi-process pre-fork option that-needs to-be wrapped somewhere, e.g. "
        + "http://example.com/a/very/long/path/that/has/no/blanks", group: "app")
    let expected = """
      Usage: prog [OPTIONS]

      Options:

        --help                           show this help information (default false)
        --port                           port to listen on (default 8888)

      app options:

        --a-very-long-option-name=SOMETHING-LONG\u{20}
                                         x x x x x x x x x x x x x x x x x x x x x x
                                         x x x x x x x x x x x x x x x x x x x x x x
                                         x x x x x x x x x x x x x x x x
        --bare                          \u{20}
        --hosts=HOST[,HOST]              where (default [a, b])
        --name                           The well-known multi-process pre-fork option
                                         that-needs to-be wrapped somewhere, e.g. htt
                                         p://example.com/a/very/long/path/that/has/no
                                         /blanks


      """
    #expect(parser.helpText(program: "prog") == expected)
  }

  /// What Python's `textwrap.wrap` does.
  @Test(arguments: [
    (
      String(repeating: "aaa-bbb ", count: 12),
      [
        "aaa-bbb aaa-bbb aaa-bbb aaa-bbb aaa-bbb aaa-", "bbb aaa-bbb aaa-bbb aaa-bbb aaa-bbb aaa-bbb",
        "aaa-bbb",
      ]
    ),
    (
      "--log-file-prefix is one-two-three-four-five-six-seven-eight-nine-ten-eleven",
      ["--log-file-prefix is one-two-three-four-", "five-six-seven-eight-nine-ten-eleven"]
    ),
    (
      String(repeating: "a", count: 100),
      [String(repeating: "a", count: 44), String(repeating: "a", count: 44), "aaaaaaaaaaaa"]
    ),
    (
      "x \(String(repeating: "b", count: 60)) y",
      ["x \(String(repeating: "b", count: 42))", "\(String(repeating: "b", count: 18)) y"]
    ),
    (
      String(repeating: "-a- -- a-1 1-a ab-c a-bc ab-cd", count: 3),
      ["-a- -- a-1 1-a ab-c a-bc ab-cd-a- -- a-1 1-a", "ab-c a-bc ab-cd-a- -- a-1 1-a ab-c a-bc ab-", "cd"]
    ),
    ("", []),
  ])
  func `text is wrapped as Python does`(_ text: String, _ lines: [String]) {
    #expect(wrapText(text, width: 44) == lines)
  }

  // MARK: - Values (OPT-012…015)

  @Test func `setting checks the type and tells the owner`() throws {
    let values = Mutex<[Int]>([])
    let parser = OptionParser()
    let foo = parser.define("foo", default: 1, onChange: { value in values.withLock { $0.append(value) } })
    let maybe = parser.define("maybe", as: Int.self)
    try parser.set(foo, to: 2)
    try parser.set("foo", to: 3)
    try parser.parseCommandLine(["main", "--foo=4"])
    #expect(values.withLock { $0 } == [2, 3, 4])
    #expect(throws: OptionError(.wrongType, "Option 'foo' is required to be of type Int (String given)")) {
      try parser.set("foo", to: "5")
    }
    #expect(throws: OptionError(.unrecognized, "Unrecognized option 'bar'")) { try parser.set("bar", to: 1) }
    #expect(parser[foo] == 4 && parser[maybe] == nil)
    try parser.set("maybe", to: 7)
    #expect(parser[maybe] == 7)
    try parser.set(maybe, to: nil)
    #expect(parser[maybe] == nil && parser["bar"] == nil)
  }

  @Test func `what an owner throws, setting throws`() {
    let parser = OptionParser()
    let foo = parser.define("foo", default: 1, onChange: { _ in throw Failure() })
    #expect(throws: Failure.self) { try parser.set(foo, to: 2) }
    #expect(throws: Failure.self) { try parser.parseCommandLine(["main", "--foo=3"]) }
    #expect(parser[foo] == 3)
  }

  /// OPT-015: patches of tests, nested and mixed with other changes.
  @Test func `a value can be another one for a while`() throws {
    let parser = OptionParser()
    let foo = parser.define("foo", default: 1)
    try parser.set(foo, to: 2)
    let result = try parser.withValue(foo, 4) {
      #expect(parser[foo] == 4)
      try parser.set(foo, to: 5)
      try parser.withValue(foo, 6) { #expect(parser[foo] == 6) }
      #expect(parser[foo] == 5)
      return "result"
    }
    #expect(result == "result")
    #expect(throws: Failure.self) { try parser.withValue(foo, 7) { throw Failure() } }
    #expect(parser[foo] == 2)
  }

  /// OPT-013.
  @Test func `options can be listed, by groups too`() {
    let parser = OptionParser()
    parser.define("a", default: 1)
    parser.define("b", default: 2, group: "b_group")
    parser.define("with_underscore", default: "x", group: "b_group")
    #expect(parser.names == ["help", "a", "b", "with_underscore"])
    #expect(parser.items.map(\.name) == parser.names)
    #expect(parser.contains("a") && parser.contains("with-underscore") && !parser.contains("c"))
    #expect(parser.groups == ["", "GaleCoreTests/OptionParserTests.swift", "b_group"])
    #expect(parser.group("b_group").mapValues { "\($0)" } == ["b": "2", "with_underscore": "x"])
    #expect(parser.group("none").isEmpty)
    #expect(Set(parser.dictionary.keys) == Set(parser.names))
    #expect(parser.dictionary["a"] as? Int == 1)
  }

  /// OPT-014.
  @Test func `callbacks follow the last parse`() throws {
    let count = Mutex(0)
    let parser = OptionParser()
    parser.addParseCallback { count.withLock { $0 += 1 } }
    try parser.parseCommandLine(["main"], final: false)
    #expect(count.withLock { $0 } == 0)
    try parser.parseCommandLine(["main"])
    try parser.parseEnvironment(prefix: "X_", variables: [:])
    try parser.runParseCallbacks()
    #expect(count.withLock { $0 } == 3)
    parser.addParseCallback { throw Failure() }
    #expect(throws: Failure.self) { try parser.parseCommandLine(["main"]) }
  }

  // MARK: - Environment

  @Test func `the environment sets options by prefix`() throws {
    let parser = OptionParser()
    let port = parser.define("port", default: 80)
    let list = parser.define("some-list", default: [Int]())
    let flag = parser.define("flag", default: false)
    let variables = [
      "SHOP_PORT": "81", "SHOP_SOME_LIST": "1:3", "SHOP_FLAG": "1", "SHOP_OTHER": "x", "PORT": "9",
      "SHOP_HELP": "1",
    ]
    try parser.parseEnvironment(prefix: "SHOP_", variables: variables)
    #expect(parser[port] == 81 && parser[list] == [1, 2, 3] && parser[flag])
    #expect(throws: OptionError.self) { try parser.parseEnvironment(prefix: "", variables: ["PORT": "x"]) }
    let home = parser.define("home", default: "")
    try parser.parseEnvironment(prefix: "")
    #expect(parser[home].hasPrefix("/"))
  }

  /// OPT-017.
  @Test func `the program's options have those for logging`() {
    let names = Set(options.names)
    #expect(
      names.isSuperset(of: [
        "help", "logging", "log_to_stderr", "log_file_prefix", "log_file_max_size", "log_file_num_backups",
        "log_rotate_when", "log_rotate_interval", "log_rotate_mode",
      ]))
  }
}
