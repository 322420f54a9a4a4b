// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleLoop
package import GaleWire

/// Why a fetch failed: Tornado's `HTTPClientError` (`HTTPError` of `httpclient`), `HTTPTimeoutError` and
/// `HTTPStreamClosedError`.
public struct HTTPClientError: Error, CustomStringConvertible {
  /// The kind of failure.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    /// The code's name.
    public let description: String

    // The caller's fault: nothing was sent.

    /// The URL is none that can be fetched, or a redirect led to one.
    public static let invalidURL = Code(description: "invalidURL")
    /// The request contradicts itself, or holds what may not be sent.
    public static let invalidRequest = Code(description: "invalidRequest")
    /// The engine cannot do what an option asks for.
    public static let unsupported = Code(description: "unsupported")
    /// The client is closed.
    public static let clientClosed = Code(description: "clientClosed")
    /// The body was not as long as it was said to be.
    public static let wrongBodyLength = Code(description: "wrongBodyLength")

    // The way there.

    /// The host's name does not resolve.
    public static let nameNotResolved = Code(description: "nameNotResolved")
    /// No address of the host takes connections.
    public static let connectionFailed = Code(description: "connectionFailed")
    /// The connection ended before the answer did.
    public static let connectionClosed = Code(description: "connectionClosed")
    /// TLS failed; ``HTTPClientError/underlyingError`` is a `TLSError` that says why.
    public static let tlsFailed = Code(description: "tlsFailed")
    /// The proxy refused, or did not speak its protocol.
    public static let proxyFailed = Code(description: "proxyFailed")
    /// Another failure of the network.
    public static let network = Code(description: "network")

    // Time-outs, by what was going on.

    /// In the client's queue.
    public static let queueTimedOut = Code(description: "queueTimedOut")
    /// While connecting.
    public static let connectTimedOut = Code(description: "connectTimedOut")
    /// In the TLS handshake.
    public static let tlsTimedOut = Code(description: "tlsTimedOut")
    /// Before the answer's first byte.
    public static let responseTimedOut = Code(description: "responseTimedOut")
    /// Between two bytes.
    public static let idleTimedOut = Code(description: "idleTimedOut")
    /// The time for the whole request was over.
    public static let requestTimedOut = Code(description: "requestTimedOut")

    // What the server said.

    /// What came is no answer of HTTP/1.
    public static let invalidResponse = Code(description: "invalidResponse")
    /// What the answer says of its length contradicts itself.
    public static let invalidFraming = Code(description: "invalidFraming")
    /// A chunk of the body is malformed.
    public static let invalidChunk = Code(description: "invalidChunk")
    /// The connection ended inside of the answer's body.
    public static let truncatedBody = Code(description: "truncatedBody")
    /// More came than the answer.
    public static let unexpectedData = Code(description: "unexpectedData")
    /// The answer's header is over a limit.
    public static let headersTooLarge = Code(description: "headersTooLarge")
    /// The answer's body is over a limit, as it is or decompressed.
    public static let bodyTooLarge = Code(description: "bodyTooLarge")
    /// The body cannot be decompressed.
    public static let invalidContentEncoding = Code(description: "invalidContentEncoding")
    /// The answer's status is not 2xx; ``HTTPClientError/response`` is the answer.
    public static let status = Code(description: "status")
  }

  /// What is wrong.
  public let code: Code
  /// One line for people: the cause.
  public let message: String
  /// What failed below.
  public let underlyingError: (any Error)?
  // Made, thrown and caught on the client's loop.
  private let answer: LoopConfined<HTTPResponse>?

  /// Creates an error; engines do.
  public init(_ code: Code, _ message: String, underlyingError: (any Error)? = nil) {
    self.code = code
    self.message = message
    self.underlyingError = underlyingError
    answer = nil
  }

  init(response: HTTPResponse) {
    code = .status
    message = response.reason.isEmpty ? HTTPStatus(response.status).reason : response.reason
    underlyingError = nil
    answer = LoopConfined(response)
  }

  /// The answer whose status is the error.
  ///
  /// To be used on the client's loop only.
  public var response: HTTPResponse? { answer?.value }

  /// The answer's status, or 599 when there is none: Tornado's `code`.
  public var status: Int { answer?.value.status ?? 599 }

  /// Whether time was over, whatever for.
  public var isTimeout: Bool {
    switch code {
    case .queueTimedOut, .connectTimedOut, .tlsTimedOut, .responseTimedOut, .idleTimedOut, .requestTimedOut:
      true
    default: false
    }
  }

  /// Whether the request, not the server or the network, was at fault.
  public var isCallersFault: Bool {
    switch code {
    case .invalidURL, .invalidRequest, .unsupported, .clientClosed, .wrongBodyLength: true
    default: false
    }
  }

  /// The text that logs and messages show: `HTTP 404: Not Found`.
  public var description: String { isCallersFault ? message : "HTTP \(status): \(message)" }
}

extension HTTPClientError {
  /// What the readers of the answer found.
  package init(_ error: HTTPInputError) {
    let code: Code =
      switch error.code {
      case .invalidFraming: .invalidFraming
      case .invalidChunk: .invalidChunk
      case .headersTooLarge: .headersTooLarge
      case .bodyTooLarge: .bodyTooLarge
      default: .invalidResponse
      }
    self.init(code, error.message, underlyingError: error)
  }

  init(_ error: CompressionError) {
    self.init(
      error.code == .limitExceeded ? .bodyTooLarge : .invalidContentEncoding, error.message,
      underlyingError: error)
  }

  /// What connecting, resolving or a handshake threw, in the client's terms.
  public static func connecting(_ error: any Error) -> any Error {
    switch error {
    case let error as TCPClientError:
      let code: Code =
        switch error.code {
        case .timedOut: .connectTimedOut
        case .clientClosed: .clientClosed
        default: .connectionFailed
        }
      let message = code == .connectTimedOut ? "Timeout while connecting: \(error)" : "\(error)"
      return HTTPClientError(code, message, underlyingError: error)
    case let error as LoopError:
      let isName = error.code == .resolution || error.code == .resolverFailure
      let code: Code = isName ? .nameNotResolved : error.code == .invalidArgument ? .invalidRequest : .network
      return HTTPClientError(code, error.message, underlyingError: error)
    #if TLS
    case let error as TLSError:
      return HTTPClientError(
        error.code == .timedOut ? .tlsTimedOut : .tlsFailed, error.description, underlyingError: error)
    #endif
    case let error as StreamError:
      return HTTPClientError(.connectionClosed, error.description, underlyingError: error)
    default: return error
    }
  }
}
