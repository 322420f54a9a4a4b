// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

public import GaleLoop

/// The engine in Swift, on the loop's own streams: Tornado's `SimpleAsyncHTTPClient`.
///
/// HTTP/1.1 with connections that are kept for the next request. A request on a kept connection that turns out to be
/// closed is sent again on a new one, once, if nothing of an answer came and its method may be repeated.
public final class SimpleHTTPClient: HTTPClientEngine {
  /// The loop that it works on.
  public let loop: IOLoop
  let configuration: HTTPClientConfiguration
  let pool: ConnectionPool
  let idleTimeout: Int64
  private let ownResolver: (any Resolver)?
  private var busy: [ObjectIdentifier: HTTP1ClientConnection] = [:]
  private var isClosed = false
  #if TLS
  private var contexts: [TLSChoice: TLSContext] = [:]
  #endif

  /// Creates an engine; ``AsyncHTTPClient`` makes one if it is given none.
  public init(
    _ configuration: HTTPClientConfiguration = HTTPClientConfiguration(), on loop: IOLoop = .current
  ) {
    self.loop = loop
    self.configuration = configuration
    pool = ConnectionPool(limit: configuration.maxIdleConnections)
    idleTimeout = configuration.idleTimeout.clampedNanoseconds
    ownResolver =
      configuration.hostnameMapping.isEmpty
      ? configuration.resolver
      : OverrideResolver(configuration.resolver ?? loop.resolver, mapping: configuration.hostnameMapping)
  }

  var resolver: any Resolver { ownResolver ?? loop.resolver }

  /// How many connections are kept for later requests.
  public var idleConnectionCount: Int { pool.count }

  /// How many connections carry a request.
  public var busyConnectionCount: Int { busy.count }

  /// See ``HTTPClientEngine/perform(_:)``.
  public func perform(_ exchange: HTTPClientExchange) async throws {
    guard !isClosed else { throw HTTPClientError(.clientClosed, "The client is closed") }
    #if TLS
    let tls = exchange.url.isSecure ? try context(for: exchange.options) : nil
    let key = ConnectionKey(exchange, tls: tls.map { ObjectIdentifier($0) })
    #else
    guard !exchange.url.isSecure else {
      throw HTTPClientError(.unsupported, "This build of Gale has no TLS")
    }
    let key = ConnectionKey(exchange, tls: nil)
    #endif
    if exchange.options.keepsAlive ?? true, let kept = takeKept(key, for: exchange) {
      do {
        return try await perform(exchange, on: kept)
      } catch {
        guard kept.wasStale, exchange.isRepeatable, exchange.failure == nil, !isClosed else { throw error }
      }
    }
    let opener = ConnectionOpener(exchange, resolver, configuration)
    #if TLS
    let stream = try await opener.open(tls)
    #else
    let stream = try await opener.open()
    #endif
    guard !isClosed, !stream.isClosed else {
      stream.close()
      throw HTTPClientError(isClosed ? .clientClosed : .connectionClosed, "The connection was closed")
    }
    try await perform(exchange, on: HTTP1ClientConnection(stream, key, self))
  }

  private func perform(_ exchange: HTTPClientExchange, on connection: HTTP1ClientConnection) async throws {
    busy[ObjectIdentifier(connection)] = connection
    defer { busy[ObjectIdentifier(connection)] = nil }
    try await connection.perform(exchange)
  }

  /// A connection that is still open as far as is known; for a request that cannot be repeated the kernel is asked.
  private func takeKept(_ key: ConnectionKey, for exchange: HTTPClientExchange) -> HTTP1ClientConnection? {
    while let connection = pool.take(key) {
      if exchange.isRepeatable || connection.isStillOpen { return connection }
    }
    return nil
  }

  /// Closes all connections; requests that are under way fail.
  public func close() {
    guard !isClosed else { return }
    isClosed = true
    pool.closeAll()
    for connection in busy.values {
      connection.fail(HTTPClientError(.clientClosed, "The client was closed"))
    }
  }

  #if TLS
  private struct TLSChoice: Hashable {
    let validates: Bool
    let authorities: String?
    let certificate: String?
    let privateKey: String?
  }

  /// Making a context takes milliseconds: those that the files of a request ask for are kept.
  private func context(for options: HTTPRequestOptions) throws -> TLSContext {
    if let tls = options.tls {
      guard tls.configuration.role == .client else {
        throw HTTPClientError(.invalidRequest, "A client needs the TLS context of a client")
      }
      return tls
    }
    let choice = TLSChoice(
      validates: options.validatesCertificate ?? true, authorities: options.authoritiesFile,
      certificate: options.certificateFile, privateKey: options.privateKeyFile)
    if let context = contexts[choice] { return context }
    var configuration = TLSConfiguration.client
    if !choice.validates { configuration.verification = .none }
    if let file = choice.authorities { configuration.trustRoots = .file(file) }
    if let file = choice.certificate {
      configuration.identity = TLSIdentity(certificateFile: file, privateKeyFile: choice.privateKey)
    }
    do throws(TLSError) {
      let context = try TLSContext(configuration)
      contexts[choice] = context
      return context
    } catch {
      throw HTTPClientError(.invalidRequest, error.description, underlyingError: error)
    }
  }
  #endif
}
