// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GalePython

extension PythonObject {
  /// The `bytes` of any iterable of them; a `str` counts as its UTF-8.
  borrowing func items(_ python: borrowing Attached) throws -> [[UInt8]] {
    var items: [[UInt8]] = []
    let iterator = try iterator(python)
    while let item = try iterator.next(python) {
      items.append(item.isString ? Array(try item.string(python).utf8) : try item.bytes(python))
    }
    return items
  }
}

#endif
