// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore

/// Splits `host:port`, like Tornado's `split_host_and_port`.
///
/// - Parameter netloc: A host, alone or with a port. An IPv6 address with a port needs its brackets, which the
///   result keeps: `[::1]:80` is `("[::1]", 80)`.
/// - Returns: The host and the port; all of `netloc` and `nil` when it does not end with a port up to 65535.
public func splitHostAndPort(_ netloc: String) -> (host: String, port: Int?) {
  let bytes = netloc.utf8.span
  guard let colon = netloc.utf8.lastIndex(of: ASCII.colon) else { return (netloc, nil) }
  let offset = netloc.utf8.distance(from: netloc.utf8.startIndex, to: colon)
  guard offset > 0, let port = portNumber(bytes, offset &+ 1..<bytes.count) else { return (netloc, nil) }
  // An IPv6 address without brackets has no port: its last group only looks like one.
  let isBracketed = bytes[offset &- 1] == 0x5D
  guard isBracketed || bytes.firstIndex(of: ASCII.colon, in: 0..<offset) == nil else { return (netloc, nil) }
  return (String(netloc[..<colon]), port)
}
