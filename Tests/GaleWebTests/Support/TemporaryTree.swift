// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization

/// A directory of files that goes away with the object.
final class TemporaryTree: Sendable {
  let path: String
  /// What was made in it, in order.
  private let made = Mutex<[String]>([])

  init() throws {
    var template = Array("/tmp/gale-web-tests-XXXXXX".utf8CString)
    // SAFETY: the array holds the NUL-terminated template that mkdtemp fills in.
    guard let made = unsafe mkdtemp(&template) else { throw TestFailure("mkdtemp failed") }
    path = unsafe String(cString: made)
  }

  deinit {
    for name in made.withLock({ $0.reversed() }) { unsafe remove("\(path)/\(name)") }
    unsafe rmdir(path)
  }

  func makeDirectory(_ name: String) throws {
    guard unsafe mkdir("\(path)/\(name)", 0o755) == 0 else { throw TestFailure("mkdir \(name)") }
    made.withLock { $0.append(name) }
  }

  func write(_ text: String, to name: String) throws { try write(Array(text.utf8), to: name) }

  func write(_ bytes: [UInt8], to name: String) throws {
    let descriptor = unsafe open("\(path)/\(name)", O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    guard descriptor >= 0 else { throw TestFailure("cannot write \(name)") }
    made.withLock { $0.append(name) }
    defer { close(descriptor) }
    var rest = bytes[...]
    while !rest.isEmpty {
      // SAFETY: the array lends its bytes for the call.
      let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
      guard count > 0 else { throw TestFailure("cannot write \(name)") }
      rest = rest.dropFirst(count)
    }
  }

  func link(_ name: String, to target: String) throws {
    guard unsafe symlink(target, "\(path)/\(name)") == 0 else { throw TestFailure("symlink \(name)") }
    made.withLock { $0.append(name) }
  }

  func makeFIFO(_ name: String) throws {
    guard unsafe mkfifo("\(path)/\(name)", 0o644) == 0 else { throw TestFailure("mkfifo \(name)") }
    made.withLock { $0.append(name) }
  }

  func setMode(_ name: String, _ mode: mode_t) { _ = unsafe chmod("\(path)/\(name)", mode) }

  func truncate(_ name: String, to size: Int) { _ = unsafe Glibc.truncate("\(path)/\(name)", size) }

  /// Sets the time of the last change, in seconds since 1970.
  func setModified(_ name: String, _ seconds: Int) {
    let times = [timeval(tv_sec: seconds, tv_usec: 0), timeval(tv_sec: seconds, tv_usec: 0)]
    _ = unsafe utimes("\(path)/\(name)", times)
  }
}
