// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Curl

import CCurl
import GaleHTTP
import GaleLoop
import GaleWire

extension CurlHTTPClient {
  /// Writes an exchange down in libcurl's options.
  func describe(
    _ exchange: HTTPClientExchange, _ route: CurlRoute, _ handle: CurlHandle
  ) throws(CurlError) -> CurlTransfer {
    let options = exchange.options
    let (body, upload) = CurlHTTPClient.body(of: exchange)
    try handle.setBasics()
    try handle.set(CURLOPT_URL, exchange.url.text)
    try handle.set(method: exchange.method, body: body)
    try handle.set(exchange.headers, expectsContinue: options.expectsContinue ?? false && upload != nil)
    try handle.set(route)
    if let proxy = exchange.proxy { try handle.set(proxy, tunnels: exchange.url.isSecure) }
    if let interface = options.networkInterface { try handle.set(networkInterface: interface) }
    if !(options.allowsIPv6 ?? true) { try handle.set(CURLOPT_IPRESOLVE, Int(CURL_IPRESOLVE_V4)) }
    try setReuse(options, handle)
    #if TLS
    if exchange.url.isSecure { try handle.set(CurlHTTPClient.tls(options)) }
    #endif
    return try CurlTransfer(exchange, handle, upload: upload, start: loop.time)
  }

  private func setReuse(_ options: HTTPRequestOptions, _ handle: CurlHandle) throws(CurlError) {
    if !(options.keepsAlive ?? true) {
      try handle.set(CURLOPT_FRESH_CONNECT, true)
      try handle.set(CURLOPT_FORBID_REUSE, true)
    }
    if configuration.maxIdleConnections == 0 { try handle.set(CURLOPT_FORBID_REUSE, true) }
    // In whole seconds; one that was idle for longer is not used again.
    try handle.set(CURLOPT_MAXAGE_CONN, max(1, Int(configuration.idleTimeout.components.seconds)))
  }

  /// A body of this size goes out with the header, in one piece; libcurl's own limit for that is far higher.
  private static let smallByteCount = 64 * 1024

  private static func body(of exchange: HTTPClientExchange) -> (CurlBody, CurlUpload?) {
    let loop = exchange.loop
    let waits = exchange.options.expectsContinue ?? false
    switch exchange.body {
    case .none: return (.none, nil)
    case .bytes(let bytes) where bytes.count <= smallByteCount && !(waits && !bytes.isEmpty):
      return (.small(bytes), nil)
    case .bytes(let bytes): return (.read(length: bytes.count), CurlUpload(bytes, on: loop))
    case .file(let file): return (.read(length: file.length), CurlUpload(file, on: loop))
    case .producer(let length, _): return (.read(length: length), CurlUpload(length: length, on: loop))
    }
  }

  #if TLS
  private static func tls(_ options: HTTPRequestOptions) -> TLSConfiguration {
    if let context = options.tls { return context.configuration }
    var configuration = TLSConfiguration.client
    if !(options.validatesCertificate ?? true) { configuration.verification = .none }
    if let file = options.authoritiesFile { configuration.trustRoots = .file(file) }
    if let file = options.certificateFile {
      configuration.identity = TLSIdentity(certificateFile: file, privateKeyFile: options.privateKeyFile)
    }
    return configuration
  }
  #endif
}

#endif
