// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// How a server speaks HTTP/2 (RFC 9113).
///
/// Limits of a message and time-outs are those of ``HTTPServerConfiguration``, for each stream where HTTP/1 has
/// them for each connection. Without the package's trait `HTTP2` nothing of this has an effect.
public struct HTTP2Configuration: Sendable {
  /// Whether it is spoken at all: offered to clients over TLS (ALPN `h2`), understood without (prior knowledge).
  public var isEnabled = true
  /// How many requests of a connection may be open at once; more are refused unseen.
  public var maxConcurrentStreams = 100
  /// How many bytes of a body a client may send before the application has taken them.
  public var streamWindowByteCount = 256 * 1024
  /// How many bytes of all bodies of a connection a client may send ahead, and how many may wait in memory because
  /// the application does not take them.
  public var connectionWindowByteCount = 1024 * 1024
  /// How many bytes of answers may wait for a connection's client; new requests are refused then.
  public var unsentByteCount = 16 * 1024 * 1024
  /// For how long a connection is used for new requests; `nil` for no limit.
  public var maxConnectionAge: Duration?
  /// How many CONTINUATION frames a header block may have.
  public var continuationCount = 5
  /// How many streams a client may cancel within ``floodInterval`` (rapid reset).
  public var resetCount = 200
  /// How many streams a client may make the server cancel within ``floodInterval`` (MadeYouReset).
  public var streamErrorCount = 200
  /// How many frames that carry nothing of a message a client may send within ``floodInterval``.
  ///
  /// PING, SETTINGS, PRIORITY, WINDOW_UPDATE, empty DATA. Requests and data that is sent allow for
  /// more.
  public var controlFrameCount = 1000
  /// The time to which these counts apply.
  public var floodInterval = Duration.seconds(30)

  /// The defaults above.
  public init() {}
}
