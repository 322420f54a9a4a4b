// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization

/// A log file that is put aside from time to time, like those of Python's `logging.handlers`.
///
/// Each process needs a file of its own, unless others put it aside (`.never` and `.watched`): then processes may share
/// one, as each record is appended in one piece. A record that cannot be written is dropped, and never holds anybody
/// up; how many were dropped is written when there is room again.
public final class LogFile: LogOutput {
  /// The file that is written to.
  public let path: String
  private let rotation: LogRotation
  private let backupCount: Int
  private let state: Mutex<State>
  private let now: @Sendable () -> Int

  private struct State {
    var descriptor: Int32
    var byteCount: Int
    /// When it is put aside next.
    var due: Int
    var droppedCount = 0
  }

  /// Opens a file, to append to it.
  /// - Parameters:
  ///   - path: The file.
  ///   - rotation: When it is put aside.
  ///   - backupCount: How many files that were put aside are kept. With 0, `.size` puts none aside, and
  ///     `.time` keeps all, as in Python.
  /// - Throws: ``LogFileError`` with the system's reason.
  public convenience init(
    path: String, rotation: LogRotation = .never, backupCount: Int = 10
  ) throws(LogFileError) {
    try self.init(path: path, rotation: rotation, backupCount: backupCount) { LogTime.now().seconds }
  }

  init(
    path: String, rotation: LogRotation, backupCount: Int, now: @escaping @Sendable () -> Int
  ) throws(LogFileError) {
    self.path = path
    self.rotation = rotation
    self.backupCount = backupCount
    self.now = now
    let existing = LogFile.status(path)
    var due = Int.max
    if case .time(let time) = rotation { due = time.next(after: existing?.modified ?? now()) }
    let descriptor = try LogDescriptor.open(path)
    state = Mutex(State(descriptor: descriptor, byteCount: existing?.byteCount ?? 0, due: due))
  }

  deinit { state.withLock { _ = close($0.descriptor) } }

  /// Writes a record, after putting the file aside if that is due.
  public func write(_ line: String) {
    let bytes = Array(line.utf8)
    state.withLock { state in
      rotateIfDue(&state, adding: bytes.count)
      var all = bytes
      if state.droppedCount > 0 {
        // The last record may have been cut: this begins a line.
        all = Array("\n(\(state.droppedCount) log records were lost)\n".utf8) + bytes
      }
      if writeAll(all, to: state.descriptor) {
        state.byteCount += all.count
        state.droppedCount = 0
      } else {
        state.droppedCount += 1
      }
    }
  }

  /// Opens the file again under its name, after somebody else has put it aside.
  /// - Throws: ``LogFileError`` with the system's reason; it goes on with the old file then.
  public func reopen() throws(LogFileError) {
    let descriptor = try LogDescriptor.open(path)
    let byteCount = LogFile.status(path)?.byteCount ?? 0
    state.withLock { state in
      _ = close(state.descriptor)
      state.descriptor = descriptor
      state.byteCount = byteCount
    }
  }

  // MARK: - Putting aside

  private func rotateIfDue(_ state: inout State, adding count: Int) {
    switch rotation {
    case .never: return
    case .watched:
      guard !LogDescriptor.leads(path, to: state.descriptor) else { return }
    case .size(let limit):
      guard limit > 0, backupCount > 0, state.byteCount > 0, state.byteCount + count >= limit else { return }
      for number in stride(from: backupCount - 1, to: 0, by: -1) {
        LogFile.move("\(path).\(number)", "\(path).\(number + 1)")
      }
      LogFile.move(path, "\(path).1")
    case .time(let time):
      let now = now()
      guard now >= state.due else { return }
      let name = LogTime.format(time.start(ofPeriodEndingAt: state.due), time.suffixFormat)
      LogFile.move(path, "\(path).\(name)")
      removeOldest(time)
      state.due = time.next(after: now)
    }
    // What cannot be opened is gone on with: records go into the file that was put aside.
    guard let descriptor = try? LogDescriptor.open(path) else { return }
    _ = close(state.descriptor)
    state.descriptor = descriptor
    state.byteCount = LogFile.status(path)?.byteCount ?? 0
  }

  private func removeOldest(_ time: LogRotationTime) {
    guard backupCount > 0 else { return }
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    let directory = parts.count > 1 ? parts.dropLast().joined(separator: "/") + "/" : "./"
    let prefix = "\(parts.last ?? "")."
    let backups = LogFile.names(in: directory).filter { name in
      guard name.hasPrefix(prefix) else { return false }
      return String(name.dropFirst(prefix.count).map { $0.isASCII && $0.isNumber ? "0" : $0 })
        == time.suffixShape
    }
    for name in backups.sorted().dropLast(backupCount) { _ = unsafe unlink(directory + name) }
  }

  // MARK: - The system

  private static func status(_ path: String) -> (byteCount: Int, modified: Int)? {
    var status = stat()
    // SAFETY: filled in during the call.
    guard unsafe stat(path, &status) == 0 else { return nil }
    return (Int(status.st_size), status.st_mtim.tv_sec)
  }

  private static func move(_ old: String, _ new: String) { _ = unsafe rename(old, new) }

  private static func names(in directory: String) -> [String] {
    guard let stream = unsafe opendir(directory) else { return [] }
    defer { unsafe closedir(stream) }
    var names: [String] = []
    while let entry = unsafe readdir(stream) {
      // SAFETY: the name ends with a NUL within the entry.
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { name in
        unsafe name.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      names.append(name)
    }
    return names
  }
}

/// A log file cannot be opened.
public struct LogFileError: Error, Hashable, CustomStringConvertible {
  /// The file.
  public let path: String
  /// The system's error number.
  public let systemError: Int32

  /// The text that logs and messages show.
  public var description: String {
    "cannot open log file \(path): \(LogDescriptor.describe(systemError))"
  }
}
