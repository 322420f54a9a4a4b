// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleLoop
public import GaleWire

/// How a WebSocket connection behaves.
public struct WebSocketConfiguration: Hashable, Sendable {
  /// What becomes of a message for a peer that does not take what waits for it already.
  ///
  /// Only for writes that do not wait: those that do are held back instead.
  public enum SlowConsumerPolicy: Sendable, Hashable {
    /// The connection is closed with 1008.
    case close
    /// The message is not sent, and the write throws ``WebSocketError`` `.queueFull`.
    case error
    /// The message is not sent; ``WebSocketConnection/droppedMessageCount`` counts it.
    case drop
  }

  /// How often a ping is sent; `nil` for never: Tornado's `websocket_ping_interval`.
  public var pingInterval: Duration?
  /// How long the peer may be silent after a ping: Tornado's `websocket_ping_timeout`.
  ///
  /// `nil` for as long as the interval, which is also the most. Zero for ever.
  public var pingTimeout: Duration?
  /// The most bytes of a message, after decompression too: Tornado's `websocket_max_message_size`.
  ///
  /// A longer one closes the connection with 1009.
  public var maxMessageByteCount = 10 * 1024 * 1024
  /// How many frames a message may have, beyond one for each 32 bytes; more close the connection with 1009.
  public var maxFragmentCount = 1024
  /// Whether messages may be compressed, and how.
  public var compression: WebSocketCompression?
  /// How long the peer may take to answer a Close frame; then the connection is cut.
  public var closeTimeout = Duration.seconds(5)
  /// How long the peer may take nothing of what is sent; then the connection is cut.
  public var writeTimeout = Duration.seconds(60)
  /// How many bytes may wait for the peer.
  public var maxQueuedByteCount = 8 * 1024 * 1024
  /// What becomes of messages beyond that.
  public var slowConsumerPolicy = SlowConsumerPolicy.close

  /// The defaults above.
  public init() {}

  var limits: WebSocketLimits {
    var limits = WebSocketLimits()
    limits.message = maxMessageByteCount
    limits.fragments = maxFragmentCount
    return limits
  }

  /// The time-out of pings in nanoseconds.
  var pingTimeoutNanoseconds: Int64 {
    let interval = pingInterval?.timeoutNanoseconds ?? .max
    guard let pingTimeout else { return interval }
    return pingTimeout <= .zero ? .max : min(pingTimeout.timeoutNanoseconds, interval)
  }
}

/// A configuration as connections use it; those that are alike share one.
final class WebSocketSettings {
  let configuration: WebSocketConfiguration
  // In nanoseconds, `Int64.max` for none.
  let pingInterval: Int64
  let pingTimeout: Int64
  let writeTimeout: Int64
  let closeTimeout: Int64

  private init(_ configuration: WebSocketConfiguration) {
    self.configuration = configuration
    pingInterval = configuration.pingInterval?.timeoutNanoseconds ?? .max
    pingTimeout = configuration.pingTimeoutNanoseconds
    writeTimeout = configuration.writeTimeout.timeoutNanoseconds
    closeTimeout = configuration.closeTimeout.timeoutNanoseconds
  }

  /// The last ones that were asked for on a loop: the connections of a handler mostly follow each other.
  private final class Last {
    var settings = WebSocketSettings(WebSocketConfiguration())
  }

  static func shared(_ configuration: WebSocketConfiguration, on loop: IOLoop) -> WebSocketSettings {
    let last = loop.attachment { Last() }
    if last.settings.configuration != configuration { last.settings = WebSocketSettings(configuration) }
    return last.settings
  }
}
