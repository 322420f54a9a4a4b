// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// How much of a message a reader takes before it refuses the rest.
///
/// Counts are bytes.
public struct HTTPLimits: Sendable, Hashable {
  /// The request line, without its CRLF; more is answered 414.
  public var requestLine = 8 * 1024
  /// One field line; more is answered 431.
  public var fieldLine = 16 * 1024
  /// Request line and field lines together; more is answered 431.
  public var head = 64 * 1024
  /// How many field lines; more is answered 431.
  public var fieldCount = 128
  /// The body; more is answered 413.
  public var body = 100 * 1024 * 1024
  /// One line of a chunk's size with its extensions.
  public var chunkLine = 256
  /// All chunk extensions of a body together.
  public var chunkExtensions = 16 * 1024
  /// All trailer fields of a body together.
  public var trailers = 8 * 1024
  /// How many trailer fields.
  public var trailerCount = 32

  /// The defaults above.
  public init() {}
}
