// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import CSystem
import Glibc

extension System {
  /// The command line that started this process, its name first, as the kernel has it.
  ///
  /// The standard library finds the same beside the environment's variables, and nothing once somebody has moved
  /// those: Python does when it chooses a locale, which can be before this program, as one of its modules, is there.
  package static let commandLine: [String] = {
    let descriptor = unsafe gale_open_read("/proc/self/cmdline")
    guard descriptor >= 0 else { return CommandLine.arguments }
    defer { Glibc.close(descriptor) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while true {
      // SAFETY: the array is lent for the call, which fills in at most what it has room for.
      let count = unsafe chunk.withUnsafeMutableBytes {
        unsafe Glibc.read(descriptor, $0.baseAddress, $0.count)
      }
      guard count > 0 else { break }
      bytes += chunk[..<count]
    }
    let words = bytes.dropLast().split(separator: 0, omittingEmptySubsequences: false)
    return bytes.isEmpty ? CommandLine.arguments : words.map { String(decoding: $0, as: UTF8.self) }
  }()
}
