// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import Foundation
import GaleHTTP
import GaleLoop
import GalePython
import GaleTesting
import GaleWSGI
import Testing

/// A directory that Python looks into for modules of its own name, until it goes.
private final class ModuleDirectory {
  let path: String
  let module: String
  /// Python's modules as they were: those of other tests are loaded anew, too.
  private let modules: PythonReference

  init() throws {
    var copied: PythonReference?
    try TestServer.interpreter().attach { python in
      copied = PythonReference(
        try python.importModule("sys").attribute(python, "modules").dictionaryCopy(python))
    }
    modules = try #require(copied)
    module = "reloaded_" + UUID().uuidString.filter { $0 != "-" }
    path = NSTemporaryDirectory() + "/" + module
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    let path = path
    try TestServer.interpreter().attach { python in
      let paths = try python.importModule("sys").attribute(python, "path")
      _ = try paths.callMethod(python, try python.interned("append"), try python.string(path))
    }
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
    try? TestServer.interpreter().attach { python in
      let present = try python.importModule("sys").attribute(python, "modules")
      _ = try present.callMethod(python, try python.interned("update"), modules.object(python))
    }
  }

  func write(_ answer: String, to name: String? = nil) throws {
    let text = "def app(environ, start_response):\n    start_response('200 OK', [])\n    return [\(answer)]\n"
    try text.write(toFile: "\(path)/\(name ?? module).py", atomically: true, encoding: .utf8)
  }

  /// What the application answers.
  func ask(_ reloader: WSGIReloader, accept: String = "*/*") throws -> String {
    let application = reloader.applications[0]
    return try TestServer.interpreter().attach { python in
      let globals = try python.dictionary()
      try globals.set(python, try python.interned("app"), to: application.object(python))
      try globals.set(python, try python.interned("accept"), to: try python.string(accept))
      let eval = try python.importModule("builtins").attribute(python, "eval")
      let code = """
        b''.join(app({'REQUEST_METHOD': 'GET', 'HTTP_ACCEPT': accept, 'PATH_INFO': '/'}, lambda *_: None)).decode()
        """
      return try eval.call(python, try python.string(code), globals).string(python)
    }
  }

  func makeReloader(showsTracebacks: Bool = false) throws -> WSGIReloader {
    var made: WSGIReloader?
    let locators = [try PythonLocator("\(module):app")]
    try TestServer.interpreter().attach { python in
      made = try WSGIReloader(locators, showsTracebacks: showsTracebacks, python)
    }
    return try #require(made)
  }

  func load(_ reloader: WSGIReloader) throws -> Bool {
    var succeeded = false
    try TestServer.interpreter().attach { python in succeeded = try reloader.load(python) }
    return succeeded
  }
}

extension GaleWSGITests {
  @Suite("new code while the program runs (PYS-006)")
  struct ReloaderTests {
    @Test("answers from when it is loaded; the old code goes on while it cannot be")
    func loading() throws {
      let directory = try ModuleDirectory()
      try directory.write("b'one'")
      let reloader = try directory.makeReloader()
      #expect(try directory.ask(reloader) == "one")
      try directory.write("b'two'")
      #expect(try directory.ask(reloader) == "one")
      #expect(try directory.load(reloader))
      #expect(try directory.ask(reloader) == "two")
      try directory.write("b'three")
      _ = TestLog.take()
      #expect(try !directory.load(reloader))
      #expect(TestLog.take().contains("the old code serves on"))
      #expect(try directory.ask(reloader, accept: "text/html") == "two")
      try directory.write("b'four'")
      #expect(try directory.load(reloader))
      #expect(try directory.ask(reloader) == "four")
    }

    @Test("shows why it cannot be loaded to browsers only, and only if told to")
    func page() throws {
      let directory = try ModuleDirectory()
      try directory.write("b'one'")
      let reloader = try directory.makeReloader(showsTracebacks: true)
      try directory.write("<")
      #expect(try !directory.load(reloader))
      #expect(try directory.ask(reloader, accept: "text/html").contains("SyntaxError"))
      #expect(try directory.ask(reloader) == "one")
      _ = TestLog.take()
    }

    @Test("leaves the modules that are not the application's as they are")
    func kept() throws {
      let directory = try ModuleDirectory()
      try directory.write("str(id(__import__('email.message'))).encode()")
      let reloader = try directory.makeReloader()
      let before = try directory.ask(reloader)
      #expect(try directory.load(reloader))
      #expect(try directory.ask(reloader) == before)
    }
  }
}
#endif
