// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if TLS

import CSystem
import Glibc

/// The kernel's own encryption of connections (kTLS).
enum KernelTLS {
  /// Whether this kernel has it; a container's may not.
  static let isAvailable = gale_has_kernel_tls() == 1

  private static let ignored: Int32 = gale_signal_ignore(SIGPIPE)

  /// The kernel's path has no MSG_NOSIGNAL: the error number says enough.
  static func ignoreBrokenPipes() { _ = ignored }
}

#endif
