// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

public import GaleLoop
public import GaleWire

/// Decides what answers the requests of a server: an `Application`, a router, a WSGI container.
///
/// Tornado's `HTTPServerConnectionDelegate`.
///
/// A server with several loops calls it on each of their threads.
public protocol HTTPServerConnectionDelegate: AnyObject, Sendable {
  /// Called as soon as the head of a request is there, on the loop of its connection.
  func startRequest(_ request: HTTPServerRequest) -> any HTTPMessageDelegate
  /// Called on the connection's loop when a connection has ended as one of HTTP: Tornado's `on_close`.
  ///
  /// It is closed, or goes on as a WebSocket. ``HTTPServerRequest/connectionID`` tells which requests came on it.
  func connectionClosed(_ id: HTTPConnectionID)
}

extension HTTPServerConnectionDelegate {
  /// Does nothing.
  public func connectionClosed(_ id: HTTPConnectionID) {}
}

/// Takes one request and answers it: Tornado's `HTTPMessageDelegate`.
///
/// Every method is called on the connection's loop and may answer at once or later, from there too.
public protocol HTTPMessageDelegate: AnyObject {
  /// How the body shall come. Asked once, before any of it was read.
  var bodyDelivery: HTTPBodyDelivery { get }
  /// Whether the body may come with its `Content-Encoding` taken off, where the server is told to do that.
  var acceptsDecodedBody: Bool { get }
  /// A piece of the body came. Only for ``HTTPBodyDelivery/streamed``.
  func dataReceived(_ chunk: [UInt8], _ request: HTTPServerRequest)
  /// The request is complete.
  func finish(_ request: HTTPServerRequest)
  /// The client went away, or the body broke off: ``finish(_:)`` will not be called if it was not.
  func connectionClosed(_ request: HTTPServerRequest)
}

extension HTTPMessageDelegate {
  /// The body is collected in ``HTTPServerRequest/body``.
  public var bodyDelivery: HTTPBodyDelivery { .buffered }
  /// The body comes as it was sent.
  public var acceptsDecodedBody: Bool { false }
  /// Does nothing.
  public func dataReceived(_ chunk: [UInt8], _ request: HTTPServerRequest) {}
  /// Does nothing.
  public func connectionClosed(_ request: HTTPServerRequest) {}
}

/// How a request's body comes to its delegate.
public enum HTTPBodyDelivery: Sendable, Hashable {
  /// Whole, in ``HTTPServerRequest/body``, before ``HTTPMessageDelegate/finish(_:)``.
  case buffered
  /// In pieces, as they come. `Expect: 100-continue` is answered when the delegate calls
  /// ``HTTPServerRequest/sendContinue()``.
  case streamed
}

/// What carries the answer to a request: Tornado's `HTTPConnection`.
///
/// Each call names its request, so that an answer that comes too late is refused instead of being
/// given to the next request of the connection.
public protocol HTTPConnection: AnyObject {
  /// The loop that the connection lives on.
  var loop: IOLoop { get }
  /// The other end.
  var remoteAddress: SocketAddress { get }
  /// Which connection of a client this is, or is a part of.
  var connectionID: HTTPConnectionID { get }
  /// What the server keeps for all its connections on this loop.
  var context: HTTPServerContext { get }
  /// Queues the status line and the header.
  func writeHeaders(
    _ status: Int, reason: String?, _ headers: HTTPHeaders, for request: HTTPServerRequest
  ) throws(HTTPOutputError)
  /// Queues a whole answer: status line, header, and `body`, whose length is added where it belongs and
  /// `headers` does not say it.
  ///
  /// The same as the three calls behind it, but cheaper. What becomes of `headers` is open.
  func respond(
    _ status: Int, reason: String?, _ headers: inout HTTPHeaders, _ body: Span<UInt8>,
    for request: HTTPServerRequest
  ) throws(HTTPOutputError)
  /// Queues a piece of the body.
  func write(_ bytes: Span<UInt8>, for request: HTTPServerRequest) throws(HTTPOutputError)
  /// Queues a part of a file as a piece of the body; the caller keeps it open until the answer is drained.
  func writeFile(
    _ descriptor: Int32, offset: Int64, count: Int, for request: HTTPServerRequest
  ) throws(HTTPOutputError)
  /// Queues an interim answer (RFC 9110, section 15.2).
  func writeInformational(_ status: Int, _ headers: HTTPHeaders, for request: HTTPServerRequest)
    throws(HTTPOutputError)
  /// Ends the answer.
  func finish(trailers: HTTPHeaders?, for request: HTTPServerRequest) throws(HTTPOutputError)
  /// Sends what is queued, as far as the kernel takes it.
  func flush(for request: HTTPServerRequest)
  /// Bytes that are queued but not yet with the kernel.
  var unsentCount: Int { get }
  /// Calls `body` once what is queued is with the kernel, or the connection is gone.
  func whenDrained(_ request: HTTPServerRequest, _ body: @escaping () -> Void)
  /// Holds the body's sender back, or lets it go on.
  func setBodyPaused(_ paused: Bool, for request: HTTPServerRequest)
  /// Answers `Expect: 100-continue`, if that was asked and nothing was answered.
  func sendContinue(for request: HTTPServerRequest)
  /// Goes on to the next request now rather than at the end of the loop's turn. Called by a delegate's
  /// task as its last act.
  func continueServing()
  /// Cuts the answer, so that the client sees that it is not complete.
  func abort(_ request: HTTPServerRequest)
  /// Gives the stream away; the server forgets the connection. `nil` when it is gone, or carries other requests
  /// too (HTTP/2).
  func detach(_ request: HTTPServerRequest) -> IOStream?
  #if TLS
  /// The encrypted stream that the connection is on; `nil` when it is not encrypted.
  var tls: TLSStream? { get }
  #endif
}
