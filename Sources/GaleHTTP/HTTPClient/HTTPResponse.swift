// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

public import GaleWire

/// An answer that a client got: Tornado's `HTTPResponse`.
public struct HTTPResponse {
  /// What was asked for, before any redirect.
  public let request: HTTPRequest
  /// The status: Tornado's `code`.
  public let status: Int
  /// The reason phrase as it came, which may be empty.
  public let reason: String
  /// The header.
  public let headers: HTTPHeaders
  /// The fields behind a chunked body.
  public internal(set) var trailers = HTTPHeaders()
  /// The URL that answered, behind all redirects.
  public let effectiveURL: String
  /// The body; empty when a callback took it.
  public internal(set) var body: [UInt8] = []
  /// When the request began, by the wall clock, in seconds since 1970.
  public let startTime: Double
  /// Where the time went.
  public internal(set) var timeInfo: HTTPTimeInfo

  /// The body as text: UTF-8 where that is what the bytes are, ISO 8859-1 otherwise.
  public var text: String { HTTPHeaders.decode(body[...]) }

  /// How long all of it took, the time in the queue not counted: Tornado's `request_time`.
  public var requestTime: Duration { timeInfo.total - timeInfo.queue }

  /// The error that the status is; `nil` for 2xx.
  public var error: HTTPClientError? {
    (200...299).contains(status) ? nil : HTTPClientError(response: self)
  }

  /// Throws ``error`` if there is one.
  /// - Throws: ``HTTPClientError`` `.status`.
  public func rethrow() throws(HTTPClientError) {
    if let error { throw error }
  }
}

/// Where a request's time went, in curl's terms: Tornado's `time_info`.
///
/// From the start of the last of its hops on, unless a property says otherwise. What did not happen, as for a connection
/// that was there already, is zero.
public struct HTTPTimeInfo: Sendable, Hashable {
  /// In the client's queue, before the start.
  public var queue = Duration.zero
  /// Until the name was resolved.
  public var nameLookup = Duration.zero
  /// Until the connection was there.
  public var connect = Duration.zero
  /// Until the TLS handshake was complete.
  public var appConnect = Duration.zero
  /// Until the request could be sent.
  public var pretransfer = Duration.zero
  /// Until the answer's first byte was there.
  public var startTransfer = Duration.zero
  /// All of it, from the call on: the queue and redirects included.
  public var total = Duration.zero
  /// The hops before the last one.
  public var redirect = Duration.zero

  /// Nothing but zeros.
  public init() {}
}
