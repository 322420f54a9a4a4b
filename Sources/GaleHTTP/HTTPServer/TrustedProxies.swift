// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

public import GaleLoop
import GaleCore
import GaleWire

/// Whose word about the client is taken, and how it is given: Tornado's `xheaders` and `trusted_downstream`.
///
/// Addresses and networks, such as `127.0.0.1`, `10.0.0.0/8` and `fd00::/8`. Only when a connection comes from one of them
/// are the headers of a proxy looked at; everybody else could write there what they like. By default nobody is trusted,
/// loopback neither.
///
/// ```swift
/// configuration.trustedProxies = try TrustedProxies("127.0.0.1", "10.0.0.0/8")
/// ```
///
/// Behind something that passes connections on and says whose they are in the PROXY protocol (HAProxy's `send-proxy`, load
/// balancers of networks), alone or with HTTP proxies behind it:
///
/// ```swift
/// configuration.trustedProxies = try TrustedProxies("10.0.0.0/8", headers: .none)
/// configuration.trustedProxies.proxyProtocol = .auto
/// ```
///
/// For a command line: ``init(_:headers:)-([String],_)`` takes the list of networks and throws what is to be told to the
/// user; ``Headers`` and ``/GaleLoop/ProxyProtocol/Version`` are made from their names (`rawValue`).
public struct TrustedProxies: Sendable, Hashable {
  /// Which headers the proxies write.
  ///
  /// Those that they pass on from clients unread must not be among them.
  public enum Headers: String, Sendable, Hashable, CaseIterable {
    /// None: what requests say is not looked at.
    case none
    /// `X-Forwarded-For` and `X-Forwarded-Proto`, or `X-Real-Ip` and `X-Scheme` where there are any: Tornado's.
    case xForwarded = "x-forwarded"
    /// `Forwarded` (RFC 7239).
    case forwarded
    /// Either.
    ///
    /// Where a request has both, only what both tell is believed; it is answered 400 when they contradict each other.
    case either
  }

  private var networks: NetworkList
  /// Which headers they write.
  public var headers = Headers.xForwarded
  /// Whether they say which host was asked for, in `X-Forwarded-Host` and `X-Forwarded-Port` or the `host` of `Forwarded`.
  public var sayHost = false
  /// Whether they say in `X-Forwarded-Prefix` what they have cut off the path: it begins ``HTTPServerRequest/mountPath``.
  public var sayPrefix = false
  /// Whether whoever connects to a Unix socket is a proxy.
  public var includesUnixSockets = false
  /// Whether their connections begin with a header of the PROXY protocol, before TLS if there is any; `nil` if not.
  ///
  /// Each connection of theirs must begin with one then, in the time that ``HTTPServerConfiguration/headerTimeout`` gives; it
  /// is closed otherwise, and that is logged. The client that the header names takes the peer's place: only when it is a
  /// trusted proxy too, are ``headers`` looked at.
  public var proxyProtocol: ProxyProtocol.Version?
  /// Whose connections begin with such a header; `nil` for those of all trusted proxies.
  ///
  /// For balancers of connections whose addresses are others than those of the HTTP proxies behind them.
  public var proxyProtocolSources: NetworkList?

  /// Nobody.
  public static let none = TrustedProxies(.none, .xForwarded)

  private init(_ networks: NetworkList, _ headers: Headers) {
    self.networks = networks
    self.headers = headers
  }

  /// These addresses and networks.
  /// - Throws: ``/GaleLoop/LoopError`` `.invalidArgument` for a text that is neither.
  public init(_ networks: String..., headers: Headers = .xForwarded) throws(LoopError) {
    try self.init(networks, headers: headers)
  }

  /// These addresses and networks.
  /// - Throws: ``/GaleLoop/LoopError`` `.invalidArgument` for a text that is neither.
  public init(_ networks: [String], headers: Headers = .xForwarded) throws(LoopError) {
    self.init(try NetworkList(networks), headers)
  }

  /// Whether nobody is trusted.
  var isEmpty: Bool {
    networks.isEmpty && !includesUnixSockets && proxyProtocolSources?.isEmpty ?? true
  }

  /// Whether the peer is a proxy.
  func contains(_ peer: SocketAddress) -> Bool {
    peer.isPath ? includesUnixSockets : networks.contains(peer)
  }

  /// The header that a connection from `peer` begins with.
  func announcement(from peer: SocketAddress) -> ProxyProtocol.Version? {
    let isSource = proxyProtocolSources.map { $0.contains(peer) || peer.isPath && includesUnixSockets }
    guard let proxyProtocol, isSource ?? contains(peer) else { return nil }
    return proxyProtocol
  }

  // MARK: - What they say

  /// What proxies tell of a request.
  struct Word: Equatable {
    var address: SocketAddress?
    var scheme: String?
    var host: String?
    var prefix: String?
  }

  /// What the head of a request tells; `nil` when `peer` is not to be believed.
  /// - Parameter scheme: What the connection itself tells.
  /// - Throws: `.invalidHeader` when a request contradicts itself.
  func word(
    of head: RequestHead, from peer: SocketAddress, scheme: String
  ) throws(HTTPInputError) -> Word? {
    guard contains(peer), headers != .none else { return nil }
    let fields = head.headers
    var word: Word
    switch headers {
    case .none: return nil
    case .xForwarded: word = xForwarded(fields)
    case .forwarded: word = forwarded(fields) ?? Word()
    case .either: word = try both(fields)
    }
    if sayHost, headers != .forwarded, let port = TrustedProxies.port(fields["X-Forwarded-Port"]) {
      word.host = TrustedProxies.join(word.host ?? head.text(head.host), port, word.scheme ?? scheme)
    }
    if sayPrefix { word.prefix = TrustedProxies.prefix(fields["X-Forwarded-Prefix"]) }
    return word
  }

  private func xForwarded(_ fields: HTTPHeaders) -> Word {
    var word = Word()
    if let chain = fields["X-Forwarded-For"] {
      word.address = client(chain.split(separator: ",").map { String($0) })
    }
    // Where it is invalid, what the other one says stands.
    if let real = fields["X-Real-Ip"], let address = TrustedProxies.address(real) { word.address = address }
    word.scheme = TrustedProxies.scheme(fields["X-Scheme"] ?? fields["X-Forwarded-Proto"])
    if sayHost { word.host = TrustedProxies.host(fields["X-Forwarded-Host"]) }
    return word
  }

  /// RFC 7239, section 4: elements from the client on, each with what one proxy saw.
  private func forwarded(_ fields: HTTPHeaders) -> Word? {
    guard let field = fields["Forwarded"] else { return nil }
    let elements = ForwardedElement.parse(field)
    var word = Word()
    for element in elements.reversed() {
      // An element without an address, or with a hidden one, says nothing about who stands behind it.
      guard let name = element.for, let address = TrustedProxies.address(name) else { break }
      word = Word(
        address: address, scheme: TrustedProxies.scheme(element.proto),
        host: sayHost ? TrustedProxies.host(element.host) : nil)
      guard networks.contains(address) else { break }
    }
    return word
  }

  private static let otherFields = [
    "X-Forwarded-For", "X-Real-Ip", "X-Scheme", "X-Forwarded-Proto", "X-Forwarded-Host",
  ]

  /// One of the two may be what a client has written and a proxy passed on: they must agree.
  private func both(_ fields: HTTPHeaders) throws(HTTPInputError) -> Word {
    guard let standard = forwarded(fields) else { return xForwarded(fields) }
    guard TrustedProxies.otherFields.contains(where: { fields[$0] != nil }) else { return standard }
    let other = xForwarded(fields)
    guard standard.address?.host == other.address?.host,
      TrustedProxies.agree(standard.scheme, other.scheme),
      TrustedProxies.agree(standard.host?.lowercased(), other.host?.lowercased())
    else {
      throw HTTPInputError(.invalidHeader, "Forwarded and X-Forwarded-For or its like contradict each other")
    }
    return Word(
      address: standard.address, scheme: other.scheme == nil ? nil : standard.scheme,
      host: other.host == nil ? nil : standard.host)
  }

  private static func agree(_ left: String?, _ right: String?) -> Bool {
    left == nil || right == nil || left == right
  }

  /// The last address that is no proxy's; the first one when all are.
  private func client(_ chain: [String]) -> SocketAddress? {
    var result: SocketAddress?
    for name in chain.reversed() {
      guard let address = TrustedProxies.address(name) else { return result }
      result = address
      guard networks.contains(address) else { break }
    }
    return result
  }
}
