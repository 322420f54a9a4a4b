// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleLoop
import TestSupport
import Testing

@Suite("ioloop: close")
struct LoopCloseTests {
  /// A stream that is still open would close its descriptor's number again when it goes, which may be another's by then.
  @Test(arguments: [true, false]) func `streams close their own descriptors`(_ all: Bool) throws {
    let loop = try IOLoop()
    var streams: [IOStream] = []
    try loop.runSync {
      let (near, far) = try IOStream.pair(on: loop)
      near.setCloseCallback {}
      streams = [near, far]
    }
    loop.close(allDescriptors: all)
    #expect(streams.map(\.isClosed) == [all, false])
  }
}
