// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization

/// The directory in which received files lie.
final class Folder: Sendable {
  private let url: URL

  init(_ path: String) throws {
    url = URL(fileURLWithPath: path, isDirectory: true)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  /// What a file that the client called `text` is called here; `nil` when there is no telling.
  ///
  /// Nothing that a client says is a path: only the last part of it counts, and that cannot lead anywhere.
  static func name(_ text: String) -> String? {
    let last = text.split(omittingEmptySubsequences: false) { $0 == "/" || $0 == "\\" }.last ?? ""
    let isPlain = last.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
    guard isPlain, !last.isEmpty, !last.hasPrefix("."), last.utf8.count <= 200 else { return nil }
    return String(last)
  }

  /// Begins a file, which has its name once it is complete.
  func begin(_ name: String) throws -> Upload {
    let part = url.appendingPathComponent(".\(UInt64.random(in: 0 ... .max)).part")
    guard FileManager.default.createFile(atPath: part.path, contents: nil) else {
      throw CocoaError(.fileWriteUnknown)
    }
    return Upload(try FileHandle(forWritingTo: part), part, url.appendingPathComponent(name))
  }
}

/// A file that is being received; what there is of it goes away when it is not finished.
final class Upload: Sendable {
  private let file: FileHandle
  private let part: URL
  private let destination: URL
  private let isFinished = Mutex(false)

  init(_ file: FileHandle, _ part: URL, _ destination: URL) {
    self.file = file
    self.part = part
    self.destination = destination
  }

  deinit {
    try? file.close()
    if !isFinished.withLock({ $0 }) { try? FileManager.default.removeItem(at: part) }
  }

  func write(_ bytes: [UInt8]) throws { try file.write(contentsOf: bytes) }

  /// Gives the file its name, in the place of one that had it.
  func finish() throws {
    try file.close()
    // rename(2): there is no moment without the file.
    guard unsafe rename(part.path, destination.path) == 0 else { throw CocoaError(.fileWriteUnknown) }
    isFinished.withLock { $0 = true }
  }
}
