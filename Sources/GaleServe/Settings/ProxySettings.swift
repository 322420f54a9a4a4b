// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleHTTP
import GaleLoop
import GaleWSGI

/// What is believed about clients, and who is believed.
package struct ProxySettings: Sendable {
  /// Which headers proxies write.
  package enum Headers: String, CaseIterable, Sendable {
    case xForwarded = "x-forwarded"
    case forwarded
    case either
  }

  /// Whether connections begin with a header of the PROXY protocol.
  package enum Announcement: String, CaseIterable, Sendable { case off, v1, v2, auto }

  /// What becomes of a field whose name has an underscore, in an environ.
  package enum HeaderMap: String, CaseIterable, Sendable { case drop, refuse, dangerous }

  /// Addresses and networks of proxies whose headers are looked at; `unix` for whoever connects to a Unix socket, `*` for
  /// everybody.
  package var trusted: [String] = []
  /// Which headers they write.
  package var headers = Headers.xForwarded
  /// Whether they say in `X-Forwarded-Prefix` what they have cut off the path.
  package var takesPrefix = false
  /// Whether connections begin with a header of the PROXY protocol.
  package var announcement = Announcement.off
  /// Whose connections do; empty for those of ``trusted``.
  package var announcers: [String] = []
  /// What becomes of field names with underscores.
  package var headerMap = HeaderMap.drop

  package init() {}

  init(_ reader: SettingReader) throws(ServeError) {
    trusted = try reader.texts("forwarded-allow-ips", alias: "FORWARDED_ALLOW_IPS").flatMap(Self.split)
    headers = try reader.choice("forwarded-headers", default: headers)
    takesPrefix = try reader.flag("forwarded-prefix", default: takesPrefix)
    announcement = try reader.choice("proxy-protocol", default: announcement)
    announcers = try reader.texts("proxy-allow-from").flatMap(Self.split)
    headerMap = try reader.choice("header-map", default: headerMap)
    for (name, list) in [("forwarded-allow-ips", trusted), ("proxy-allow-from", announcers)] {
      do throws(LoopError) {
        _ = try NetworkList(Self.networks(list))
      } catch {
        throw reader.complaint(name, "takes addresses and networks, such as 10.0.0.0/8: \(error.message)")
      }
    }
    if announcement != .off, announcers.isEmpty, trusted.isEmpty {
      throw reader.complaint(
        "proxy-protocol", "needs --proxy-allow-from: whoever connects could pretend to be somebody else")
    }
    if announcement == .off, !announcers.isEmpty {
      throw reader.complaint("proxy-allow-from", "needs --proxy-protocol")
    }
  }

  private static func split(_ text: String) -> [String] {
    text.split { $0 == "," || $0 == " " }.map(String.init)
  }

  private static func networks(_ list: [String]) -> [String] {
    list.flatMap { $0 == "*" ? ["0.0.0.0/0", "::/0"] : $0 == "unix" ? [] : [$0] }
  }

  private static func includesUnix(_ list: [String]) -> Bool { list.contains("*") || list.contains("unix") }

  /// For the server.
  func apply(to configuration: inout HTTPServerConfiguration) throws(LoopError) {
    var proxies = try TrustedProxies(Self.networks(trusted))
    proxies.includesUnixSockets = Self.includesUnix(trusted)
    switch headers {
    case .xForwarded: proxies.headers = .xForwarded
    case .forwarded: proxies.headers = .forwarded
    case .either: proxies.headers = .either
    }
    proxies.sayPrefix = takesPrefix
    switch announcement {
    case .off: break
    case .v1: proxies.proxyProtocol = .v1
    case .v2: proxies.proxyProtocol = .v2
    case .auto: proxies.proxyProtocol = .auto
    }
    if !announcers.isEmpty {
      proxies.proxyProtocolSources = try NetworkList(Self.networks(announcers))
      proxies.includesUnixSockets = proxies.includesUnixSockets || Self.includesUnix(announcers)
    }
    configuration.trustedProxies = proxies
  }

  /// For the applications.
  var underscorePolicy: WSGIUnderscorePolicy {
    switch headerMap {
    case .drop: .drop
    case .refuse: .refuse
    case .dangerous: .merge
    }
  }
}
