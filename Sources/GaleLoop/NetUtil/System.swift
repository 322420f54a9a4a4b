// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import CSystem
import Glibc

/// What the targets above the loop ask of the system: the loop is the only one that calls it.
package enum System {
  /// The wall clock in Unix seconds, right to a few milliseconds.
  package static var wallSeconds: Int { Int(gale_wall_seconds()) }

  /// The monotonic clock.
  package static var monotonicNanoseconds: Int64 { gale_monotonic_nanoseconds() }

  /// How many descriptors the process may have open.
  package static var descriptorLimit: Int { Int(gale_descriptor_limit(0)) }

  /// The process's resident memory in bytes.
  package static var residentByteCount: Int { Int(gale_resident_bytes()) }

  /// Has writes to closed connections fail instead of ending the process: sendfile has no flag for it.
  package static func ignoreBrokenPipes() { _ = gale_signal_ignore(SIGPIPE) }

  /// A descriptor on which nothing ever happens, for streams that are none of the kernel's: an epoll of nothing.
  package static func inertDescriptor() throws(LoopError) -> Int32 {
    try LoopError.check(gale_epoll_create(), "epoll_create1")
  }

  /// Reads a part of a file: the count, 0 at its end, −errno.
  package static func read(_ descriptor: Int32, at offset: Int64, into bytes: UnsafeMutableRawBufferPointer)
    -> Int
  {
    let count = unsafe pread(descriptor, bytes.baseAddress, bytes.count, off_t(offset))
    return count < 0 ? -Int(errno) : count
  }

  /// Holds the calling thread up.
  package static func pause(_ duration: Duration) {
    let nanoseconds = duration.clampedNanoseconds
    var time = timespec(tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
    // SAFETY: reads the structure that it is given.
    _ = unsafe nanosleep(&time, nil)
  }

  /// The wall clock in nanoseconds since 1970.
  package static var wallNanoseconds: Int64 { gale_wall_nanoseconds() }

  /// The value of an environment variable.
  package static func environment(_ name: String) -> String? { ProcessEnvironment[name] }

  /// Fills `bytes` from a file, from `offset` on; `false` when there are fewer, or they cannot be read.
  package static func readAll(
    _ descriptor: Int32, into bytes: UnsafeMutableRawBufferPointer, at offset: Int64
  ) -> Bool {
    var done = 0
    while done < bytes.count {
      let count = unsafe pread(
        descriptor, bytes.baseAddress.map { unsafe $0 + done }, bytes.count - done, Int(offset) + done)
      guard count > 0 else {
        if count < 0, errno == EINTR { continue }
        return false
      }
      done += count
    }
    return true
  }

  /// Closes a descriptor.
  package static func close(_ descriptor: Int32) { _ = gale_close(descriptor) }
}

/// What a file is, as the system knows it.
package struct FileStatus: Sendable, Hashable {
  package let byteCount: Int
  package let modifiedSeconds: Int
  package let modifiedNanoseconds: Int
  package let inode: UInt64
  package let isRegular: Bool
  package let isDirectory: Bool

  private init(_ raw: gale_file_status) {
    byteCount = Int(raw.size)
    modifiedSeconds = Int(raw.modified_seconds)
    modifiedNanoseconds = Int(raw.modified_nanoseconds)
    inode = raw.inode
    isRegular = raw.is_regular != 0
    isDirectory = raw.is_directory != 0
  }

  /// What `path` leads to; `nil` when it leads nowhere.
  package init?(path: String) {
    var raw = gale_file_status()
    // SAFETY: the structure is filled in during the call.
    guard unsafe gale_path_status(path, &raw) == 0 else { return nil }
    self.init(raw)
  }

  /// What an open descriptor is.
  package init?(descriptor: Int32) {
    var raw = gale_file_status()
    // SAFETY: as above.
    guard unsafe gale_file_status(descriptor, &raw) == 0 else { return nil }
    self.init(raw)
  }

  /// Opens a file for reading, without waiting for anything that is none.
  /// - Returns: The descriptor, or −errno.
  package static func open(_ path: String) -> Int32 { unsafe gale_open_read(path) }

  /// Opens a file for reading if no part of its path is a symbolic link.
  /// - Returns: The descriptor, or −errno: −ELOOP at a link, −ENOSYS where the kernel cannot tell (before Linux 5.6).
  package static func openWithoutLinks(_ path: String) -> Int32 { unsafe gale_open_read_without_links(path) }
}
