// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

public import GaleCore
import Glibc
import Logging

/// Where an access log goes: a file, or one of the standard streams, written by a thread of its own.
///
/// Lines are gathered and written in large pieces, at least once a second. Who adds a line never waits for a disk or a
/// reader: when 8 MiB wait, further lines are dropped. Those that are dropped, or cannot be written, are counted; the
/// log says so once when it begins and once when it is over.
///
/// A file may be put aside at any time: it is opened again when its name leads elsewhere, and when ``reopen()`` is
/// called. Several processes may write to the same file, as each piece consists of whole lines and is appended at once.
public final class LogWriter: Sendable {
  private struct State {
    var lines: [UInt8] = []
    var dropped = 0
    var isStarted = false
    var mustReopen = false
    /// Counts the calls of ``LogWriter/flush()``, and those whose lines are written.
    var flushes = 0
    var flushed = 0
    var isClosed = false
  }

  /// From so many bytes on they are written at once.
  static let pieceByteCount = 64 * 1024
  static let limit = 8 << 20

  /// The file's path, or `standard output` and `standard error`.
  public let name: String
  /// Whether systemd's journal reads it.
  package let takesPriorities: Bool
  private let path: String?
  private let descriptor: Int32
  private let interval: Duration
  private let state = Monitor(State())

  /// Opens a file, to append to it.
  /// - Throws: ``/GaleCore/LogFileError`` with the system's reason.
  public init(path: String) throws(LogFileError) {
    self.path = path
    name = path
    descriptor = try LogDescriptor.open(path)
    interval = .seconds(1)
    takesPriorities = false
  }

  private init(_ descriptor: Int32, _ name: String, takesPriorities: Bool) {
    self.descriptor = descriptor
    self.name = name
    self.takesPriorities = takesPriorities
    path = nil
    // Somebody may be watching.
    interval = .milliseconds(50)
  }

  /// Standard output.
  public static let standardOutput = LogWriter(
    STDOUT_FILENO, "standard output", takesPriorities: Journal.readsStandardOutput)
  /// Standard error.
  public static let standardError = LogWriter(
    STDERR_FILENO, "standard error", takesPriorities: Journal.readsStandardError)

  /// Adds lines, each ended by a line break; from any thread.
  public func write(_ lines: Span<UInt8>) {
    let mustWake = state.withLock { state in
      let before = state.lines.count
      guard before + lines.count <= LogWriter.limit else {
        for at in lines.indices where lines[at] == 0x0A { state.dropped += 1 }
        return false
      }
      unsafe lines.withUnsafeBytes { unsafe state.lines.append(contentsOf: $0) }
      if !state.isStarted {
        state.isStarted = true
        startThread(stackSize: 1 << 18) { [self] in run() }
      }
      return before == 0
        || before < LogWriter.pieceByteCount && state.lines.count >= LogWriter.pieceByteCount
    }
    if mustWake { state.signal() }
  }

  /// Opens the file again under its name, once the lines so far are written; does nothing for a standard stream.
  public func reopen() {
    guard path != nil else { return }
    let mustWake = state.withLock { state in
      guard !state.isClosed else { return false }
      state.mustReopen = true
      guard !state.isStarted else { return true }
      state.isStarted = true
      startThread(stackSize: 1 << 18) { [self] in run() }
      return false
    }
    if mustWake { state.broadcast() }
  }

  /// Waits until every line so far is written, or given up.
  public func flush() {
    let number: Int? = state.withLock { state in
      guard state.isStarted, !state.isClosed else { return nil }
      state.flushes += 1
      return state.flushes
    }
    guard let number else { return }
    state.broadcast()
    state.waitUntil { state in state.flushed >= number || state.isClosed ? () : nil }
  }

  /// Writes what is there, closes the file and ends the thread; nothing may be written afterwards.
  package func close() {
    flush()
    let wasStarted = state.withLock { state in
      defer { state.isClosed = true }
      return state.isStarted
    }
    state.broadcast()
    if !wasStarted, path != nil { _ = Glibc.close(descriptor) }
  }

  // MARK: - The thread

  private struct Work {
    var lines: [UInt8]
    var dropped: Int
    var mustReopen: Bool
    var flushes: Int
    var isClosed: Bool
  }

  private func run() {
    var target = Target(descriptor: descriptor, path: path, name: name)
    var isClosed = false
    while !isClosed {
      let work = nextWork()
      target.lost += work.dropped
      target.write(work.lines, isLast: work.isClosed)
      if work.mustReopen { target.reopen() }
      isClosed = work.isClosed
      let hasWaiters = state.withLock { state in
        state.flushed = max(state.flushed, work.flushes)
        return work.flushes > 0
      }
      if hasWaiters { state.broadcast() }
    }
    if path != nil { _ = Glibc.close(target.descriptor) }
  }

  private func nextWork() -> Work {
    state.waitUntil { state in
      state.lines.isEmpty && !LogWriter.isUrgent(state) && state.dropped == 0 ? nil : ()
    }
    state.wait(for: interval) { LogWriter.isUrgent($0) }
    return state.withLock { state in
      let work = Work(
        lines: state.lines, dropped: state.dropped, mustReopen: state.mustReopen, flushes: state.flushes,
        isClosed: state.isClosed)
      state.lines = []
      state.lines.reserveCapacity(min(work.lines.count, LogWriter.pieceByteCount * 2))
      state.dropped = 0
      state.mustReopen = false
      return work
    }
  }

  private static func isUrgent(_ state: State) -> Bool {
    state.lines.count >= pieceByteCount || state.mustReopen || state.flushes > state.flushed || state.isClosed
  }

  /// What is written to, as the thread knows it.
  private struct Target {
    var descriptor: Int32
    let path: String?
    let name: String
    /// Lines that nobody will see.
    var lost = 0
    private var isFailing = false
    /// Whether the last piece ended inside a line.
    private var isLineOpen = false

    init(descriptor: Int32, path: String?, name: String) {
      self.descriptor = descriptor
      self.path = path
      self.name = name
    }

    mutating func write(_ lines: [UInt8], isLast: Bool) {
      guard !lines.isEmpty || lost > 0 else { return }
      if let path, !LogDescriptor.leads(path, to: descriptor) { reopen() }
      var systemError: Int32 = 0
      for piece in pieces(lines) where systemError == 0 {
        let bytes = isLineOpen ? [0x0A] + piece : Array(piece)
        let (count, number) = LogDescriptor.write(bytes, to: descriptor)
        if count > 0 { isLineOpen = bytes[count - 1] != 0x0A }
        systemError = number
        guard number != 0 else { continue }
        // Whole lines behind the cut one, and that one.
        let written = max(0, count - (bytes.count - piece.count))
        lost += lines[(piece.startIndex + written)...].count { $0 == 0x0A }
      }
      report(systemError)
    }

    /// A pipe takes 4096 bytes in one piece (PIPE_BUF), whoever else writes to it; a file any number.
    private func pieces(_ lines: [UInt8]) -> [ArraySlice<UInt8>] {
      guard path == nil, lines.count > 4096 else { return [lines[...]] }
      var result: [ArraySlice<UInt8>] = []
      var rest = lines[...]
      while rest.count > 4096 {
        let end = rest.prefix(4096).lastIndex(of: 0x0A) ?? rest.firstIndex(of: 0x0A) ?? rest.endIndex - 1
        result.append(rest[...end])
        rest = rest[(end + 1)...]
      }
      if !rest.isEmpty { result.append(rest) }
      return result
    }

    private mutating func report(_ systemError: Int32) {
      if systemError != 0 {
        guard !isFailing else { return }
        isFailing = true
        LoopLog.general.error(
          "Cannot write to \(name): \(LogDescriptor.describe(systemError)); lines are lost until it can be")
      } else if lost > 0 {
        LoopLog.general.warning("\(lost) line\(lost == 1 ? "" : "s") of \(name) were lost")
        lost = 0
        isFailing = false
      }
    }

    mutating func reopen() {
      guard let path else { return }
      do throws(LogFileError) {
        let next = try LogDescriptor.open(path)
        _ = Glibc.close(descriptor)
        descriptor = next
        isLineOpen = false
      } catch {
        // It goes on with the file that it has, wherever that is now.
        guard !isFailing else { return }
        LoopLog.general.error("\(error.description)")
      }
    }
  }
}
