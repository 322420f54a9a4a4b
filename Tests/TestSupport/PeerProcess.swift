// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

/// A program that runs beside a test as its peer, and ends with it.
package final class PeerProcess: Sendable {
  private let process: Mutex<Process>
  private let output = Mutex<(bytes: [UInt8], hasEnded: Bool)>(([], false))

  /// Starts a program that is looked for on the PATH.
  package init(_ command: [String], in directory: String) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = command
    process.currentDirectoryURL = URL(fileURLWithPath: directory)
    process.standardInput = FileHandle.nullDevice
    let pipe = Pipe()
    process.standardOutput = pipe
    process.standardError = pipe
    self.process = Mutex(process)
    try self.process.withLock { try $0.run() }
    let handle = pipe.fileHandleForReading
    Thread.detachNewThread { [weak self] in
      while case let bytes = handle.availableData, !bytes.isEmpty {
        self?.output.withLock { $0.bytes += [UInt8](bytes) }
      }
      self?.output.withLock { $0.hasEnded = true }
    }
  }

  /// It may have been started on a thread that blocks SIGTERM, and would then block it, too.
  deinit { process.withLock { if $0.isRunning { kill($0.processIdentifier, SIGKILL) } } }

  /// What it has said so far.
  package var text: String { output.withLock { String(decoding: $0.bytes, as: UTF8.self) } }

  /// Whether it has said its last word.
  package var hasEnded: Bool { output.withLock { $0.hasEnded } }

  package var isRunning: Bool { process.withLock { $0.isRunning } }
}
