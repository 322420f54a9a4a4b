// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Curl

import CCurl
public import GaleHTTP
public import GaleLoop
import GaleWire

/// Carries an `AsyncHTTPClient`'s requests with libcurl: Tornado's `CurlAsyncHTTPClient`.
///
/// ```swift
/// AsyncHTTPClient.configure { loop in
///   AsyncHTTPClient(on: loop, engine: CurlHTTPClient(on: loop))
/// }
/// ```
///
/// It speaks HTTP/2 where the server does, reaches proxies with digest credentials through CONNECT, takes the name of a
/// network interface, and any option of libcurl's. Everything that the other engine does it does too, with the same
/// errors. It works on the loop alone, without a thread: names are resolved by the loop's resolver.
public final class CurlHTTPClient: HTTPClientEngine {
  let configuration: HTTPClientConfiguration
  let loop: IOLoop
  private let prepare: ((borrowing CurlOptions, HTTPClientExchange) throws -> Void)?
  private let names: CurlNames
  /// `nil` while nothing is under way and no connection is kept.
  private var multi: CurlMulti?
  private var spare: [CurlHandle] = []
  private var lastUse: LoopTime
  private var sweep: TimeoutHandle?
  private var isClosed = false

  /// Creates one.
  /// - Parameters:
  ///   - configuration: That of the client it is for.
  ///   - loop: Where it works.
  ///   - prepare: Called with libcurl's options for each request, after all others were set: Tornado's
  ///     `prepare_curl_callback`. What it throws ends the fetch.
  public init(
    _ configuration: HTTPClientConfiguration = HTTPClientConfiguration(), on loop: IOLoop = .current,
    prepare: ((borrowing CurlOptions, HTTPClientExchange) throws -> Void)? = nil
  ) {
    self.configuration = configuration
    self.loop = loop
    self.prepare = prepare
    names = CurlNames(configuration, on: loop)
    lastUse = loop.time
  }

  deinit { multi?.close() }

  /// libcurl's version with those of the libraries in it, as in `libcurl/7.88.1 OpenSSL/3.0.19 … nghttp2/1.52.0`.
  public static var libraryVersion: String {
    // SAFETY: a constant of the library.
    unsafe String(cString: curl_version())
  }

  /// Whether libcurl can speak HTTP/2.
  public static var speaksHTTP2: Bool {
    // SAFETY: a constant structure of the library.
    unsafe curl_version_info(CURLVERSION_FIRST).pointee.features & CURL_VERSION_HTTP2 != 0
  }

  /// See `HTTPClientEngine.check(_:_:)`.
  public func check(_ request: HTTPRequest, _ options: HTTPRequestOptions) throws(HTTPClientError) {
    if request.method == "HEAD", request.body != nil {
      throw HTTPClientError(.unsupported, "libcurl sends no body with HEAD")
    }
    #if TLS
    if options.tls?.configuration.keyLogFile != nil {
      throw HTTPClientError(.unsupported, "libcurl writes secrets only where SSLKEYLOGFILE says")
    }
    #endif
  }

  /// See `HTTPClientEngine.perform(_:)`.
  public func perform(_ exchange: HTTPClientExchange) async throws {
    guard !isClosed else { throw HTTPClientError(.clientClosed, "The client was closed") }
    let route = try await names.route(for: exchange)
    guard !isClosed else { throw HTTPClientError(.clientClosed, "The client was closed") }
    exchange.timeInfo.nameLookup = route.lookUpTime
    let handle: CurlHandle
    let transfer: CurlTransfer
    do throws(CurlError) {
      if let kept = spare.popLast() { handle = kept } else { handle = try CurlHandle() }
      transfer = try describe(exchange, route, handle)
    } catch {
      throw CurlHTTPClient.settingUp(error)
    }
    defer { giveBack(handle) }
    if let prepare { try prepare(CurlOptions(handle), exchange) }
    try await run(transfer)
    exchange.timeInfo = transfer.times
  }

  private func run(_ transfer: CurlTransfer) async throws {
    let exchange = transfer.exchange
    let multi: CurlMulti
    do throws(CurlError) {
      multi = try existingMulti()
    } catch {
      throw CurlHTTPClient.settingUp(error)
    }
    exchange.whenFailed = { [weak transfer] in transfer?.fail($0) }
    exchange.whenReady = { [weak transfer] in transfer?.readOn() }
    defer {
      exchange.whenFailed = nil
      exchange.whenReady = nil
    }
    let producer = startProducer(of: transfer)
    defer { producer?.cancel() }
    try await transfer.run(in: multi)
  }

  /// An error that came before anything was sent.
  private static func settingUp(_ error: CurlError) -> HTTPClientError {
    let isUnknown = error.number == Int(CURLE_NOT_BUILT_IN.rawValue)
    return HTTPClientError(isUnknown ? .unsupported : .invalidRequest, error.message, underlyingError: error)
  }

  // MARK: - The body of the request

  private func startProducer(of transfer: CurlTransfer) -> Task<Void, Never>? {
    guard case .producer(_, let produce) = transfer.exchange.body, let upload = transfer.upload else {
      return nil
    }
    return loop.spawn {
      do {
        try await produce(HTTPBodyWriter { try await upload.write($0, of: transfer) })
        try upload.end(of: transfer)
      } catch {
        // Harmless when the transfer has ended, which may be why.
        transfer.fail(error)
      }
    }
  }

  // MARK: - What is kept

  private func existingMulti() throws(CurlError) -> CurlMulti {
    lastUse = loop.time
    if let multi { return multi }
    let made = try CurlMulti(on: loop)
    // 0 is libcurl's default, which grows with the number of transfers.
    made.set(CURLMOPT_MAXCONNECTS, max(1, configuration.maxIdleConnections))
    multi = made
    scheduleSweep()
    return made
  }

  private func giveBack(_ handle: CurlHandle) {
    lastUse = loop.time
    guard !isClosed, spare.count < configuration.maxClients else { return }
    handle.reset()
    spare.append(handle)
  }

  /// libcurl closes connections that were idle for too long when it needs one: when it needs none for so long, all of
  /// them are closed.
  private func scheduleSweep() {
    let time = lastUse + configuration.idleTimeout
    sweep = loop.callAt(max(time, loop.time + .milliseconds(10))) { [weak self] in self?.closeIdle() }
  }

  private func closeIdle() {
    guard let multi else { return }
    guard multi.count == 0, lastUse + configuration.idleTimeout <= loop.time else { return scheduleSweep() }
    self.multi = nil
    multi.close()
  }

  /// Ends the requests that are under way and closes all connections.
  public func close() {
    guard !isClosed else { return }
    isClosed = true
    if let sweep { loop.removeTimeout(sweep) }
    spare = []
    let multi = multi
    self.multi = nil
    multi?.close()
  }
}

#endif
