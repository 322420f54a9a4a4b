// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleLoop
import Glibc

/// Where control sockets are, for those who make them and those who look for them.
package enum ControlPath {
  static let suffix = ".control"

  /// The directory for the sockets of this user: `$XDG_RUNTIME_DIR/gale`, or `/run/gale` for root.
  package static var directory: String? {
    if let runtime = ProcessEnvironment["XDG_RUNTIME_DIR"], runtime.hasPrefix("/") {
      return runtime + "/gale"
    }
    return geteuid() == 0 ? "/run/gale" : nil
  }

  /// Beside the file for the process id: `shop.control` for `shop.pid`.
  package static func beside(pidFile: String) -> String {
    (pidFile.hasSuffix(".pid") ? String(pidFile.dropLast(4)) : pidFile) + suffix
  }

  /// Where a server makes its socket; `nil` when it is to have none, or there is no place for one.
  static func choose(_ control: WatchSettings.Control, pidFile: String?) -> String? {
    switch control {
    case .none: return nil
    case .path(let path): return path
    case .standard:
      if let pidFile { return beside(pidFile: pidFile) }
      guard let directory else { return nil }
      _ = unsafe mkdir(directory, 0o700)
      return "\(directory)/\(getpid())\(suffix)"
    }
  }

  /// The sockets in the directory for this user's.
  package static var known: [String] {
    guard let directory, let stream = unsafe opendir(directory) else { return [] }
    defer { unsafe closedir(stream) }
    var names: [String] = []
    while let entry = unsafe readdir(stream) {
      // SAFETY: the name ends with a NUL within the entry.
      let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { name in
        unsafe name.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
      }
      if name.hasSuffix(suffix) { names.append("\(directory)/\(name)") }
    }
    return names.sorted()
  }
}
