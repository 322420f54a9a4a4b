// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import CSystem
import Glibc

/// A pipe's end, in one direction: Tornado's `PipeIOStream`.
public final class PipeIOStream: IOStream {
  public override init(descriptor: Int32, on loop: IOLoop = .current) {
    super.init(descriptor: descriptor, on: loop)
    _ = gale_signal_ignore(SIGPIPE)  // write(2) has no MSG_NOSIGNAL: the error number says enough.
  }

  public override func readFromDescriptor(_ bytes: UnsafeMutableRawBufferPointer) -> Int {
    unsafe gale_read(descriptor, bytes.baseAddress, bytes.count)
  }

  public override func writeToDescriptor(_ bytes: UnsafeRawBufferPointer) -> Int {
    unsafe gale_write(descriptor, bytes.baseAddress, bytes.count)
  }

  public override func closeDescriptor(_ descriptor: Int32, isReset: Bool) { _ = gale_close(descriptor) }

  /// A pipe keeps no error: reading and writing say it.
  public override func descriptorError() -> Int32 { 0 }
}
