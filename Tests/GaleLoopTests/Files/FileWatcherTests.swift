// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import TestSupport
import Testing

@testable import GaleLoop

@Suite("files: watcher")
struct FileWatcherTests {
  /// Has `act` change something, and returns what was told.
  private func changes(
    notices: Bool, suffixes: [String] = [],
    prepare: (TemporaryDirectory) throws -> Void = { _ in },
    _ act: @escaping (TemporaryDirectory) throws -> Void
  ) throws -> [String] {
    let directory = try TemporaryDirectory()
    try prepare(directory)
    return try runLoop { loop in
      var told: [String] = []
      let watcher = FileWatcher(every: .milliseconds(5), usesNotices: notices, on: loop) { told += $0 }
      watcher.watch(FileTree(directory.path("."), suffixes: suffixes, excluding: ["left-out"]))
      try act(directory)
      // The last change: when it is told, so is everything before it.
      try write(directory, "zzz" + (suffixes.first ?? ""), "end")
      try await loop.wait { told.contains { $0.contains("zzz") } }
      watcher.stop()
      return told.filter { !$0.contains("zzz") }.map { String($0.dropFirst(directory.path(".").count + 1)) }
    }
  }

  private func write(_ directory: TemporaryDirectory, _ name: String, _ text: String) throws {
    let file = unsafe open(directory.path(name), O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    defer { close(file) }
    try #require(writeNow(file, text) == text.utf8.count)
  }

  @Test(arguments: [true, false])
  func `tells of files that came, changed and went`(_ notices: Bool) throws {
    let told = try changes(notices: notices) { directory in
      try write(directory, "changed", "1")
      try write(directory, "gone", "1")
      try write(directory, "same", "1")
    } _: { directory in
      try write(directory, "changed", "22")
      unsafe unlink(directory.path("gone"))
      try write(directory, "new", "1")
    }
    #expect(told == ["changed", "gone", "new"])
  }

  @Test(arguments: [true, false])
  func `a file that is replaced has changed`(_ notices: Bool) throws {
    let told = try changes(notices: notices) { directory in
      try write(directory, "file", "1")
    } _: { directory in
      try write(directory, ".file.swp", "1")
      unsafe rename(directory.path(".file.swp"), directory.path("file"))
    }
    #expect(told == ["file"])
  }

  @Test(arguments: [true, false])
  func `looks into directories, also new ones, save hidden ones and those left out`(_ notices: Bool) throws {
    let told = try changes(notices: notices, suffixes: [".swift"]) { directory in
      for name in ["a", ".hidden", "left-out"] { unsafe mkdir(directory.path(name), 0o755) }
    } _: { directory in
      for name in ["a", ".hidden", "left-out"] { try write(directory, "\(name)/x.swift", "1") }
      try write(directory, "a/x.txt", "1")
      unsafe mkdir(directory.path("a/b"), 0o755)
      try write(directory, "a/b/y.swift", "1")
    }
    #expect(told == ["a/b/y.swift", "a/x.swift"])
  }
}
