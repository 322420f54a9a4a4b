// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleLoop
import Glibc

/// What `ps` shows of a process: a title in place of its command line.
enum ProcessTitle {
  /// Writes the title over the command line, as much of it as there is room for; `top` and `pstree` show its beginning.
  ///
  /// Does nothing where the kernel does not say where that is.
  static func set(_ title: String) {
    // Both are read late: from now on they would be the title.
    _ = System.commandLine
    _ = CommandLine.arguments
    setName(title)
    guard let area = argumentArea() else { return }
    let text = Array(title.utf8.prefix(area.count - 1))
    // SAFETY: the kernel says that the arguments are there, where the process may write; nobody else reads them any more.
    guard let memory = unsafe UnsafeMutablePointer<UInt8>(bitPattern: area.lowerBound) else { return }
    for index in 0..<area.count { unsafe memory[index] = index < text.count ? text[index] : 0 }
  }

  /// The short name beside it, which the kernel cuts after 15 bytes.
  private static func setName(_ title: String) {
    let descriptor = unsafe open("/proc/self/comm", O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    var title = title
    // SAFETY: the text lends its bytes for the call.
    title.withUTF8 { _ = unsafe write(descriptor, $0.baseAddress, $0.count) }
    close(descriptor)
  }

  /// Where the arguments lie (proc_pid_stat(5), fields 48 and 49).
  private static func argumentArea() -> Range<UInt>? {
    guard let text = try? FileText.read("/proc/self/stat"),
      // The second field is a name that may contain anything.
      let rest = text.lastIndex(of: ")").map({ text[text.index(after: $0)...] })
    else { return nil }
    let fields = rest.split(whereSeparator: { $0 == " " || $0 == "\n" })
    guard fields.count > 46, let start = UInt(fields[45]), let end = UInt(fields[46]), start > 0,
      end > start + 1,
      end - start < 1 << 21
    else { return nil }
    return start..<end
  }
}
