// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

public import GaleWire

/// Why a WebSocket connection did not come about, cannot be written to, or ended: Tornado's `WebSocketError` and
/// `WebSocketClosedError`.
public struct WebSocketError: Error, Hashable, CustomStringConvertible {
  /// The kind of failure.
  public struct Code: Hashable, Sendable {
    let name: String

    /// The connection is closed, or is being closed: Tornado's `WebSocketClosedError`.
    public static let closed = Code(name: "closed")
    /// More waits for the peer than ``WebSocketConfiguration/maxQueuedByteCount``.
    public static let queueFull = Code(name: "queueFull")
    /// A message is being sent in fragments, and another one, or one of another kind, cannot begin.
    public static let messageInProgress = Code(name: "messageInProgress")
    /// Another task waits for a message.
    public static let alreadyReading = Code(name: "alreadyReading")

    /// The peer broke the protocol; ``WebSocketError/closeCode`` is what it was told.
    public static let violation = Code(name: "violation")
    /// The connection was lost without a Close frame.
    public static let connectionLost = Code(name: "connectionLost")
    /// No answer to a ping came in time.
    public static let pingTimedOut = Code(name: "pingTimedOut")
    /// The peer did not answer our Close frame in time.
    public static let closeTimedOut = Code(name: "closeTimedOut")
    /// The peer took nothing of what we sent for ``WebSocketConfiguration/writeTimeout``.
    public static let writeTimedOut = Code(name: "writeTimedOut")
    /// The peer took messages too slowly, and ``WebSocketConfiguration/slowConsumerPolicy`` is to close then.
    public static let slowConsumer = Code(name: "slowConsumer")

    /// The URL is none of a WebSocket, a field of the request may not be sent, or a ping is too long.
    public static let invalidRequest = Code(name: "invalidRequest")
    /// The handshake took longer than it may.
    public static let timedOut = Code(name: "timedOut")
    /// The server, or the proxy, answered with another status than 101; see ``WebSocketError/status``.
    public static let unexpectedStatus = Code(name: "unexpectedStatus")
    /// The proxy makes no sense, or refuses; with an answer of HTTP it is ``unexpectedStatus``.
    public static let proxyFailed = Code(name: "proxyFailed")
    /// The server's answer is no HTTP, or says nothing of a WebSocket.
    public static let notWebSocket = Code(name: "notWebSocket")
    /// The server's answer does not fit our key.
    public static let badAccept = Code(name: "badAccept")
    /// The server uses an extension that was not offered, or not so.
    public static let unofferedExtension = Code(name: "unofferedExtension")
    /// The server chose a subprotocol that was not offered.
    public static let unofferedSubprotocol = Code(name: "unofferedSubprotocol")
  }

  /// What is wrong.
  public let code: Code
  /// What it is in words.
  public let description: String
  /// The status that a server answered instead of 101.
  public let status: Int?
  /// The code that the peer was told.
  public let closeCode: WebSocketCloseCode?

  package init(
    _ code: Code, _ description: String, status: Int? = nil, closeCode: WebSocketCloseCode? = nil
  ) {
    self.code = code
    self.description = description
    self.status = status
    self.closeCode = closeCode
  }

  static var closed: WebSocketError { WebSocketError(.closed, "The WebSocket is closed") }
}
