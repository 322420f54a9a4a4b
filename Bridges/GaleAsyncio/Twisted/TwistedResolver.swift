// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
public import GaleLoop
import GalePython

/// Looks names up with `twisted.names`, on the loop's thread: Tornado's `TwistedResolver`.
///
/// For programs that run Twisted anyway. It reads the hosts file first, then asks the DNS; unlike Tornado's it asks for both
/// families, takes all addresses, and follows aliases. Answers are cached as long as they say.
public final class TwistedResolver: Resolver {
  private let asyncio: AsyncIOLoop
  private let names: PythonReference
  private let timeout: Duration
  private var isClosed = false

  /// Creates one, with the reactor of `asyncio`'s loop.
  /// - Parameters:
  ///   - servers: Whom to ask, IPv4 addresses with their ports (usually 53); `nil` for resolv.conf's.
  ///   - hostsFile: What is looked at first.
  ///   - timeout: The longest that a look-up may take in all.
  ///   - asyncio: Where it works.
  /// - Throws: ``PythonError``, an `ImportError` when there is no Twisted.
  public init(
    servers: [SocketAddress]? = nil, hostsFile: String = "/etc/hosts", timeout: Duration = .seconds(15),
    on asyncio: AsyncIOLoop
  ) throws {
    self.asyncio = asyncio
    self.timeout = timeout
    names = try asyncio.withPython { (python) throws(PythonError) in
      let list = try python.list()
      for server in servers ?? [] {
        let pair = try python.tuple(
          try python.string(server.host), try python.int(Int(server.port)))
        try list.append(python, pair)
      }
      let type = try TwistedReactor.module(python).attribute(python, "_Names")
      return PythonReference(
        try type.call(python, asyncio.asyncioLoop.object(python), list, try python.string(hostsFile)))
    }
  }

  /// See `Resolver.resolve(_:port:family:)`.
  ///
  /// `.timedOut` is one of its errors.
  public func resolve(_ host: String, port: UInt16, family: AddressFamily?) async throws -> [SocketAddress] {
    if let address = try SocketAddress.numeric(host, port: port, family: family) { return [address] }
    guard !isClosed else {
      throw LoopError(.resolverFailure, "cannot resolve \(host): the resolver is closed")
    }
    let answer = try await withTimeout(timeout, on: asyncio.loop) { [self] in
      try await asyncio.run { python in
        let families = try python.list()
        if family != .ipv6 { try families.append(python, try python.int(4)) }
        if family != .ipv4 { try families.append(python, try python.int(6)) }
        return try names.object(python).callMethod(
          python, try python.interned("look_up"), try python.string(host), families)
      } _: { python, answer in
        try TwistedAnswer(python, answer)
      }
    }
    switch answer {
    case .addresses(let texts): return try texts.map { try SocketAddress(host: $0, port: port) }
    case .none(let reason): throw LoopError(.resolution, "cannot resolve \(host): \(reason)")
    case .unknown(let reason): throw LoopError(.resolverFailure, "cannot resolve \(host): \(reason)")
    }
  }

  /// Names are resolved no more; look-ups that wait go on.
  public func close() {
    guard !isClosed else { return }
    isClosed = true
    asyncio.withPython { python in
      do throws(PythonError) {
        _ = try names.object(python).callMethod(python, try python.interned("close"))
      } catch {
        AsyncioLog.error("Twisted's resolver did not close: \(error.traceback)")
      }
    }
  }
}

/// What Python's half of the resolver says.
private enum TwistedAnswer: Sendable {
  case addresses([String])
  case none(String)
  case unknown(String)

  init(_ python: borrowing Attached, _ answer: borrowing PythonObject) throws(PythonError) {
    let value = try answer.tupleItem(python, at: 1)
    switch try answer.tupleItem(python, at: 0).int(python) {
    case 0:
      var texts: [String] = []
      for index in 0..<(try value.count(python)) {
        texts.append(try value.listItem(python, at: index).string(python))
      }
      self = .addresses(texts)
    case 1: self = .none(try value.string(python))
    default: self = .unknown(try value.string(python))
    }
  }
}

#endif
