// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleHTTP
import GaleWire

extension RequestHandler {
  /// Says in the header that these fields will follow the body (`Trailer`, RFC 9110, section 6.6.2).
  ///
  /// Trailers need a chunked body: they are left out for HTTP/1.0 clients, for HEAD, and with a `Content-Length`.
  /// - Throws: ``/GaleWire/HTTPOutputError`` when the header is sent, or for a field that may not stand there: what frames
  ///   and routes messages, and what says how to read the body (RFC 9110, section 6.5.1);
  ///   ``/GaleWire/HTTPInputError`` for what is no name.
  public func announceTrailers(_ names: String...) throws { try announceTrailers(names) }

  func announceTrailers(_ names: [String]) throws {
    guard !headersWritten else { throw HTTPOutputError("Trailers are announced before the header is sent") }
    for name in names {
      guard !Self.neverTrailers.contains(name.lowercased()) else {
        throw HTTPOutputError("\(name) may not stand in a trailer")
      }
      try addHeader("Trailer", name)
      more.announcedTrailers.append(name.lowercased())
    }
  }

  /// Sets a field that follows the body; ``announceTrailers(_:)`` has named it.
  /// - Throws: ``/GaleWire/HTTPOutputError`` for one that was not announced, or when the answer is complete;
  ///   ``/GaleWire/HTTPInputError`` for what may not stand in a field.
  public func setTrailer(_ name: String, _ value: String) throws {
    guard extras?.announcedTrailers.contains(name.lowercased()) ?? false else {
      throw HTTPOutputError("The trailer \(name) was not announced")
    }
    guard !isFinished else { throw HTTPOutputError("The answer is complete") }
    try more.trailers.set(name, value)
  }

  /// The fields that follow the body; `nil` when there are none.
  var trailersToSend: HTTPHeaders? {
    guard let trailers = extras?.trailers, !trailers.isEmpty else { return nil }
    return trailers
  }

  private static let neverTrailers: Set<String> = [
    "transfer-encoding", "content-length", "content-encoding", "content-type", "content-range", "trailer",
    "host",
    "connection", "keep-alive", "upgrade", "te", "expect", "range", "cache-control", "expires", "date",
    "location",
    "retry-after", "vary", "age", "warning", "set-cookie", "www-authenticate", "proxy-authenticate",
    "authorization",
    "proxy-authorization", "pragma", "max-forwards",
  ]
}
