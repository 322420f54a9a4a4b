// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import Foundation
import GaleCore
import Testing

@testable import GalePython

extension GalePythonTests {
  /// OPT-009.
  @Suite("config files in Python")
  struct PythonConfigFileTests {
    private let interpreter: Interpreter
    private let file = temporaryDirectory().appendingPathComponent("site.conf")

    init() throws { interpreter = try TestInterpreter.get() }

    private func parse(_ text: String, _ define: (OptionParser) -> Void) throws -> OptionParser {
      try Data(text.utf8).write(to: file)
      let parser = OptionParser()
      define(parser)
      try interpreter.attach { python in try parser.parsePythonConfigFile(file.path, python) }
      return parser
    }

    @Test func `a program sets options of every type`() throws {
      let parser = try parse(
        #"""
        import os
        from datetime import datetime, timedelta

        def double(number):
            return 2 * number

        port = double(4000) + len(os.sep)
        ratio = sum([0.5, 0.25])
        debug = not False
        name = "".join(["é", '"', "\n", "\\", "\U0001f300"])
        hosts = [f"host{number}.example" for number in range(3)]
        ports = tuple(range(8000, 8003))
        since = datetime(2026, 1, 2) + timedelta(hours=3)
        wait = timedelta(minutes=1.5)
        here = __file__
        unknown = object()
        """#
      ) { parser in
        parser.define("port", default: 80)
        parser.define("ratio", default: 0.0)
        parser.define("debug", default: false)
        parser.define("name", default: "")
        parser.define("hosts", default: [String]())
        parser.define("ports", default: [Int]())
        parser.define("since", as: LocalDateTime.self)
        parser.define("wait", default: Duration.zero)
        parser.define("here", default: "")
      }
      #expect(parser["port"] as? Int == 8001)
      #expect(parser["ratio"] as? Double == 0.75)
      #expect(parser["debug"] as? Bool == true)
      #expect(parser["name"] as? String == "é\"\n\\\u{1F300}")
      #expect(parser["hosts"] as? [String] == ["host0.example", "host1.example", "host2.example"])
      #expect(parser["ports"] as? [Int] == [8000, 8001, 8002])
      #expect((parser["since"] as? LocalDateTime)?.description == "2026-01-02 03:00:00")
      #expect(parser["wait"] as? Duration == .seconds(90))
      #expect(parser["here"] as? String == file.resolvingSymlinksInPath().path)
    }

    @Test func `an exception says where it was raised`() throws {
      let error = #expect(throws: PythonError.self) { _ = try parse("x = 1\ny = 1 / 0\n") { _ in } }
      #expect(error?.description.contains("division by zero") == true)
      #expect(throws: PythonError.self) { _ = try parse("x = (\n") { _ in } }
    }

    @Test(arguments: ["{}", "object()", "[object()]", "float('inf')", "b'bytes'"])
    func `a value that no option can have is an error for an option`(_ value: String) throws {
      let error = #expect(throws: OptionError.self) {
        _ = try parse("port = \(value)\n") { $0.define("port", default: 80) }
      }
      #expect(error?.code == .wrongType)
    }

    @Test func `a value of another type is an error, and a text is read as on the command line`() throws {
      let error = #expect(throws: OptionError.self) {
        _ = try parse("port = 1.5\n") { $0.define("port", default: 80) }
      }
      #expect(error?.code == .wrongType)
      #expect(try parse("port = str(443)\n") { $0.define("port", default: 80) }["port"] as? Int == 443)
    }
  }
}

#endif
