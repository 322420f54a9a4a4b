// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleLoop

/// A file that is sent as an answer; closed with this object.
final class AnswerFile {
  let descriptor: Int32
  let byteCount: Int

  /// Opens a regular file; `nil` when that is not possible.
  init?(_ path: String) {
    descriptor = FileStatus.open(path)
    guard descriptor >= 0 else { return nil }
    guard let status = FileStatus(descriptor: descriptor), status.isRegular else {
      System.close(descriptor)
      return nil
    }
    byteCount = status.byteCount
  }

  deinit { System.close(descriptor) }
}

#endif
