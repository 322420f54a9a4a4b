// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import GaleServe

extension ProxySettings.Headers: ExpressibleByArgument {}
extension ProxySettings.Announcement: ExpressibleByArgument {}
extension ProxySettings.HeaderMap: ExpressibleByArgument {}

/// What is believed about clients, and who is believed; under gunicorn's names where it has one.
struct ProxyOptions: SettingOptions {
  private static let standard = ProxySettings()

  @Option(
    help: ArgumentHelp(
      """
      Believe what these proxies say about clients: addresses and networks with commas between them, unix for those \
      that connect to a Unix socket, * for everybody. May be repeated. (default: $FORWARDED_ALLOW_IPS; nobody)
      """, valueName: "networks"))
  var forwardedAllowIps: [String] = []

  @Option(
    help: """
      Which headers they write: X-Forwarded-For and its like, Forwarded, or either. (default: \
      \(standard.headers.rawValue))
      """)
  var forwardedHeaders: ProxySettings.Headers?

  @Flag(
    inversion: .prefixedNo,
    help: "Have X-Forwarded-Prefix of these proxies begin SCRIPT_NAME. (default: --no-forwarded-prefix)")
  var forwardedPrefix: Bool?

  @Option(
    help: """
      Connections of proxies begin with a header of the PROXY protocol. (default: \(standard.announcement.rawValue))
      """)
  var proxyProtocol: ProxySettings.Announcement?

  @Option(
    help: ArgumentHelp(
      "Whose connections begin with it. (default: those of --forwarded-allow-ips)", valueName: "networks"))
  var proxyAllowFrom: [String] = []

  @Option(
    help: """
      What becomes of a header field whose name has an underscore, which looks to an application like one with a \
      hyphen: it is dropped, the request is refused, or it is passed on. (default: \(standard.headerMap.rawValue))
      """)
  var headerMap: ProxySettings.HeaderMap?

  func collect(in layer: inout SettingLayer) {
    layer.set("forwarded-allow-ips", forwardedAllowIps)
    layer.set("forwarded-headers", forwardedHeaders?.rawValue)
    layer.set("forwarded-prefix", forwardedPrefix)
    layer.set("proxy-protocol", proxyProtocol?.rawValue)
    layer.set("proxy-allow-from", proxyAllowFrom)
    layer.set("header-map", headerMap?.rawValue)
  }
}
