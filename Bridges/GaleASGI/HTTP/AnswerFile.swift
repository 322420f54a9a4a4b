// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import Glibc

/// A file that is sent as an answer; closed with this object.
final class AnswerFile {
  let descriptor: Int32
  let byteCount: Int

  /// Opens a regular file; `nil` when that is not possible.
  init?(_ path: String) {
    // SAFETY: the path ends with a zero byte for the call.
    descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    var status = stat()
    // SAFETY: `status` is filled by the call.
    guard descriptor >= 0, unsafe fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      if descriptor >= 0 { close(descriptor) }
      return nil
    }
    byteCount = Int(status.st_size)
  }

  deinit { close(descriptor) }
}

#endif
