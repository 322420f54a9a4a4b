// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

/// A program that runs beside a test as its peer, and ends with it.
package final class PeerProcess: Sendable {
  private let process: Mutex<Process>
  private let output = Mutex<[UInt8]>([])

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
        self?.output.withLock { $0 += [UInt8](bytes) }
      }
    }
  }

  deinit { process.withLock { if $0.isRunning { $0.terminate() } } }

  /// What it has said so far.
  package var text: String { output.withLock { String(decoding: $0, as: UTF8.self) } }

  package var isRunning: Bool { process.withLock { $0.isRunning } }
}
