// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// Names a request in this process, `LOOP.NUMBER`: the log has it beside an error, so that what a client or
/// another log says of the request can be found again.
public struct RequestID: Hashable, Sendable, CustomStringConvertible {
  /// The server's loop, from 1.
  public let loop: Int
  /// The request on that loop, from 1.
  public let number: Int

  /// The text that logs show.
  public var description: String { "\(loop).\(number)" }
}
