// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if TLS

import CSystem
import Glibc

/// The kernel's own encryption of connections (kTLS).
enum KernelTLS {
  /// Whether this kernel has it; a container's may not.
  ///
  /// A socket without a connection is refused for that only by a kernel that knows what was asked for.
  static let isAvailable: Bool = {
    let descriptor = gale_socket(4, Int32(SOCK_STREAM.rawValue))
    defer { _ = gale_close(descriptor) }
    return gale_enable_kernel_tls(descriptor) == -ENOTCONN
  }()

  /// Makes a connection ready for keys.
  ///
  /// Returns whether it is one that the kernel can encrypt.
  static func enable(_ descriptor: Int32) -> Bool {
    // The kernel's path has no MSG_NOSIGNAL: the error number says enough.
    isAvailable && ignored == 0 && gale_enable_kernel_tls(descriptor) == 0
  }

  /// 0 once SIGPIPE is ignored.
  private static let ignored: Int32 = gale_signal_ignore(SIGPIPE)
}

#endif
