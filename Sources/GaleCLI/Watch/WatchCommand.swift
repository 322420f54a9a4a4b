// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import GaleCore
import GaleLoop
import GaleWeb
import Glibc
import Logging

/// `gale watch PROGRAM`: Tornado's `python -m tornado.autoreload`.
struct WatchCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "watch",
    abstract: "Run a Swift program while it is being written.",
    discussion: """
      Builds PROGRAM with the Swift package that it lies in and runs it. While it runs, it notices changes of its \
      sources by itself when an Application listens in it: it is built, and replaced by the new one with its sockets \
      open; when the build fails, the old one serves on.

      A program that ends, whether it failed or not, is built and run again once its sources change.

      Examples:
        gale watch .build/debug/hello --port 8888
        gale watch --until-success .build/debug/migrate
      """)

  @Flag(help: "End when the program has ended with status 0.")
  var untilSuccess = false

  @Option(
    name: .customLong("path"), parsing: .singleValue,
    help: ArgumentHelp("Another file or directory whose changes count. May be repeated.", valueName: "path"))
  var paths: [String] = []

  @Argument(parsing: .captureForPassthrough, help: ArgumentHelp("What to run.", valueName: "program"))
  var command: [String]

  func validate() throws {
    // What stands before the program is no option of the program's.
    if ["-h", "--help"].contains(command.first) { throw CleanExit.helpRequest(self) }
    guard command.first.map({ !$0.hasPrefix("-") }) ?? false else {
      throw ValidationError("a program is needed, such as .build/debug/hello")
    }
  }

  func run() throws {
    LoggingSystem.bootstrap { PrettyLogHandler(label: $0, level: .info) }
    let loop = IOLoop.current
    let runner = ProgramRunner(command, watching: paths, on: loop)
    for signal in [SIGINT, SIGTERM] { try loop.addSignalHandler(signal) { runner.end(with: signal) } }
    throw ExitCode(try loop.runSync { try await runner.run(untilSuccess: untilSuccess) })
  }
}

/// Builds and runs a program, again and again.
private final class ProgramRunner {
  private let command: [String]
  private let package: PackageBuild?
  private let loop: IOLoop
  private let watcher: FileWatcher
  private let change: Event
  private let log = Logger(label: "gale.general")
  private var child: Subprocess?
  private var signal: Int32?

  init(_ command: [String], watching paths: [String], on loop: IOLoop) {
    self.command = command
    self.loop = loop
    let executable = ProgramRunner.absolute(command[0])
    package = PackageBuild(executable: executable)
    let change = Event(on: loop)
    self.change = change
    watcher = FileWatcher(every: .milliseconds(500), on: loop) { _ in change.set() }
    if let package { watcher.watch(package.sources) } else { watcher.watch(file: executable) }
    for path in paths {
      watcher.watch(file: path)
      watcher.watch(FileTree(path))
    }
  }

  private static func absolute(_ path: String) -> String {
    guard !path.hasPrefix("/") else { return path }
    // SAFETY: with no buffer given, getcwd allocates the string that is freed here.
    guard let directory = unsafe getcwd(nil, 0) else { return path }
    defer { unsafe free(directory) }
    return unsafe "\(String(cString: directory))/\(path)"
  }

  func end(with number: Int32) {
    signal = number
    change.set()
    // A terminal's Ctrl-C reaches the program by itself.
    if number != SIGINT { child?.terminate() }
  }

  /// - Returns: The status to end with.
  func run(untilSuccess: Bool) async throws -> Int32 {
    while true {
      change.clear()
      watcher.takeSnapshot()
      if let status = try await buildAndRun(), signal == nil, untilSuccess, status == 0 { return 0 }
      if let signal { return 128 + signal }
      log.info("Waiting for a change")
      try await change.wait()
      if let signal { return 128 + signal }
    }
  }

  /// - Returns: The program's status; `nil` when it was not built.
  private func buildAndRun() async throws -> Int32? {
    if let package {
      log.info("Building (\(package.command.joined(separator: " ")))")
      if let complaint = await PackageBuild.run(package.command, on: loop) {
        log.error("The build failed\n\(complaint)")
        return nil
      }
    }
    guard signal == nil else { return nil }
    var configuration = Subprocess.Configuration()
    configuration.additionalEnvironment = [Autoreload.variable: "1"]
    let child: Subprocess
    do throws(LoopError) {
      child = try Subprocess(command, configuration: configuration, on: loop)
    } catch {
      log.error("\(error.message)")
      return nil
    }
    self.child = child
    let status = try await child.waitForExit(raiseError: false)
    self.child = nil
    if status < 0 {
      log.warning("\(command[0]) was ended by signal \(-status)")
    } else if status > 0 {
      log.warning("\(command[0]) ended with status \(status)")
    } else {
      log.info("\(command[0]) ended")
    }
    return status
  }
}
