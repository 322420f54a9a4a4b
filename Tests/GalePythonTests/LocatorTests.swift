// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import Foundation
import Testing

@testable import GalePython

extension GalePythonTests {
  @Suite("locators")
  struct LocatorTests {
    let interpreter: Interpreter

    init() throws { interpreter = try TestInterpreter.get() }

    /// Puts a module where Python finds it.
    private func write(_ name: String, _ source: String) throws {
      let file = TestInterpreter.modules.appendingPathComponent(name + ".py")
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try source.write(to: file, atomically: true, encoding: .utf8)
      try interpreter.attach { python in
        _ = try python.importModule("importlib").attribute(python, "invalidate_caches").call(python)
      }
    }

    private func resolve(_ text: String) throws -> String {
      try interpreter.attach { python in
        try PythonLocator(text).resolve(python).call(python).description(python)
      }
    }

    private func error(_ text: String) throws -> PythonLocatorError {
      try #require(#expect(throws: PythonLocatorError.self) { _ = try resolve(text) })
    }

    @Test func `finds functions, attributes of attributes and what factories make`() throws {
      try write(
        "gale_good",
        """
        class Holder:
          @staticmethod
          def app(): return 'nested'
        def application(): return 'default'
        def app(): return 'named'
        def make(): return lambda: 'made'
        """)
      #expect(try resolve("gale_good:app") == "named")
      #expect(try resolve("gale_good") == "default")
      #expect(try resolve("gale_good:Holder.app") == "nested")
      #expect(try resolve("gale_good:make()") == "made")
    }

    @Test func `finds modules in packages`() throws {
      try write("gale_package/__init__", "")
      try write("gale_package/wsgi", "def application(): return 'in a package'")
      #expect(try resolve("gale_package.wsgi:application") == "in a package")
    }

    @Test(arguments: [
      "", ":", "module:", ":app", "a..b:c", "a:b..c", "a:b(1)", "a b:c", "a:b:c", "1a:b", "a:()", "a/b.py",
    ])
    func `refuses what is no locator`(_ text: String) {
      let error = #expect(throws: PythonLocatorError.self) { try PythonLocator(text) }
      #expect(error?.code == .malformed)
      #expect(error?.message.contains("\"\(text)\"") == true)
    }

    @Test(arguments: [
      ("gale_nowhere:app", "gale_nowhere"), ("gale_good.sub:app", "gale_good.sub"),
      ("gale_nowhere.deep.wsgi:app", "gale_nowhere"),
    ])
    func `a module that does not exist is named`(_ text: String, _ missing: String) throws {
      try write("gale_good", "application = app = make = None")
      let error = try error(text)
      #expect(error.code == .moduleNotFound)
      #expect(error.message == "there is no module named \(missing) on sys.path")
    }

    @Test(arguments: [
      ("import gale_missing_dependency", "ModuleNotFoundError: No module named 'gale_missing_dependency'"),
      ("from sys import nothing_like_it", "ImportError: cannot import name 'nothing_like_it' from 'sys'"),
      ("x = 1 / 0", "ZeroDivisionError"), ("def broken(:", "SyntaxError"),
    ])
    func `a module that fails to import is not a missing one`(_ source: String, _ reason: String) throws {
      let name = "gale_broken_\(abs(source.hashValue))"
      try write(name, source)
      let error = try error(name + ":app")
      #expect(error.code == .importFailed)
      #expect(error.message.hasPrefix("importing \(name) failed: \(reason)"))
      #expect(error.description.contains("\(name).py\", line 1"))
    }

    @Test func `a missing attribute is named with the place where it is missing`() throws {
      try write("gale_attributes", "class Holder: value = 5\nclass App: pass")
      var error = try error("gale_attributes:nothing")
      #expect(error.code == .attributeMissing)
      #expect(error.message == "gale_attributes has no attribute nothing")
      error = try self.error("gale_attributes:Holder.nothing.more")
      #expect(error.message == "gale_attributes.Holder has no attribute nothing")
    }

    @Test func `what cannot be called is refused`() throws {
      try write("gale_values", "number = 5\ndef make(): return 'text'")
      var error = try error("gale_values:number")
      #expect(error.code == .notCallable)
      #expect(error.message == "gale_values:number is a int, which cannot be called")
      error = try self.error("gale_values:number()")
      #expect(error.message == "the factory gale_values.number is a int, which cannot be called")
      error = try self.error("gale_values:make()")
      #expect(error.message == "gale_values:make() is a str, which cannot be called")
    }

    @Test func `a factory that fails shows its traceback`() throws {
      try write("gale_factory", "def make(): raise RuntimeError('no database')")
      let error = try error("gale_factory:make()")
      #expect(error.code == .factoryFailed)
      #expect(error.description.hasSuffix("RuntimeError: no database\n"))
      #expect(error.description.contains("in make\n"))
    }
  }
}

#endif
