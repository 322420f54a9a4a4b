// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleLoop
import GalePython
import Glibc
import Logging

/// The process in which the server's hooks run: a run of the same program, that its supervisor tells what happens.
///
/// So nothing of Python's is in the supervisor, and no hook can hold it up or end it. A line comes for each event, and one
/// goes back when its hook is done. It ends when the supervisor does.
enum HookRunner {
  static let variable = "GALE_HOOK_RUNNER"

  /// What this process is told of the server, if it shall be such a one; taken once.
  static let facts: HookFacts? = {
    guard let text = ProcessEnvironment[variable] else { return nil }
    unsafe unsetenv(variable)
    return HookFacts(text)
  }()

  static func run(_ configuration: ServeConfiguration, _ facts: HookFacts) throws(ServeError) {
    guard let module = configuration.python.hooks else { return }
    // What a hook prints goes where the log goes, and it reads nothing of ours.
    let input = duplicate(STDIN_FILENO)
    let output = duplicate(STDOUT_FILENO)
    _ = dup2(STDERR_FILENO, STDOUT_FILENO)
    let nothing = unsafe open("/dev/null", O_RDONLY | O_CLOEXEC)
    if nothing >= 0 { _ = dup2(nothing, STDIN_FILENO) }
    // A terminal and a service manager tell every process; the supervisor says what is to be done about it.
    for number in [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2] { _ = signal(number) { _ in } }
    _ = signal(SIGPIPE, SIG_IGN)
    try configuration.workers.dropPrivileges()
    let hooks = try PythonHooks(module, facts, try PythonStart.interpreter(configuration))
    hooks.warn(Logger(label: "gale.hooks"))
    send("hooks \(hooks.names.sorted().joined(separator: ","))", to: output)
    var lines = Lines(input)
    while let event = lines.next() {
      do throws(ServeError) {
        try hooks.call(event)
        send("done", to: output)
      } catch {
        Logger(label: "gale.hooks").error("\(error.message)\n\(error.traceback ?? "")")
        send("failed", to: output)
      }
    }
  }

  private static func duplicate(_ descriptor: Int32) -> Int32 { fcntl(descriptor, F_DUPFD_CLOEXEC, 3) }

  private static func send(_ line: String, to descriptor: Int32) {
    var text = line + "\n"
    // SAFETY: the text lends its bytes for the call; lines this short are written whole.
    text.withUTF8 { _ = unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
  }

  /// The lines of a pipe, each when it comes.
  private struct Lines {
    private let descriptor: Int32
    private var bytes: [UInt8] = []

    init(_ descriptor: Int32) { self.descriptor = descriptor }

    mutating func next() -> String? {
      var room = [UInt8](repeating: 0, count: 4096)
      while true {
        if let end = bytes.firstIndex(of: 10) {
          defer { bytes.removeFirst(end + 1) }
          return String(decoding: bytes[..<end], as: UTF8.self)
        }
        // SAFETY: the array lends its room for the call.
        let count = unsafe room.withUnsafeMutableBytes {
          unsafe Glibc.read(descriptor, $0.baseAddress, $0.count)
        }
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { return nil }
        bytes += room[..<count]
      }
    }
  }
}
