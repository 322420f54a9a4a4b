// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// Connects to hosts by name or address, like Tornado's `TCPClient`.
///
/// ```swift
/// let stream = try await TCPClient().connect("example.com", port: 80, timeout: .seconds(5))
/// ```
///
/// A name's addresses of both families race (RFC 8305): a dead IPv6 route costs a fraction of a second. A client
/// holds nothing but its waiting connects; make one for each call, or keep one.
public final class TCPClient {
  /// The loop that its streams live on.
  public let loop: IOLoop
  /// How long an address may be silent before the next one is tried beside it (100 ms to 2 s; RFC 8305 section 5).
  public var attemptDelay: Duration = .milliseconds(300)

  private let ownResolver: (any Resolver)?
  private var operations: [ObjectIdentifier: ConnectOperation] = [:]
  private var isClosed = false

  /// Creates a client.
  /// - Parameters:
  ///   - resolver: Finds its addresses; not closed with the client. `nil` for ``IOLoop/resolver``.
  ///   - loop: Where it works.
  public init(resolver: (any Resolver)? = nil, on loop: IOLoop = .current) {
    self.loop = loop
    ownResolver = resolver
  }

  /// Finds the addresses of its hosts.
  public var resolver: any Resolver { ownResolver ?? loop.resolver }

  /// Connects to a host, like Tornado's `TCPClient.connect`.
  ///
  /// Small writes to the stream go out at once (TCP_NODELAY). When the calling task is cancelled, the call ends with
  /// `CancellationError` and every socket that it had opened is closed.
  /// - Parameters:
  ///   - host: A name, or a numeric IPv4 or IPv6 address.
  ///   - port: The port there.
  ///   - family: Only addresses of this kind; `nil` for IPv4 and IPv6.
  ///   - sourceAddress: The numeric address of this machine to connect from; addresses of the other family
  ///     cannot be reached then.
  ///   - sourcePort: The port of this machine to connect from.
  ///   - maxBufferSize: The stream's ``IOStream/maxBufferSize`` in bytes; `nil` for its default.
  ///   - timeout: The longest that all of it may take, looking up the name included; `nil` for as long as the
  ///     system tries (about two minutes for an address).
  /// - Throws: ``TCPClientError``, which names every address that was tried; ``LoopError`` when the name does not
  ///   resolve or an argument makes no sense; `CancellationError`.
  public func connect(
    _ host: String, port: UInt16, family: AddressFamily? = nil, sourceAddress: String? = nil,
    sourcePort: UInt16 = 0, maxBufferSize: Int? = nil, timeout: Duration? = nil
  ) async throws -> IOStream {
    let source = try ConnectAttempt.Source(address: sourceAddress, port: sourcePort)
    let operation = operation(host, port: port, from: source)
    let resolver = resolver
    return try await run(operation, maxBufferSize, timeout) {
      try await resolver.resolve(host, port: port, family: family)
    }
  }

  /// Connects to one address, also that of a Unix socket.
  /// - Parameters:
  ///   - address: Where to.
  ///   - maxBufferSize: The stream's ``IOStream/maxBufferSize`` in bytes; `nil` for its default.
  ///   - timeout: The longest that it may take; `nil` for as long as the system tries.
  /// - Throws: As ``connect(_:port:family:sourceAddress:sourcePort:maxBufferSize:timeout:)``.
  public func connect(
    to address: SocketAddress, maxBufferSize: Int? = nil, timeout: Duration? = nil
  ) async throws -> IOStream {
    let operation = ConnectOperation(address.description, delay: attemptDelay, on: loop)
    return try await run(operation, maxBufferSize, timeout) { [address] }
  }

  func operation(
    _ host: String, port: UInt16, from source: ConnectAttempt.Source
  ) -> ConnectOperation {
    let isBare = host.utf8.contains(UInt8(ascii: ":")) && !host.hasPrefix("[")
    let name = isBare ? "[\(host)]:\(port)" : "\(host):\(port)"
    return ConnectOperation(name, from: source, delay: attemptDelay, on: loop)
  }

  func run(
    _ operation: ConnectOperation, _ maxBufferSize: Int?, _ timeout: Duration?,
    secure: ((IOStream) throws -> ConnectOperation.Handshake)? = nil,
    resolve: @escaping () async throws -> [SocketAddress]
  ) async throws -> IOStream {
    loop.checkThread()
    guard !isClosed else { throw operation.error(.clientClosed, "the client is closed") }
    operations[ObjectIdentifier(operation)] = operation
    defer { operations[ObjectIdentifier(operation)] = nil }
    let stream = try await operation.run(timeout: timeout, secure: secure, resolve: resolve)
    if let maxBufferSize { stream.maxBufferSize = maxBufferSize }
    return stream
  }

  /// Ends the connects that wait, and refuses later ones; streams go on.
  public func close() {
    loop.checkThread()
    isClosed = true
    for operation in operations.values { operation.end(.clientClosed, "the client was closed") }
  }
}
