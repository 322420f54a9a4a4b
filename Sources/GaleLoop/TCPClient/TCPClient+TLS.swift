// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if TLS

extension TCPClient {
  /// Connects to a host and shakes hands, like Tornado's `TCPClient.connect` with `ssl_options`.
  ///
  /// ``TLSConfiguration/handshakeTimeout`` is for the handshake alone.
  /// - Parameters:
  ///   - host: A name, or a numeric IPv4 or IPv6 address.
  ///   - port: The port there.
  ///   - tls: How to speak TLS; that of a client.
  ///   - serverName: The name that is asked for (SNI) and that the certificate must be for; `nil` for `host`.
  ///   - applicationProtocols: What to offer (ALPN), the best first; `nil` for the context's.
  ///   - family: Only addresses of this kind; `nil` for IPv4 and IPv6.
  ///   - sourceAddress: The numeric address of this machine to connect from.
  ///   - sourcePort: The port of this machine to connect from.
  ///   - maxBufferSize: The stream's ``IOStream/maxBufferSize`` in bytes; `nil` for its default.
  ///   - timeout: The longest that all of it may take, look-up and handshake included; `nil` for as long as the
  ///     system tries.
  /// - Throws: As without TLS; ``TLSError`` when the handshake fails.
  public func connect(
    _ host: String, port: UInt16, tls: TLSContext, serverName: String? = nil,
    applicationProtocols: [String]? = nil, family: AddressFamily? = nil, sourceAddress: String? = nil,
    sourcePort: UInt16 = 0, maxBufferSize: Int? = nil, timeout: Duration? = nil
  ) async throws -> TLSStream {
    let source = try ConnectAttempt.Source(address: sourceAddress, port: sourcePort)
    let resolver = resolver
    return try await shakeHands(
      operation(host, port: port, from: source), tls, serverName ?? host, applicationProtocols, maxBufferSize,
      timeout
    ) { try await resolver.resolve(host, port: port, family: family) }
  }

  /// Connects to one address, also that of a Unix socket, and shakes hands.
  /// - Parameters:
  ///   - address: Where to.
  ///   - tls: How to speak TLS; that of a client.
  ///   - serverName: The name that is asked for and that the certificate must be for.
  ///   - applicationProtocols: What to offer (ALPN), the best first; `nil` for the context's.
  ///   - maxBufferSize: The stream's ``IOStream/maxBufferSize`` in bytes; `nil` for its default.
  ///   - timeout: The longest that it may take; `nil` for as long as the system tries.
  /// - Throws: As ``connect(to:maxBufferSize:timeout:)``; ``TLSError`` when the handshake fails.
  public func connect(
    to address: SocketAddress, tls: TLSContext, serverName: String, applicationProtocols: [String]? = nil,
    maxBufferSize: Int? = nil, timeout: Duration? = nil
  ) async throws -> TLSStream {
    let operation = ConnectOperation(address.description, delay: attemptDelay, on: loop)
    return try await shakeHands(operation, tls, serverName, applicationProtocols, maxBufferSize, timeout) {
      [address]
    }
  }

  private func shakeHands(
    _ operation: ConnectOperation, _ tls: TLSContext, _ serverName: String, _ applicationProtocols: [String]?,
    _ maxBufferSize: Int?, _ timeout: Duration?, resolve: @escaping () async throws -> [SocketAddress]
  ) async throws -> TLSStream {
    precondition(tls.configuration.role == .client, "a client needs the TLS context of a client")
    let protocols: ProtocolList? =
      if let applicationProtocols { try ProtocolList(applicationProtocols) } else { nil }
    var secured: TLSStream?
    let stream = try await run(operation, maxBufferSize, timeout) { stream in
      let begun = try TLSStream(takingOver: stream, tls, serverName: serverName, protocols: protocols)
      secured = begun
      return ConnectOperation.Handshake(stream: begun) { try await begun.waitForHandshake() }
    } resolve: {
      try await resolve()
    }
    guard let secured, secured === stream else {
      preconditionFailure("the stream that won is the one secured")
    }
    return secured
  }
}

#endif
