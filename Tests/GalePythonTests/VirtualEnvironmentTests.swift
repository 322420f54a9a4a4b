// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import Foundation
import Testing

@testable import GalePython

extension GalePythonTests {
  @Suite("interpreter: virtual environment")
  struct VirtualEnvironmentTests {
    /// Makes a virtual environment with one package in it.
    static func make() throws -> String {
      let directory = temporaryDirectory().appendingPathComponent("venv")
      let process = Process()
      process.executableURL = URL(fileURLWithPath: try #require(ExecutableSearch.find()))
      process.arguments = ["-m", "venv", "--without-pip", directory.path]
      try process.run()
      process.waitUntilExit()
      #expect(process.terminationStatus == 0)
      let packages = "\(directory.path)/lib/python\(PythonVersion.embedded)/site-packages"
      try "name = 'from the venv'\n".write(
        toFile: packages + "/gale_only_here.py", atomically: true, encoding: .utf8)
      return directory.path
    }

    @Test func `an explicit one is honoured`() async throws {
      let path = try Self.make()
      await #expect(processExitsWith: .success) { [path = path as String] in
        var configuration = InterpreterConfiguration()
        configuration.virtualEnvironment = .path(path)
        try checkEnvironment(try Interpreter.start(configuration), path)
      }
    }

    @Test func `the one that VIRTUAL_ENV names is honoured`() async throws {
      let path = try Self.make()
      await #expect(processExitsWith: .success) { [path = path as String] in
        unsafe setenv("VIRTUAL_ENV", path, 1)
        try checkEnvironment(try Interpreter.start(), path)
      }
    }

    @Test(arguments: ["version = 3.6.9", "version_info = 3.6.9.final.0", "home = /usr/bin"])
    func `one for another version is refused`(_ line: String) throws {
      let path = try fake(settings: line)
      let error = #expect(throws: InterpreterError.self) { try VirtualEnvironment.find(.path(path)) }
      #expect(error?.code == .virtualEnvironmentMismatch)
      #expect(
        error?.message.contains("for Python 3.6, but this program embeds Python \(PythonVersion.embedded)")
          == true)
    }

    @Test func `one that does not exist is refused`() {
      let error = #expect(throws: InterpreterError.self) {
        try VirtualEnvironment.find(.path("/nowhere/venv"))
      }
      #expect(error?.code == .virtualEnvironmentInvalid)
      #expect(error?.message == "there is no virtual environment at /nowhere/venv")
    }

    @Test func `a directory without pyvenv cfg is refused`() {
      let path = temporaryDirectory().path
      let error = #expect(throws: InterpreterError.self) { try VirtualEnvironment.find(.path(path)) }
      #expect(error?.code == .virtualEnvironmentInvalid)
      #expect(error?.message.contains("it has no pyvenv.cfg") == true)
    }

    @Test func `one whose Python was removed is refused`() throws {
      let path = try fake(settings: "version = 3.6.9")
      try FileManager.default.removeItem(atPath: path + "/bin/python")
      let error = #expect(throws: InterpreterError.self) { try VirtualEnvironment.find(.path(path)) }
      #expect(error?.message.contains("has no working bin/python") == true)
    }

    /// A directory that looks like an environment for Python 3.6.
    private func fake(settings: String) throws -> String {
      let directory = temporaryDirectory()
      let manager = FileManager.default
      try manager.createDirectory(
        at: directory.appendingPathComponent("bin"), withIntermediateDirectories: true)
      try manager.createDirectory(
        at: directory.appendingPathComponent("lib/python3.6"), withIntermediateDirectories: true)
      let target = try #require(ExecutableSearch.find())
      try manager.createSymbolicLink(atPath: directory.path + "/bin/python", withDestinationPath: target)
      try (settings + "\n").write(toFile: directory.path + "/pyvenv.cfg", atomically: true, encoding: .utf8)
      return directory.path
    }
  }
}

/// Ends the process unless `interpreter` lives in the virtual environment at `path`.
private func checkEnvironment(_ interpreter: Interpreter, _ path: String) throws {
  let found = try interpreter.attach { python in
    let name = try python.importModule("gale_only_here").attribute(python, "name").string(python)
    let source =
      "(lambda s: [s.executable, s.prefix, s.exec_prefix, s.prefix != s.base_prefix])(__import__('sys'))"
    return [name, try python.evaluate(source).description(python)]
  }
  let expected = ["from the venv", "['\(path)/bin/python', '\(path)', '\(path)', True]"]
  guard found == expected else { fatalError("\(found) instead of \(expected)") }
}

#endif
