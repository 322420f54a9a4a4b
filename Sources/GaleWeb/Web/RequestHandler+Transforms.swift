// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleWire

extension RequestHandler {
  /// Has the application's transforms change the head of the answer and what was written so far.
  func transformStart(isLast: Bool) throws {
    guard !application.transforms.isEmpty else { return }
    let transforms = application.transforms.map { $0(request) }
    more.transforms = transforms
    for transform in transforms {
      writeBuffer = try transform.transformFirstChunk(&status, &headers, writeBuffer, isLast: isLast)
    }
  }

  /// Has the application's transforms change a further piece of the body.
  func transformNext(isLast: Bool) throws {
    guard let transforms = extras?.transforms else { return }
    for transform in transforms {
      writeBuffer = try transform.transformChunk(writeBuffer, isLast: isLast)
    }
  }

  /// Whether what is written is not what is sent.
  var isBodyTransformed: Bool { extras?.transforms.contains { $0.changesBody } ?? false }
}
