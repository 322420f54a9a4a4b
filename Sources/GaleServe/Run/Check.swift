// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleLoop
import GalePython
import Glibc

/// `gale check`: looks whether a server could start, and says so thing by thing.
package final class Check {
  private let configuration: ServeConfiguration
  private let say: (String) -> Void
  private var failures = 0

  /// - Parameter say: Takes the report, a line at a time.
  package init(_ configuration: ServeConfiguration, say: @escaping (String) -> Void) {
    self.configuration = configuration
    self.say = say
  }

  /// Changes to the directory, reads the certificate, looks for the directories and imports the applications.
  /// - Returns: Whether everything is well.
  /// - Throws: ``ServeError`` when nothing further can be looked at.
  package func run() throws(ServeError) -> Bool {
    if let directory = configuration.python.directory { try WorkingDirectory.change(to: directory) }
    note("settings", "\(configuration.findings.count { $0.origin != .standard }) of them given")
    #if TLS
    if let file = configuration.tls.certificateFile {
      attempt("certificate \(file)") { () throws(ServeError) in _ = try Transport(configuration) }
    }
    #endif
    for files in configuration.statics {
      attempt("files \(files.directory) at \(files.point)") { () throws(ServeError) in
        guard let status = FileStatus(path: files.directory) else {
          throw ServeError(.system, "there is no such directory")
        }
        guard status.isDirectory else { throw ServeError(.system, "this is no directory") }
      }
    }
    try checkApplications()
    return failures == 0
  }

  private func checkApplications() throws(ServeError) {
    guard !configuration.mounts.isEmpty else { return }
    try configuration.requireInterpreters()
    let locators = try Applications.locators(configuration)
    let interpreter = try PythonStart.interpreter(configuration)
    note("Python", "\(Interpreter.version)\(configuration.python.virtualEnvironment.map { ", \($0)" } ?? "")")
    if let hooks = configuration.python.hooks {
      attempt("hooks \(hooks)") { () throws(ServeError) in
        let facts = HookFacts(server: getpid(), workerCount: 1, worker: 0, addresses: [])
        try configuration.refuseRequestHooks(try PythonHooks(hooks, facts, interpreter))
      }
    }
    for (mount, locator) in zip(configuration.mounts, locators) {
      attempt("application \(mount.application) at \(mount.point)") { () throws(ServeError) in
        if mount.lane.interpreters == nil {
          try Applications.tryToLoad(locator, interpreter)
        } else {
          try IsolatedApplication.tryToLoad(mount, locator, configuration.proxies)
        }
      }
    }
  }

  private func note(_ what: String, _ text: String) { say("ok      \(what): \(text)") }

  private func attempt(_ what: String, _ body: () throws(ServeError) -> Void) {
    do throws(ServeError) {
      try body()
      say("ok      \(what)")
    } catch {
      failures += 1
      if let traceback = error.traceback {
        say(traceback.hasSuffix("\n") ? String(traceback.dropLast()) : traceback)
      }
      say("FAILED  \(what): \(error.message)")
    }
  }
}
