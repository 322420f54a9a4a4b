// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import CSystem
import Glibc

/// Tells, on a loop, when files change.
///
/// The kernel's notices (inotify) only say that it is time to look; what changed is found by comparing times, sizes
/// and inodes. Where there are no notices it looks at intervals.
package final class FileWatcher {
  private let loop: IOLoop
  private let onChange: ([String]) -> Void
  private let usesNotices: Bool
  private var files: Set<String> = []
  private var trees: [FileTree] = []
  private var snapshot: FileSnapshot
  private var notices: Int32 = -1
  private var noticed: Set<String> = []
  private var poll: PeriodicCallback?
  private var look: TimeoutHandle?

  /// How long after a notice the files are looked at: an editor or a compiler writes more than once.
  private static let quietTime = Duration.milliseconds(50)

  /// - Parameters:
  ///   - interval: How often to look where the kernel gives no notices.
  ///   - usesNotices: Whether to ask the kernel.
  ///   - onChange: Gets the paths of files that came, went or changed.
  package init(
    every interval: Duration, usesNotices: Bool = true, on loop: IOLoop,
    onChange: @escaping ([String]) -> Void
  ) {
    self.loop = loop
    self.onChange = onChange
    self.usesNotices = usesNotices
    snapshot = FileSnapshot(files: [], trees: [])
    if usesNotices { openNotices() }
    if notices < 0 {
      let poll = PeriodicCallback(every: interval, on: loop) { [weak self] in self?.compare() }
      poll.start()
      self.poll = poll
    }
  }

  deinit { if notices >= 0 { _ = gale_close(notices) } }

  /// Watches a file, which need not exist yet.
  package func watch(file path: String) {
    guard files.insert(path).inserted else { return }
    // Only this one: a change of another may be waiting to be noticed.
    snapshot.note(path)
    askForNotices()
  }

  /// Watches the files of a directory and of those below it.
  package func watch(_ tree: FileTree) {
    trees.append(tree)
    takeSnapshot()
  }

  /// Tells nothing any more.
  package func stop() {
    poll?.stop()
    poll = nil
    if let look { loop.removeTimeout(look) }
    look = nil
    guard notices >= 0 else { return }
    loop.removeHandler(notices)
    _ = gale_close(notices)
    notices = -1
  }

  /// Forgets what changed until now.
  package func takeSnapshot() {
    snapshot = FileSnapshot(files: files, trees: trees)
    askForNotices()
  }

  private func openNotices() {
    let descriptor = gale_inotify()
    guard descriptor >= 0 else { return }
    do throws(LoopError) {
      try loop.addHandler(descriptor, events: .read) { [weak self] descriptor, _ in
        guard gale_inotify_drain(descriptor) != 0 else { return }
        self?.lookSoon()
      }
      notices = descriptor
    } catch {
      _ = gale_close(descriptor)
    }
  }

  /// A file is replaced as often as written: its directory is what has to be asked for.
  private func askForNotices() {
    guard notices >= 0 else { return }
    let directories = snapshot.directories + files.map(FileWatcher.directory)
    for directory in directories where !noticed.contains(directory) {
      if unsafe gale_inotify_add(notices, directory) >= 0 { noticed.insert(directory) }
    }
  }

  private static func directory(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  private func lookSoon() {
    guard look == nil else { return }
    look = loop.callLater(FileWatcher.quietTime) { [weak self] in
      self?.look = nil
      self?.compare()
    }
  }

  private func compare() {
    let old = snapshot
    takeSnapshot()
    let changed = snapshot.changes(since: old)
    if !changed.isEmpty { onChange(changed) }
  }
}
