// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import CSystem
import Glibc

/// How files stood at a moment, to be compared with how they stand later.
struct FileSnapshot {
  /// What changes when a file is written or replaced.
  private struct State: Equatable {
    let byteCount: Int64
    let seconds: Int64
    let nanoseconds: Int64
    let inode: UInt64

    init(_ status: gale_file_status) {
      byteCount = status.size
      seconds = status.modified_seconds
      nanoseconds = status.modified_nanoseconds
      inode = status.inode
    }
  }

  private var states: [String: State] = [:]
  /// Every directory that was looked into.
  private(set) var directories: [String] = []

  /// Looks at files, and at the wanted files in and below directories.
  ///
  /// Hidden directories are not looked into; links to directories neither, so that there is no way round in a circle.
  init(files: some Sequence<String>, trees: [FileTree]) {
    for file in files { note(file) }
    for tree in trees { walk(tree.path, tree) }
  }

  /// Files that came, went or changed since `old`, in order of their names.
  func changes(since old: FileSnapshot) -> [String] {
    var changed = states.compactMap { old.states[$0.key] == $0.value ? nil : $0.key }
    changed += old.states.keys.filter { states[$0] == nil }
    return changed.sorted()
  }

  /// Looks at one more file.
  mutating func note(_ path: String) {
    var status = gale_file_status()
    // SAFETY: filled in during the call.
    guard unsafe gale_path_status(path, &status) == 0 else { return }
    states[path] = State(status)
  }

  private mutating func walk(_ directory: String, _ tree: FileTree) {
    directories.append(directory)
    for entry in DirectoryEntry.all(in: directory) {
      let path = "\(directory)/\(entry.name)"
      if entry.isDirectory {
        if !entry.name.hasPrefix("."), tree.descends(entry.name) { walk(path, tree) }
      } else if tree.includes(entry.name) {
        note(path)
      }
    }
  }
}

/// A directory with everything below it, of which some files count.
package struct FileTree: Sendable {
  package let path: String
  /// Ends of the names of files that count; all do when it is empty.
  package let suffixes: [String]
  /// Names of directories below that are left out, besides hidden ones.
  package let excluded: Set<String>

  package init(_ path: String, suffixes: [String] = [], excluding excluded: Set<String> = []) {
    self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    self.suffixes = suffixes
    self.excluded = excluded
  }

  func descends(_ name: String) -> Bool { !excluded.contains(name) }

  func includes(_ name: String) -> Bool {
    suffixes.isEmpty ? !name.hasPrefix(".") : suffixes.contains { name.hasSuffix($0) }
  }
}

/// What stands in a directory.
struct DirectoryEntry {
  let name: String
  let isDirectory: Bool

  static func all(in directory: String) -> [DirectoryEntry] {
    guard let stream = unsafe opendir(directory) else { return [] }
    defer { unsafe closedir(stream) }
    var entries: [DirectoryEntry] = []
    while let entry = unsafe readdir(stream) {
      // SAFETY: the name ends with a NUL within the entry.
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { name in
        unsafe name.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      guard name != ".", name != ".." else { continue }
      let isDirectory = unsafe entry.pointee.d_type == UInt8(DT_DIR)
      entries.append(DirectoryEntry(name: name, isDirectory: isDirectory))
    }
    return entries
  }
}
