// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleLoop
import GaleWeb
import Glibc
import TestSupport
import Testing

/// A package of one product, whose program is `Tests/Programs/Reloader`.
private final class Project {
  let directory = try? TemporaryDirectory()
  let port: UInt16
  let loop: IOLoop
  private(set) var process: Subprocess?
  private(set) var log = ""

  init(on loop: IOLoop) throws {
    self.loop = loop
    // Free when it is closed, and nobody else takes it at once.
    port = try bindSockets(port: 0, address: "127.0.0.1")[0].address.port
    for part in [".build", ".build/debug", "Sources", "pages"] { unsafe mkdir(path(part), 0o755) }
    try write("Sources/main.swift", "one")
    try write("version", "1")
    try write("watched", "")
    try copyProgram()
  }

  deinit { process?.kill() }

  func path(_ name: String) -> String { directory?.path(name) ?? "/nonexistent" }

  var program: String { path(".build/debug/reloader") }

  func write(_ name: String, _ text: String) throws {
    let file = unsafe open(path(name), O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    defer { close(file) }
    guard writeNow(file, text) == text.utf8.count else { throw NeverHappened() }
  }

  private func copyProgram() throws {
    try write("built", TestProgram.path("reloader"))
  }

  /// The build: fails when the source says so, otherwise puts the program in place.
  private var buildCommand: [String] {
    let script = """
      cd '\(path("."))'
      if grep -q broken Sources/main.swift; then echo 'main.swift:1: error: expected expression'; exit 1; fi
      cp "$(cat built)" .build/debug/new && mv .build/debug/new .build/debug/reloader
      """
    return ["sh", "-c", script]
  }

  func start() async throws {
    let builder = try Subprocess(buildCommand, on: loop)
    try await builder.waitForExit()
    let process = try Subprocess(
      [program, "\(port)", path(".")] + buildCommand, stdout: .stream, stderr: .standardOutput, on: loop)
    self.process = process
    loop.spawn { [weak self] in
      while let line = try? await process.stdout?.read(until: [10]) {
        self?.log += String(decoding: line, as: UTF8.self)
      }
    }
    try await logged("serving 1")
  }

  func logged(_ text: String) async throws { try await loop.wait { log.contains(text) } }

  /// What the program answers: its version, process id, and how many changes of pages it was told.
  func ask() async throws -> [String] {
    let stream = try await IOStream.connect(to: SocketAddress(host: "127.0.0.1", port: port), on: loop)
    defer { stream.close() }
    try await stream.write(Array("GET / HTTP/1.0\r\n\r\n".utf8))
    let answer = String(decoding: try await stream.readUntilClose(), as: UTF8.self)
    return answer.split(separator: "\r\n").last.map { $0.split(separator: " ").map(String.init) } ?? []
  }
}

/// REL-001…006: the program is driven from outside.
@Suite("autoreload", .timeLimit(.minutes(2)))
struct AutoreloadTests {
  private func run(_ body: @escaping (Project) async throws -> Void) throws {
    try runLoop { loop in
      let project = try Project(on: loop)
      try await project.start()
      try await body(project)
    }
  }

  @Test func `a changed source is built and the process goes on with its sockets`() throws {
    try run { project in
      let process = try #require(project.process)
      #expect(try await project.ask() == ["1", "\(process.pid)", "0"])
      try project.write("version", "2")
      try project.write("Sources/main.swift", "two")
      // Asked all the time, and never refused. Who is being answered when the program is replaced is cut off.
      while true {
        do {
          if try await project.ask().first == "2" { break }
        } catch let error as StreamError where error.systemError == ECONNRESET || error.systemError == 0 {}
        try await project.loop.sleep(for: .milliseconds(2))
      }
      #expect(try await project.ask() == ["2", "\(process.pid)", "0"])
      #expect(project.log.contains("closing 1"))
      #expect(project.log.contains("modified; restarting server"))
    }
  }

  @Test func `a build that fails is shown and the old program serves on`() throws {
    try run { project in
      try project.write("version", "2")
      try project.write("Sources/main.swift", "broken")
      try await project.logged("error: expected expression")
      #expect(try await project.ask().first == "1")
      try project.write("Sources/main.swift", "mended")
      try await project.logged("serving 2")
      #expect(try await project.ask().first == "2")
    }
  }

  @Test func `a watched file restarts without a build`() throws {
    try run { project in
      try project.write("version", "2")
      try project.write("watched", "changed")
      try await project.logged("serving 2")
      #expect(!project.log.contains("building"))
    }
  }

  @Test func `a directory whose changes are taken care of causes no restart`() throws {
    try run { project in
      try project.write("pages/a.html", "a")
      while try await project.ask().last != "1" { try await project.loop.sleep(for: .milliseconds(5)) }
      #expect(try await project.ask().first == "1")
      #expect(!project.log.contains("restarting"))
    }
  }

  @Test(arguments: [
    ("/p/.build/debug/hello", "/p", "debug"),
    ("/p/q/.build/x86_64-unknown-linux-gnu/release/hello", "/p/q", "release"),
  ])
  func `the package of a program is known by where it lies`(
    _ executable: String, _ root: String, _ configuration: String
  ) throws {
    let package = try #require(PackageBuild(executable: executable))
    #expect(package.root == root)
    #expect(
      package.command
        == ["swift", "build", "--package-path", root, "-c", configuration, "--product", "hello"])
  }

  @Test(arguments: ["/usr/bin/hello", "/.build", "/p/.build/hello", "/p/.build/other/hello", ""])
  func `a program that lies elsewhere has no package`(_ executable: String) {
    #expect(PackageBuild(executable: executable) == nil)
  }
}
