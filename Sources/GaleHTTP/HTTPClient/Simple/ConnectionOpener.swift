// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleLoop
import GaleWire

/// Makes the connection that a request needs: to the server or its proxy, through the proxy, with TLS.
struct ConnectionOpener {
  private let exchange: HTTPClientExchange
  private let resolver: any Resolver
  private let configuration: HTTPClientConfiguration
  private var loop: IOLoop { exchange.loop }

  init(
    _ exchange: HTTPClientExchange, _ resolver: any Resolver, _ configuration: HTTPClientConfiguration
  ) {
    self.exchange = exchange
    self.resolver = resolver
    self.configuration = configuration
  }

  #if TLS
  func open(_ tls: TLSContext?) async throws -> IOStream {
    let stream = try await open()
    guard let tls else { return stream }
    return try await secure(stream, tls)
  }

  private func secure(_ plain: IOStream, _ tls: TLSContext) async throws -> IOStream {
    let stream: TLSStream
    do {
      stream = try plain.beginTLS(tls, serverName: exchange.url.host, applicationProtocols: ["http/1.1"])
    } catch {
      plain.close()
      throw HTTPClientError.connecting(error)
    }
    let limit = exchange.options.tlsTimeout ?? .zero
    var deadline = exchange.connectDeadline
    var code = HTTPClientError.Code.connectTimedOut
    if limit > .zero, loop.time + limit < deadline ?? LoopTime(nanoseconds: .max) {
      deadline = loop.time + limit
      code = .tlsTimedOut
    }
    try await guarded(stream, until: deadline, code, "Timeout in the TLS handshake") {
      try await stream.waitForHandshake()
    }
    exchange.timeInfo.appConnect = loop.time - exchange.start
    return stream
  }
  #endif

  /// The connection without TLS, through the proxy if there is one.
  func open() async throws -> IOStream {
    let stream = try await connect()
    exchange.timeInfo.connect = loop.time - exchange.start
    stream.maxBufferSize = configuration.maxBufferSize
    guard let proxy = exchange.proxy, !exchange.isForwarded else { return stream }
    switch proxy.kind {
    case .socks5:
      try await guarded(stream, until: exchange.connectDeadline, .connectTimedOut, "Timeout while connecting")
      {
        try await ProxyTunnel.socks(stream, proxy, to: exchange.url)
      }
      return stream
    case .http: return try await tunnel(stream, proxy)
    }
  }

  private func tunnel(_ first: IOStream, _ proxy: HTTPProxy) async throws -> IOStream {
    var stream = first
    var authorization = proxy.credentials.flatMap { credentials in
      credentials.mode == .basic ? BasicAuthentication.value(credentials) : nil
    }
    while true {
      let tunnel = ProxyTunnel(stream, to: exchange.url, limits: exchange.limits)
      let answer = try await guarded(
        stream, until: exchange.connectDeadline, .connectTimedOut, "Timeout while connecting"
      ) { try await tunnel.ask(authorization) }
      if (200...299).contains(answer.status) { return stream }
      stream.close()
      guard answer.status == 407, authorization == nil, let credentials = proxy.credentials,
        let challenge = DigestAuthentication(challenges: answer.headers.values("Proxy-Authenticate"))
      else {
        throw HTTPClientError(
          .proxyFailed, "The proxy refuses the connection: \(answer.status) \(answer.reasonText)")
      }
      // Its answer may have a body, or end the connection: a new one is the simplest way on.
      authorization = challenge.response(credentials, method: "CONNECT", target: exchange.url.hostAndPort)
      stream = try await connect()
    }
  }

  private func connect() async throws -> IOStream {
    let options = exchange.options
    let timer = LookupTimer(resolver) { exchange.timeInfo.nameLookup = loop.time - exchange.start }
    let client = TCPClient(resolver: timer, on: loop)
    let timeout = exchange.connectDeadline.map { max($0 - loop.time, .nanoseconds(1)) }
    do {
      if exchange.proxy == nil, let address = options.address {
        return try await client.connect(to: address, timeout: timeout)
      }
      return try await client.connect(
        exchange.proxy?.host ?? exchange.url.host, port: exchange.proxy?.port ?? exchange.url.port,
        family: options.allowsIPv6 ?? true ? nil : .ipv4, sourceAddress: options.networkInterface,
        timeout: timeout)
    } catch {
      throw HTTPClientError.connecting(error)
    }
  }

  /// Runs `body`, which waits for `stream`; closes that when time is over, the task is cancelled, or `body` throws.
  private func guarded<Result>(
    _ stream: IOStream, until deadline: LoopTime?, _ code: HTTPClientError.Code, _ message: String,
    _ body: () async throws -> Result
  ) async throws -> Result {
    var isOver = false
    let timer = deadline.map { deadline in
      loop.callAt(deadline) {
        isOver = true
        stream.close()
      }
    }
    defer { if let timer { loop.removeTimeout(timer) } }
    let confined = LoopConfined(stream)
    do {
      return try await withTaskCancellationHandler {
        try await body()
      } onCancel: { [loop] in
        loop.addCallback { confined.value.close() }
      }
    } catch {
      stream.close()
      if isOver { throw HTTPClientError(code, message) }
      try Task.checkCancellation()
      throw HTTPClientError.connecting(error)
    }
  }
}

/// Notes when names are resolved.
private final class LookupTimer: Resolver {
  private let resolver: any Resolver
  private let done: () -> Void

  init(_ resolver: any Resolver, _ done: @escaping () -> Void) {
    self.resolver = resolver
    self.done = done
  }

  func resolve(_ host: String, port: UInt16, family: AddressFamily?) async throws -> [SocketAddress] {
    let addresses = try await resolver.resolve(host, port: port, family: family)
    done()
    return addresses
  }
}
