// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Synchronization
import TestSupport
import Testing

@testable import GaleCore

@Suite("options: config files")
struct ConfigFileTests {
  private func value(_ text: String) throws -> ConfigValue? {
    try ConfigFile.parse(Array("x = \(text)\n".utf8), path: "/etc/app.cfg").first?.value
  }

  /// What Python makes of these expressions.
  @Test(
    arguments: [
      ("1", .integer(1)), ("-1", .integer(-1)), ("1_000", .integer(1000)), ("0x1F", .integer(31)),
      ("0o17", .integer(15)), ("0b101", .integer(5)), ("1.5", .double(1.5)), (".5", .double(0.5)),
      ("5.", .double(5)),
      ("1e3", .double(1000)), ("1E-2", .double(0.01)), ("True", .bool(true)), ("False", .bool(false)),
      ("None", .none),
      ("64 * 1024 + 1", .integer(65537)), ("2 - 3 * 4", .integer(-10)), ("(2 - 3) * 4", .integer(-4)),
      ("7 / 2", .double(3.5)), ("7 // 2", .integer(3)), ("-7 // 2", .integer(-4)), ("1 + 0.5", .double(1.5)),
      ("- -3", .integer(3)), ("-+-+-3", .integer(-3)), ("+3", .integer(3)),
      ("'a'", .string("a")), (#""a""#, .string("a")), ("''", .string("")), ("'李康'", .string("李康")),
      (#"'a\n\t\\\'\"\x41\u00e9\101\q'"#, .string("a\n\t\\'\"AéA\\q")), (#"r'a\n'"#, .string("a\\n")),
      (#"u'\U0001F600'"#, .string("😀")), ("'a' 'b'\"c\"", .string("abc")), ("'a' + 'b'", .string("ab")),
      ("'''a\n'b''\nc'''", .string("a\n'b''\nc")), (#""""x""""#, .string("x")),
      (#"'a\"# + "\nb'", .string("ab")),
      ("[]", .list([])), ("[1, 'a', [2.5]]", .list([.integer(1), .string("a"), .list([.double(2.5)])])),
      ("[1,\n  2, # two\n\n  3,\n]", .list([.integer(1), .integer(2), .integer(3)])),
      ("(1, 2)", .list([.integer(1), .integer(2)])), ("(1,)", .list([.integer(1)])), ("()", .list([])),
      ("(1)", .integer(1)),
      ("1, 2", .list([.integer(1), .integer(2)])), ("1,", .list([.integer(1)])),
      ("[1] + [2]", .list([.integer(1), .integer(2)])),
      ("__file__", .string("/etc/app.cfg")), ("__file__ + '.d'", .string("/etc/app.cfg.d")),
      ("1 # comment", .integer(1)),
      ("1 + \\\n 2", .integer(3)), ("1;", .integer(1)), ("1 \t\r", .integer(1)),
      ("timedelta(0, 45)", .duration(.seconds(45))),
      ("timedelta(hours=1, minutes=30)", .duration(.seconds(5400))),
      ("datetime.timedelta(weeks=1)", .duration(.seconds(604_800))), ("timedelta()", .duration(.zero)),
    ] as [(String, ConfigValue)])
  func `literals are read as in Python`(_ text: String, _ expected: ConfigValue) throws {
    #expect(try value(text) == expected)
  }

  @Test func `dates are read as in Python`() throws {
    let expected = LocalDateTime(year: 2013, month: 4, day: 28, hour: 5, minute: 16).map {
      ConfigValue.dateTime($0)
    }
    for text in [
      "datetime(2013, 4, 28, 5, 16)", "datetime.datetime(2013, month=4, day=28, hour=5, minute=16)",
    ] {
      #expect(try value(text) == expected)
    }
  }

  /// Nothing is executed, and nothing is guessed.
  @Test(arguments: [
    "", "open('/etc/passwd')", "__import__('os')", "os.environ['HOME']", "{}", "{'a': 1}", "lambda: 1",
    "1 if x else 2",
    "x", "unknown", "[1", "(1", "'a", "'a\nb'", "'''a", "[1 2]", "1 2", "1 +", "* 2", "1 / 0", "1 // 0",
    "2 ** 3", "'a' * 3",
    "'a' + 1", "[1][0]", "f'{1}'", "b'a'", "1__0", "1_", "0x", "0xg", "1e", "1e999", "9223372036854775808",
    "9223372036854775807 + 1", "1.2.3", "True + 1", #"'\x4'"#, #"'\ud800'"#, #"'\N{DASH}'"#,
    "datetime(2013, 2, 30)", "datetime(2013)",
    "datetime(1.5, 1, 1)", "datetime.now()", "timedelta(1, 2, 3, 4, 5, 6, 7, 8)", "timedelta(years=1)",
    "timedelta(days=1, days=2)", "timedelta('x')", "timedelta(weeks=1e300)", "datetime", "1 = 2", "== 1",
    String(repeating: "[", count: 100),
  ])
  func `anything else is an error`(_ text: String) {
    #expect {
      try value(text)
    } throws: {
      let error = $0 as? OptionError
      return error?.code == .syntax && error?.description.hasPrefix("/etc/app.cfg:") == true
    }
  }

  @Test(arguments: [
    "if True:\n  port = 1", "def f(): pass", "port: int = 1", "a.b = 1", "port += 1", "import os",
    "from os import path",
    "print('x')", "5", "= 1", "a = b = 1",
  ])
  func `statements other than assignments are errors`(_ text: String) {
    #expect(throws: OptionError.self) { try ConfigFile.parse(Array(text.utf8), path: "f") }
  }

  @Test func `an error names its line`() {
    let text = "# first\n'''a\nb'''\na = 1\n\nb = [1,\n 2,\n oops]\n"
    #expect(throws: OptionError(.syntax, "f:8: oops is not known here")) {
      try ConfigFile.parse(Array(text.utf8), path: "f")
    }
    #expect(throws: OptionError(.syntax, "f is not UTF-8")) { try ConfigFile.parse([0x61, 0xFF], path: "f") }
  }

  @Test func `names keep their order, and later values win`() throws {
    let text = """
      \u{FEFF}# -*- coding: utf-8 -*-
      '''What this is.'''
      from datetime import datetime, timedelta
      import datetime
      a = 1; b = a + 1
      a = 'again'

      """
    let result = try ConfigFile.parse(Array(text.utf8), path: "f")
    #expect(result.map(\.name) == ["a", "b"])
    #expect(result.map(\.value) == [.string("again"), .integer(2)])
  }

  /// Whatever a file holds, it is read or refused.
  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func `random files are read or refused`(_ seed: UInt64) {
    var random = SeededGenerator(seed)
    let pieces = [
      "a", "b", "=", " ", "\n", "'", "\"", "'''", "\\", "\\x4", "[", "]", "(", ")", ",", "1", "0x", "1e", ".",
      "_",
      "-", "+", "*", "/", "//", "True", "None", "datetime", "timedelta(", "hours=", "__file__", "#", ";",
      "r'", "é",
      "\r\n", "from datetime import x",
    ]
    for _ in 0..<2000 {
      let count = Int.random(in: 0..<30, using: &random)
      let text = (0..<count).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
      do throws(OptionError) {
        _ = try ConfigFile.parse(Array("a = \(text)".utf8), path: "f")
      } catch {
        #expect(error.code == .syntax)
      }
    }
    let deep = String(repeating: "-", count: 1_000_000) + "1"
    #expect(throws: Never.self) { try ConfigFile.parse(Array("a = \(deep)".utf8), path: "f") }
  }

  // MARK: - Into options (OPT-009)

  private struct Options {
    let parser = OptionParser()
    let str: OptionKey<String?>
    let int: OptionKey<Int?>
    let float: OptionKey<Double?>
    let datetime: OptionKey<LocalDateTime?>
    let timedelta: OptionKey<Duration?>
    let ints: OptionKey<[Int]>
    let strs: OptionKey<[String]>
    let flag: OptionKey<Bool>

    init() {
      str = parser.define("str", as: String.self)
      int = parser.define("int", as: Int.self)
      float = parser.define("float", as: Double.self)
      datetime = parser.define("datetime", as: LocalDateTime.self)
      timedelta = parser.define("timedelta", as: Duration.self)
      ints = parser.define("list-of-int", default: [])
      strs = parser.define("list-of-str", default: [])
      flag = parser.define("flag", default: false)
    }

    func check() {
      #expect(parser[str] == "asdf" && parser[int] == 42 && parser[float] == 1.5)
      #expect(parser[datetime]?.description == "2013-04-28 05:16:00" && parser[timedelta] == .seconds(45))
      #expect(parser[ints] == [1, 2, 3] && parser[strs] == ["a", "b", "c"] && parser[flag])
    }
  }

  /// Tornado's own: values of the type, and texts.
  @Test(arguments: [
    """
    from datetime import datetime, timedelta
    str = 'asdf'
    int = 42
    float = 1.5
    datetime = datetime(2013, 4, 28, 5, 16)
    timedelta = timedelta(0, 45)
    list_of_int = [1, 2, 3]
    list_of_str = ["a", "b", "c"]
    flag = True
    ignored = 'whatever'
    """,
    """
    str = 'asdf'
    int = '42'
    float = '1.5'
    datetime = '2013-04-28 05:16'
    timedelta = '45s'
    list_of_int = '1:3'
    list_of_str = 'a,b,c'
    flag = 'true'
    """,
  ])
  func `a file sets options`(_ text: String) throws {
    let directory = try TemporaryDirectory()
    try directory.write(Array(text.utf8), to: "app.cfg")
    let options = Options()
    try options.parser.parseConfigFile(directory.path("app.cfg"))
    options.check()
  }

  @Test func `a JSON file sets options`() throws {
    let directory = try TemporaryDirectory()
    let text = """
      {"str": "asdf", "int": 42, "float": 1.5, "datetime": "2013-04-28 05:16", "timedelta": "45s",
       "list_of_int": [1, 2, 3], "list-of-str": ["a", "b", "c"], "flag": true, "other": {"a": 1}}
      """
    try directory.write(Array(text.utf8), to: "app.json")
    let options = Options()
    try options.parser.parseConfigFile(directory.path("app.json"))
    options.check()
    try options.parser.parseConfigFile(directory.path("app.json"))
    try directory.write(Array(#"{"str": null}"#.utf8), to: "app.json")
    try options.parser.parseConfigFile(directory.path("app.json"))
    #expect(options.parser[options.str] == nil)
    for bad in ["[1]", "{", ""] {
      try directory.write(Array(bad.utf8), to: "app.json")
      #expect(throws: OptionError.self) { try options.parser.parseConfigFile(directory.path("app.json")) }
    }
  }

  @Test(arguments: [
    ("int = 1.5", "Option 'int' is required to be of type Optional<Int> (float given)"),
    ("int = True", "Option 'int' is required to be of type Optional<Int> (bool given)"),
    ("list_of_int = 1", "Option 'list-of-int' is required to be of type Array<Int> (int given)"),
    ("list_of_int = [1, None]", "Option 'list-of-int' is required to be of type Array<Int> (list given)"),
    ("flag = None", "Option 'flag' is required to be of type Bool (None given)"),
    ("int = 'x'", "Option 'int': \"x\" is not an integer of type Int"),
  ])
  func `values must be of the type`(_ text: String, _ message: String) throws {
    let directory = try TemporaryDirectory()
    try directory.write(Array(text.utf8), to: "app.cfg")
    let options = Options()
    #expect {
      try options.parser.parseConfigFile(directory.path("app.cfg"))
    } throws: {
      "\($0)" == message
    }
  }

  @Test func `a file that is not there, and one that names itself`() throws {
    let directory = try TemporaryDirectory()
    let path = directory.path("missing")
    #expect(throws: OptionError(.unreadable, "cannot read \(path): No such file or directory")) {
      try OptionParser().parseConfigFile(path)
    }
    #expect(throws: OptionError.self) { try OptionParser().parseConfigFile(directory.path) }
    try directory.write(Array("my_path = __file__".utf8), to: "app.cfg")
    let parser = OptionParser()
    let key = parser.define("my_path", default: "")
    try parser.parseConfigFile(directory.path("app.cfg"))
    #expect(parser[key] == directory.path("app.cfg"))
  }

  /// The use that Tornado's documentation gives: a later flag wins over the file, the file over an earlier one.
  @Test func `an option can name a file to read`() throws {
    let directory = try TemporaryDirectory()
    try directory.write(Array("port = 2\nhost = 'file'\nlast = 'file'\n".utf8), to: "app.cfg")
    let parser = OptionParser()
    let count = Mutex(0)
    parser.addParseCallback { count.withLock { $0 += 1 } }
    let port = parser.define("port", default: 0)
    let host = parser.define("host", default: "")
    let last = parser.define("last", default: "")
    parser.define("config", default: "") { [unowned parser] path in
      try parser.parseConfigFile(path, final: false)
    }
    try parser.parseCommandLine(["main", "--port=1", "--config=\(directory.path("app.cfg"))", "--last=flag"])
    #expect(parser[port] == 2 && parser[host] == "file" && parser[last] == "flag")
    #expect(count.withLock { $0 } == 1)
  }
}
