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

    @Test func `finds what a file has, by its path (PYS-018)`() throws {
      let directory = TestInterpreter.modules.appendingPathComponent("gale:files")
      try write("gale:files/gale_beside", "def count(box=[0]):\n  box[0] += 1\n  return box[0]")
      try write(
        "gale:files/gale-site.v2",
        "import gale_beside\nrun = gale_beside.count()\ndef application(): return run")
      let file = directory.appendingPathComponent("gale-site.v2.py").path
      #expect(try resolve(file) == "1")
      #expect(try resolve("\(file):application") == "1", "it ran once")
      let name = try interpreter.attach { python in
        try PythonLocator(file).resolve(python).attribute(python, "__module__").description(python)
      }
      #expect(name == "gale_site_v2")
      #expect(try PythonLocator("site/shop.py:make()").description == "site/shop.py:make()")
      #expect(try !PythonLocator("mysite.wsgi").isFile, "a module, whatever there is")
    }

    @Test func `in a file without an attribute, app does as well`() throws {
      try write("gale_files/one", "app = lambda: 'app'")
      try write("gale_files/two", "app = lambda: 'app'\napplication = lambda: 'application'")
      try write("gale_files/three", "make = lambda: app\napp = lambda: 'made'")
      try write("gale_files/four", "")
      let directory = TestInterpreter.modules.appendingPathComponent("gale_files").path
      #expect(try resolve("\(directory)/one.py") == "app")
      #expect(try resolve("\(directory)/two.py") == "application")
      #expect(try resolve("\(directory)/three.py:make()") == "made")
      #expect(
        try error("\(directory)/four.py").message == "\(directory)/four.py has neither application nor app")
    }

    @Test func `files of one name are modules of their own`() throws {
      for place in ["first", "second"] {
        try write("gale_\(place)/gale_same", "app = lambda: __name__ + ' \(place)'")
      }
      let paths = ["first", "second"].map {
        TestInterpreter.modules.appendingPathComponent("gale_\($0)/gale_same.py").path
      }
      #expect(try resolve(paths[0]) == "gale_same first")
      #expect(try resolve(paths[1]) == "gale_same_2 second")
      #expect(try resolve(paths[0]) == "gale_same first")
    }

    @Test func `a file that is not there, or fails, is named`() throws {
      var error = try error("/no/such/shop.py:app")
      #expect(error.code == .fileNotFound && error.message == "there is no file /no/such/shop.py")
      error = try self.error("gale_nowhere.py")
      #expect(error.code == .moduleNotFound, "without a slash it is a module when there is no such file")
      try write("gale_files/broken", "1/0")
      let path = TestInterpreter.modules.appendingPathComponent("gale_files/broken.py").path
      for _ in 0..<2 {
        error = try self.error(path)
        #expect(error.code == .importFailed)
        #expect(error.message == "importing \(path) failed: ZeroDivisionError: division by zero")
        #expect(error.description.contains("\(path)\", line 1"))
      }
    }

    @Test func `finds modules in packages`() throws {
      try write("gale_package/__init__", "")
      try write("gale_package/wsgi", "def application(): return 'in a package'")
      #expect(try resolve("gale_package.wsgi:application") == "in a package")
    }

    @Test(arguments: [
      "", ":", "module:", ":app", "a..b:c", "a:b..c", "a:b(1)", "a b:c", "a:b:c", "1a:b", "a:()", "a b.py",
      "a/", "a/b.py:", "a/b.py:c:d", "missing.py:a-b", "/:a",
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
