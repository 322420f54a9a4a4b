// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleLoop
import Glibc

/// What a process uses, as the system knows it (proc(5)).
struct ProcessUsage {
  let residentByteCount: Int
  /// Seconds of processor time, its own and the kernel's for it.
  let processorSeconds: Double

  /// `nil` when there is no such process.
  init?(pid: Int) {
    guard let memory = Self.read("/proc/\(pid)/statm"), let times = Self.read("/proc/\(pid)/stat"),
      // The name, in parentheses, may hold anything.
      let end = times.lastIndex(of: ")")
    else { return nil }
    let pages = memory.split(separator: " ")
    let fields = times[times.index(after: end)...].split(separator: " ")
    guard pages.count > 1, let resident = Int(pages[1]), fields.count > 12,
      let user = Int(fields[11]), let system = Int(fields[12])
    else { return nil }
    residentByteCount = resident * Int(sysconf(Int32(_SC_PAGESIZE)))
    processorSeconds = Double(user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
  }

  private static func read(_ path: String) -> String? {
    let descriptor = FileStatus.open(path)
    guard descriptor >= 0 else { return nil }
    defer { System.close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 1024)
    // SAFETY: the array lends its room for the call.
    let count = unsafe bytes.withUnsafeMutableBytes { unsafe System.read(descriptor, at: 0, into: $0) }
    return count > 0 ? String(decoding: bytes[..<count], as: UTF8.self) : nil
  }
}
