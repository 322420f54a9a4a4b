// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import Glibc

/// A file without a name, for what is too much for memory; it ends with this object.
///
/// It lies in `$TMPDIR`, or `/tmp`.
@safe
final class TemporaryFile {
  private let descriptor: Int32
  /// How much was appended.
  private(set) var byteCount = 0

  /// Makes one; `nil` when the system refuses.
  init?() {
    // SAFETY: the text is copied at once.
    let directory = unsafe getenv("TMPDIR").map { unsafe String(cString: $0) } ?? ""
    // A name that nobody can have made before: O_EXCL refuses what is there, links too.
    let path = "\(directory.isEmpty ? "/tmp" : directory)/gale-\(UInt64.random(in: 0 ... .max))"
    descriptor = unsafe open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { return nil }
    _ = unsafe unlink(path)
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Adds bytes at the end; `false` when there is no room.
  func append(_ bytes: UnsafeRawBufferPointer) -> Bool {
    var written = 0
    while written < bytes.count {
      // SAFETY: the rest of the caller's bytes.
      let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[written...])
      let count = unsafe pwrite(descriptor, rest.baseAddress, rest.count, off_t(byteCount))
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      written += count
      byteCount += count
    }
    return true
  }

  /// At most `count` bytes from `offset` on; `nil` at the end and when the disk fails.
  func read(at offset: Int, upTo count: Int) -> [UInt8]? {
    guard offset < byteCount else { return nil }
    // SAFETY: no more is read than there is room for, and what was read is initialized.
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: min(count, byteCount - offset)) { room, taken in
      var result = 0
      repeat {
        result = unsafe pread(descriptor, room.baseAddress, room.count, off_t(offset))
      } while result < 0 && errno == EINTR
      taken = max(0, result)
    }
    return bytes.isEmpty ? nil : bytes
  }
}

#endif
