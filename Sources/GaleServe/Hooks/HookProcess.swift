// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleLoop
import Logging

/// The supervisor's end of the process in which the server's hooks run.
///
/// Events go out in their order, and none is waited for but the first and the last. When the process dies it is started
/// again for the next event, also for the last one; what its module had kept is lost then.
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
  /// The start, while it is going on.
  private var starting: Future<Void>?
  /// Nothing is told before it begins, nor after it is over.
  private var isOpen = false
  /// The hooks that the module has, once that is known.
  private var names: Set<String>?

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
      isOpen = true
      try await start("on_starting").get()
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
      isOpen = false
    }
    return hooks
  }

  // MARK: - The process

  /// Starts it, unless that is going on already: done once what waits was sent; lost if it cannot be started.
  ///
  /// - Parameter opening: An event before all others, whose hook has to be done, too.
  private func start(_ opening: String? = nil) -> Future<Void> {
    if let starting { return starting }
    let start = Future<Void>(on: loop) { [self] in
      defer { starting = nil }
      do {
        try await launch(opening)
      } catch {
        backlog = []
        throw error
      }
    }
    starting = start
    return start
  }

  /// Starts it, and waits until it has imported the module.
  private func launch(_ opening: String?) async throws {
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
    let names = Set(words.count > 1 ? words[1].split(separator: ",").map(String.init) : []).intersection(
      PythonHooks.ofServer)
    self.names = names
    isReady = true
    let opened = opening.flatMap { isWanted($0) ? send($0) : nil }
    let waiting = backlog
    backlog = []
    for event in waiting where isWanted(event) { _ = send(event) }
    // Nothing of the server's: whatever else there is, workers call.
    if names.isEmpty { await close() }
    guard let opening, let opened else { return }
    guard try await opened.get() == "done" else {
      throw failure("the hook \(opening) failed; the server does not start")
    }
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
    failReplies()
  }

  private func failReplies() {
    let unanswered = replies
    replies = []
    for reply in unanswered {
      reply.fail(failure("the hooks cannot be called"))
      // Nobody waits for most of them.
      _ = reply.result
    }
  }

  private func failure(_ text: String) -> ServeError { ServeError(.application, text) }

  /// Ends it, and waits for that.
  private func close() async {
    guard let process else { return }
    self.process = nil
    isReady = false
    failReplies()
    process.stdin?.close()
    let timer = loop.callLater(.seconds(5)) { process.kill() }
    _ = try? await process.waitForExit(raiseError: false)
    loop.removeTimeout(timer)
  }

  // MARK: - Events

  private func isWanted(_ event: String) -> Bool {
    guard let names else { return true }
    let name = String(event.prefix { $0 != " " })
    return names.contains(name) || name == "nworkers_changed" && !names.isEmpty
  }

  /// Sends an event; its outcome is the process's own affair.
  private func tell(_ event: String) {
    guard isWanted(event) else { return }
    if isReady {
      _ = send(event)
      return
    }
    backlog.append(event)
    guard isOpen, starting == nil else { return }
    let start = start()
    loop.spawn { [self] in
      do { try await start.get() } catch { log.error("\(error)") }
    }
  }

  /// Sends an event to a process that is ready: what will be the answer.
  private func send(_ event: String) -> Future<String> {
    let reply = Future<String>(on: loop)
    replies.append(reply)
    do throws(StreamError) {
      try process?.stdin?.enqueue(Array((event + "\n").utf8))
    } catch {
      log.error("The hook of \(event) is not called: \(error)")
    }
    return reply
  }

  /// Sends an event behind which there will be none, waits for it as long as it may take, and ends the process.
  ///
  /// A process that died is started for it, unless there never was one that knew its hooks.
  private func last(_ event: String) async {
    if names != nil, isWanted(event) {
      do {
        try await withTimeout(grace, on: loop) { [self] in
          if !isReady { try await start().get() }
          _ = try await send(event).get()
        }
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
