// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// The PROXY protocol of HAProxy and others: a header before a connection's own bytes, also before TLS, says who it comes from.
///
/// ```swift
/// server.proxyProtocol = try ProxyProtocol(.auto, from: NetworkList(["10.0.0.0/8"]))
/// ```
///
/// Each connection from ``sources`` begins with a header; it is closed, and that is logged, when there is none, when it is
/// malformed or when it takes longer than ``timeout``. Connections from elsewhere have no header: one that is sent there is
/// like any other bytes, so nobody can pretend to be somebody else.
///
/// Source: The PROXY protocol, versions 1 & 2 (haproxy.org, proxy-protocol.txt).
public struct ProxyProtocol: Sendable, Hashable {
  /// Which headers are understood.
  public enum Version: String, Sendable, Hashable, CaseIterable {
    /// The line of text.
    case v1
    /// The binary header.
    case v2
    /// Both.
    case auto
  }

  /// Which headers are understood.
  public var version: Version
  /// Whose connections begin with a header.
  public var sources: NetworkList
  /// How long a header may take.
  public var timeout: Duration

  /// - Parameters:
  ///   - version: Which headers are understood.
  ///   - sources: Whose connections begin with a header.
  ///   - timeout: How long a header may take.
  public init(_ version: Version, from sources: NetworkList, timeout: Duration = .seconds(5)) {
    self.version = version
    self.sources = sources
    self.timeout = timeout
  }
}
