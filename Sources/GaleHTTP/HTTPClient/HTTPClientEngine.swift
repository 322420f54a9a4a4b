// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// What carries a client's requests: Tornado's `AsyncHTTPClient.fetch_impl`, to be implemented.
///
/// The client checks requests, fills in defaults and fields, holds the queue, follows redirects, answers
/// challenges, decompresses and collects the answer. An engine sends one request and gives what comes of its answer
/// to the ``HTTPClientExchange``, as it is on the wire but without its framing.
public protocol HTTPClientEngine: AnyObject {
  /// Refuses what the engine cannot do.
  /// - Throws: ``HTTPClientError`` `.unsupported`.
  func check(_ request: HTTPRequest, _ options: HTTPRequestOptions) throws(HTTPClientError)

  /// Sends a request and takes its answer, both whole; returns after ``HTTPClientExchange/receivedEnd(trailers:)``.
  ///
  /// It keeps the exchange's deadlines, and ends what it holds when its task is cancelled.
  /// - Throws: ``HTTPClientError``; `CancellationError`; what the exchange's methods throw, and what its
  ///   ``HTTPClientExchange/whenFailed`` is called with.
  func perform(_ exchange: HTTPClientExchange) async throws

  /// Ends everything.
  func close()
}

extension HTTPClientEngine {
  /// Refuses nothing.
  public func check(_ request: HTTPRequest, _ options: HTTPRequestOptions) throws(HTTPClientError) {}
}
