// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleLoop
import Logging

/// The supervisor's end of the process in which the server's hooks run.
///
/// Events go out in their order, and none is waited for but the first and the last. When the process dies it is started
/// again for the next event; what its module had kept is lost then.
final class HookProcess {
  private var facts: HookFacts
  private let grace: Duration
  private let loop: IOLoop
  private let log = Logger(label: "gale.hooks")
  private var process: Subprocess?
  /// For what was sent and is not answered.
  private var replies: [Future<String>] = []
  /// What is to be sent once the process is there.
  private var backlog: [String] = []
  private var isReady = false
  private var isStarting = false
  private var isClosed = false
  private var names = PythonHooks.ofServer

  /// - Parameter grace: How long the last hook may take.
  init(_ facts: HookFacts, grace: Duration, on loop: IOLoop) {
    self.facts = facts
    self.grace = grace
    self.loop = loop
  }

  /// What the supervisor calls.
  var hooks: SupervisorHooks {
    var hooks = SupervisorHooks()
    hooks.starting = { [self] in
      try await start()
      try await call("on_starting")
    }
    hooks.ready = { [self] in tell("when_ready") }
    hooks.reloading = { [self] in tell("on_reload") }
    hooks.workerEnded = { [self] worker, status in tell("child_exit \(worker.number) \(worker.pid) \(status)")
    }
    hooks.workerCountChanged = { [self] count, before in
      facts.workerCount = count
      tell("nworkers_changed \(count) \(before)")
    }
    hooks.upgrading = { [self] in await last("pre_exec") }
    hooks.ending = { [self] in
      await last("on_exit")
      isClosed = true
    }
    return hooks
  }

  // MARK: - The process

  /// Starts it, and waits until it has imported the module.
  private func start() async throws {
    isStarting = true
    defer { isStarting = false }
    var configuration = Subprocess.Configuration()
    configuration.additionalEnvironment = [HookRunner.variable: facts.text]
    let process = try Subprocess(
      System.commandLine, executable: Supervisor.ownPath, stdin: .stream, stdout: .stream,
      configuration: configuration, on: loop)
    self.process = process
    let greeting = Future<String>(on: loop)
    replies = [greeting]
    loop.spawn { [self] in await listen(process) }
    let words = try await greeting.get().split(separator: " ")
    guard words.first == "hooks" else { throw failure("the process of the hooks cannot be understood") }
    names = Set(words.count > 1 ? words[1].split(separator: ",").map(String.init) : []).intersection(
      PythonHooks.ofServer)
    isReady = true
    let waiting = backlog
    backlog = []
    for event in waiting { tell(event) }
    // Nothing of the server's: whatever else there is, workers call.
    if names.isEmpty { await close() }
  }

  private func listen(_ process: Subprocess) async {
    while let line = try? await process.stdout?.read(until: [10], limit: 65536) {
      guard !replies.isEmpty else { continue }
      replies.removeFirst().fulfil(String(decoding: line.dropLast(), as: UTF8.self))
    }
    let status = (try? await process.waitForExit(raiseError: false)) ?? 0
    guard self.process === process else { return }
    self.process = nil
    let wasReady = isReady
    isReady = false
    if wasReady { log.error("The process of the hooks \(describeExit(status))") }
    let unanswered = replies
    replies = []
    for reply in unanswered { reply.fail(failure("the hooks cannot be called")) }
  }

  private func failure(_ text: String) -> ServeError { ServeError(.application, text) }

  /// Ends it, and waits for that.
  private func close() async {
    guard let process else { return }
    self.process = nil
    isReady = false
    process.stdin?.close()
    let timer = loop.callLater(.seconds(5)) { process.kill() }
    _ = try? await process.waitForExit(raiseError: false)
    loop.removeTimeout(timer)
  }

  // MARK: - Events

  private func isWanted(_ event: String) -> Bool {
    let name = String(event.prefix { $0 != " " })
    return names.contains(name) || name == "nworkers_changed" && !names.isEmpty
  }

  /// Sends an event; its outcome is the process's own affair.
  private func tell(_ event: String) {
    guard isWanted(event), !isClosed else { return }
    if isReady { return send(event, Future(on: loop)) }
    backlog.append(event)
    guard !isStarting else { return }
    loop.spawn { [self] in
      do { try await start() } catch { log.error("\(error)") }
    }
  }

  private func send(_ event: String, _ reply: Future<String>) {
    replies.append(reply)
    do throws(StreamError) {
      try process?.stdin?.enqueue(Array((event + "\n").utf8))
    } catch {
      log.error("The hook of \(event) is not called: \(error)")
    }
  }

  /// Sends an event and waits until its hook is done.
  private func call(_ event: String) async throws {
    guard isWanted(event), isReady else { return }
    let reply = Future<String>(on: loop)
    send(event, reply)
    guard try await reply.get() == "done" else {
      throw failure("the hook \(event) failed; the server does not start")
    }
  }

  /// Sends an event behind which there will be none, waits for it as long as it may take, and ends the process.
  private func last(_ event: String) async {
    if isWanted(event), isReady {
      let reply = Future<String>(on: loop)
      send(event, reply)
      do {
        _ = try await withTimeout(grace, reply, on: loop)
      } catch {
        log.error("The hook \(event) does not come back: \(error)")
      }
    }
    await close()
  }
}

private func describeExit(_ status: Int32) -> String {
  status < 0 ? "was ended by signal \(-status)" : "ended with status \(status)"
}
