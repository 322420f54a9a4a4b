// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if CAres

import CCAres
public import GaleLoop

/// Asks the name servers itself, on the loop's thread, with c-ares: Tornado's `CaresResolver`.
///
/// ```swift
/// IOLoop.configureResolver { loop in CaresResolver(on: loop) }
/// ```
///
/// A look-up costs no thread, and ends when it shall. It reads resolv.conf (once, when it is made) and the hosts file, and
/// knows nothing of the other sources in nsswitch.conf (mDNS, LDAP): names that only those know need a
/// `ThreadedResolver`. Unlike Tornado's it asks for both families, and its time-outs need no activity to be noticed.
public final class CaresResolver: Resolver {
  private let loop: IOLoop
  private let timeout: Duration
  private let channel: CaresChannel?
  private let failure: String
  private var isClosed = false

  /// Creates one.
  /// - Parameters:
  ///   - servers: Whom to ask, numeric addresses with their ports (usually 53); `nil` for resolv.conf's.
  ///   - attemptTimeout: How long the first attempt at each server waits, in whole milliseconds; later ones wait longer.
  ///   - tries: How often each server is asked.
  ///   - timeout: The longest that a look-up may take in all.
  ///   - loop: Where it works.
  public init(
    servers: [SocketAddress]? = nil, attemptTimeout: Duration = .seconds(2), tries: Int = 3,
    timeout: Duration = .seconds(15), on loop: IOLoop = .current
  ) {
    precondition(tries > 0, "a server must be asked at least once")
    self.loop = loop
    self.timeout = timeout
    let made = CaresChannel.make(servers, attemptTimeout: attemptTimeout, tries: tries, on: loop)
    switch made {
    case .success(let channel): (self.channel, failure) = (channel, "")
    case .failure(let status): (channel, failure) = (nil, status.description)
    }
  }

  deinit { channel?.close() }

  /// See `Resolver.resolve(_:port:family:)`.
  ///
  /// `.timedOut` is one of its errors.
  public func resolve(_ host: String, port: UInt16, family: AddressFamily?) async throws -> [SocketAddress] {
    loop.checkThread()
    if let address = try SocketAddress.numeric(host, port: port, family: family) { return [address] }
    guard !isClosed, let channel else {
      throw LoopError(
        .resolverFailure, "cannot resolve \(host): \(isClosed ? "the resolver is closed" : failure)")
    }
    let completion = Completion<[SocketAddress]>(on: loop)
    let timer = loop.callLater(timeout) { [timeout] in
      completion.finish(.failure(LoopError(.timedOut, "cannot resolve \(host) within \(timeout)")))
    }
    defer { loop.removeTimeout(timer) }
    channel.lookUp(host, family: family) { result in
      completion.finish(
        result.map { $0.map { $0.with(port: port) } }.mapError { $0.error(resolving: host) })
    }
    return try await completion.value()
  }

  /// Ends the look-ups that wait and gives the sockets back.
  public func close() {
    loop.checkThread()
    isClosed = true
    channel?.close()
  }
}

/// What c-ares says.
struct CaresStatus: Error, CustomStringConvertible {
  let number: Int32

  var description: String {
    // SAFETY: a constant of the library.
    unsafe String(cString: ares_strerror(number))
  }

  func error(resolving host: String) -> any Error {
    let code: LoopError.Code =
      switch number {
      case ARES_ENODATA, ARES_ENOTFOUND, ARES_ENONAME: .resolution
      case ARES_EBADNAME, ARES_EBADSTR: .invalidArgument
      default: .resolverFailure
      }
    return LoopError(code, "cannot resolve \(host): \(self) (c-ares error \(number))")
  }
}

#endif
