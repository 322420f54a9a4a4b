// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleLoop

/// A proxy: Tornado's `proxy_host`, `proxy_port`, `proxy_username`, `proxy_password` and `proxy_auth_mode`.
public struct HTTPProxy: Sendable, Hashable {
  /// What a proxy speaks.
  public enum Kind: Sendable, Hashable {
    /// HTTP: requests for `http` URLs are forwarded, connections for `https` URLs are tunnelled (CONNECT).
    case http
    /// SOCKS 5 (RFC 1928); the proxy resolves names.
    case socks5
  }

  /// What it speaks.
  public var kind: Kind
  /// Its name or address.
  public var host: String
  /// Its port.
  public var port: UInt16
  /// Who we are to the proxy; for SOCKS always as they are (RFC 1929).
  public var credentials: HTTPCredentials?

  /// Creates a proxy of either kind.
  public init(_ kind: Kind = .http, host: String, port: UInt16, credentials: HTTPCredentials? = nil) {
    self.kind = kind
    self.host = host
    self.port = port
    self.credentials = credentials
  }

  /// A proxy as URLs name it: `http://user:password@host:port`, `socks5://host:1080`, or without a scheme.
  /// - Throws: ``HTTPClientError`` `.invalidURL`.
  public init(url: String) throws(HTTPClientError) {
    let lowered = url.lowercased()
    let isSOCKS = lowered.hasPrefix("socks5://") || lowered.hasPrefix("socks5h://")
    var text = Substring(url)
    if let scheme = text.range(of: "://") {
      guard isSOCKS || lowered.hasPrefix("http://") else {
        throw HTTPClientError(
          .invalidURL, "A proxy is reached by http or socks5, not by \(url.debugDescription)")
      }
      text = text[scheme.upperBound...]
    }
    let parsed = try HTTPClientURL("http://" + text, defaultPort: isSOCKS ? 1080 : 80)
    self.init(
      isSOCKS ? .socks5 : .http, host: parsed.host, port: parsed.port, credentials: parsed.credentials)
  }
}

/// Which proxy a request uses, if any.
public struct HTTPProxySelection: Sendable, Hashable {
  enum Source: Hashable {
    case fixed(HTTPProxy?)
    case environment
  }

  let source: Source
  /// Hosts that are reached without it: names (with all names below them, a leading dot or not), addresses,
  /// blocks of addresses as in `10.0.0.0/8`, each with a port or without; `*` for all.
  public var exceptions: [String]

  private init(_ source: Source, _ exceptions: [String] = []) {
    self.source = source
    self.exceptions = exceptions
  }

  /// No proxy.
  public static let none = HTTPProxySelection(.fixed(nil))

  /// What `http_proxy`, `https_proxy`, `all_proxy` and `no_proxy` say, in lower or upper case.
  ///
  /// `HTTP_PROXY` in upper case does not count: it is what a CGI program gets from a request's `Proxy` field.
  public static let environment = HTTPProxySelection(.environment)

  /// This proxy.
  public static func proxy(_ proxy: HTTPProxy, exceptions: [String] = []) -> HTTPProxySelection {
    HTTPProxySelection(.fixed(proxy), exceptions)
  }

  /// The proxy for a URL, `nil` for none.
  /// - Throws: ``HTTPClientError`` `.invalidURL` when a variable of the environment is no proxy.
  public func proxy(for url: HTTPClientURL) throws(HTTPClientError) -> HTTPProxy? {
    try proxy(for: url) { System.environment($0) }
  }

  func proxy(
    for url: HTTPClientURL, environment: (String) -> String?
  ) throws(HTTPClientError) -> HTTPProxy? {
    switch source {
    case .fixed(let proxy): return proxy == nil || isException(url, exceptions) ? nil : proxy
    case .environment:
      let names = url.isSecure ? ["https_proxy", "HTTPS_PROXY"] : ["http_proxy"]
      let found = (names + ["all_proxy", "ALL_PROXY"]).lazy.compactMap(environment).first { !$0.isEmpty }
      guard let found else { return nil }
      let list = environment("no_proxy") ?? environment("NO_PROXY") ?? ""
      let excepted = list.split { $0 == "," || $0 == " " }.map(String.init)
      return isException(url, exceptions + excepted) ? nil : try HTTPProxy(url: found)
    }
  }

  private func isException(_ url: HTTPClientURL, _ list: [String]) -> Bool {
    guard !list.isEmpty else { return false }
    let address = try? SocketAddress(host: url.host, port: 0)
    return list.contains { HTTPProxySelection.matches($0.lowercased(), url, address) }
  }

  private static func matches(_ entry: String, _ url: HTTPClientURL, _ address: SocketAddress?) -> Bool {
    if entry == "*" { return true }
    if let slash = entry.firstIndex(of: "/") {
      guard let address, let bits = Int(entry[entry.index(after: slash)...]),
        let block = try? SocketAddress(host: String(entry[..<slash]), port: 0)
      else { return false }
      return address.isIn(block, prefixLength: bits)
    }
    var name = entry
    if let colon = name.lastIndex(of: ":"), let port = UInt16(name[name.index(after: colon)...]),
      name.hasPrefix("[") || name.firstIndex(of: ":") == colon
    {
      guard port == url.port else { return false }
      name = String(name[..<colon])
    }
    if let other = try? SocketAddress(host: name, port: 0) { return other == address }
    if name.hasPrefix("*") { name.removeFirst() }
    if name.hasPrefix(".") { name.removeFirst() }
    var host = url.host
    if host.hasSuffix(".") { host.removeLast() }
    return !name.isEmpty && (host == name || host.hasSuffix("." + name))
  }
}

extension Substring {
  /// Where `text`, of ASCII, stands first.
  fileprivate func range(of text: String) -> Range<Index>? {
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
      start = index(after: start)
    }
    return nil
  }
}
