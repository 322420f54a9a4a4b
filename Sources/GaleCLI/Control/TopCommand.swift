// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import GaleCore
import GaleServe
import Glibc

/// `gale top`.
struct TopCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "top", abstract: "Watch a server: workers, requests per second, times, memory.",
    discussion: "Rates and times are those of the last interval. q and Ctrl-C end it.")

  @OptionGroup var server: ControlOptions

  @Option(help: ArgumentHelp("How often the numbers are renewed.", valueName: "seconds"))
  var interval = 1.0

  @Flag(help: "Print one interval as plain text, and end.")
  var once = false

  func validate() throws {
    guard (0.1...3600).contains(interval) else {
      throw ValidationError("--interval takes 0.1 to 3600 seconds")
    }
  }

  func run() throws {
    try reporting {
      let client = ControlClient(try server.socketPath)
      var past = ServerView(try client.ask("GET", "/status"))
      if once {
        Terminal.pause(interval)
        let view = ServerView(try client.ask("GET", "/status"))
        print(TopCommand.lines(view, since: past).joined(separator: "\n"))
        return
      }
      guard isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1 else {
        throw ServeError(.setting, "gale top draws on a terminal; use --once elsewhere")
      }
      let terminal = Terminal()
      defer { terminal.restore() }
      while !terminal.hasEnded(within: interval) {
        let view = ServerView(try client.ask("GET", "/status"))
        terminal.show(TopCommand.lines(view, since: past))
        past = view
      }
    }
  }

  /// The screen.
  static func lines(_ view: ServerView, since past: ServerView) -> [String] {
    let seconds = max(0.001, view.now - past.now)
    func rate(_ key: String) -> Double { Double(view.total(key) - past.total(key)) / seconds }
    let errors = Double(view.status("5xx") - past.status("5xx")) / seconds
    let cpu = view.workers.reduce(0.0) { sum, worker in
      sum + worker.cpu - (past.workers.first { $0.pid == worker.pid }?.cpu ?? worker.cpu)
    }
    let memory = view.workers.reduce(0) { $0 + $1.memory }
    let python = view.pythonLines(since: past)
    return [
      "gale top   pid \(view.json["pid"]?.intValue ?? 0)   up \(Text.age(view.now - Double(view.started)))   "
        + "\(view.workers.count) worker\(view.workers.count == 1 ? "" : "s")   "
        + "\(view.json["restarts"]?.intValue ?? 0) restarts",
      "requests   \(Text.rate(rate("requests")))/s   5xx \(Text.rate(errors))/s   "
        + "\(view.total("in_flight")) in flight   \(view.total("connections")) connections",
      "times      \(view.percentiles(since: past))",
      "python     \(python[0])",
      "           \(python[1])",
      "traffic    \(Text.bytes(Int(rate("received"))))/s in   \(Text.bytes(Int(rate("sent"))))/s out",
      "processes  cpu \(Int((cpu / seconds * 100).rounded()))%   memory \(Text.bytes(memory))",
      "",
    ] + view.workerTable(since: past)
  }
}

/// A terminal that is drawn on, and is as before afterwards.
final class Terminal {
  private var before = termios()
  private var isChanged = false
  // nonisolated(unsafe): only the signal's handler sets it.
  nonisolated(unsafe) private static var wasInterrupted: sig_atomic_t = 0

  init() {
    // SAFETY: both structures live for the calls.
    guard unsafe tcgetattr(STDIN_FILENO, &before) == 0 else { return }
    var raw = before
    // A key is there at once, and not shown. Signals stay: Ctrl-C ends, and Ctrl-Z stops.
    raw.c_lflag &= ~tcflag_t(ICANON | ECHO)
    isChanged = unsafe tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0
    for number in [SIGINT, SIGTERM, SIGHUP] {
      _ = signal(number) { _ in unsafe Terminal.wasInterrupted = 1 }
    }
    // Another screen, without a cursor.
    Terminal.write("\u{1B}[?1049h\u{1B}[?25l")
  }

  /// Gives the terminal back.
  func restore() {
    Terminal.write("\u{1B}[?25h\u{1B}[?1049l")
    // SAFETY: as above.
    if isChanged { _ = unsafe tcsetattr(STDIN_FILENO, TCSANOW, &before) }
  }

  /// Draws lines from the top, as many and as much of each as there is room for.
  func show(_ lines: [String]) {
    var size = winsize()
    // SAFETY: filled in during the call.
    let isKnown = unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_row > 0
    let (rows, columns) = isKnown ? (Int(size.ws_row), Int(size.ws_col)) : (24, 80)
    var text = "\u{1B}[H"
    for line in lines.prefix(rows - 1) { text += line.prefix(columns) + "\u{1B}[K\r\n" }
    Terminal.write(text + "\u{1B}[J")
  }

  /// Waits; whether somebody wants an end.
  func hasEnded(within seconds: Double) -> Bool {
    var input = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
    // SAFETY: filled in during the call.
    let count = unsafe poll(&input, 1, Int32(seconds * 1000))
    if unsafe Terminal.wasInterrupted != 0 { return true }
    guard count > 0 else { return false }
    var keys: [UInt8] = [0, 0, 0, 0]
    // SAFETY: the array lends its room for the call.
    let read = unsafe keys.withUnsafeMutableBytes {
      unsafe Glibc.read(STDIN_FILENO, $0.baseAddress, $0.count)
    }
    return read <= 0 || keys.prefix(read).contains { [0x71, 0x51, 0x03].contains($0) }
  }

  /// Holds the command up.
  static func pause(_ seconds: Double) { _ = usleep(UInt32(seconds * 1_000_000)) }

  private static func write(_ text: String) {
    var text = text
    // SAFETY: the text is lent for the call.
    text.withUTF8 { _ = unsafe Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
  }
}
