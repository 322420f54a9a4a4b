// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleHTTP
import GaleLoop
import Glibc
import Logging

/// What the server's connections are made of: TCP, or TLS on top of it.
struct Transport {
  #if TLS
  private let tls: TLSContext?

  /// Reads the certificate, if there is to be one.
  init(_ configuration: ServeConfiguration) throws(ServeError) {
    guard let settings = configuration.tls.configuration else {
      tls = nil
      return
    }
    do throws(TLSError) { tls = try TLSContext(settings) } catch { throw ServeError(.system, error.message) }
  }

  var hasCertificate: Bool { tls != nil }

  func makeServer(
    _ delegate: any HTTPServerConnectionDelegate, _ configuration: HTTPServerConfiguration
  ) -> HTTPServer {
    if let tls { return HTTPServer(delegate, tls: tls, configuration: configuration) }
    return HTTPServer(delegate, configuration: configuration)
  }

  /// Reads the certificate again on SIGHUP; does nothing when there is none.
  func reloadOnHangUp(of loop: IOLoop) throws {
    guard let tls else { return }
    let log = Logger(label: "gale.general")
    try loop.addSignalHandler(SIGHUP) {
      do throws(TLSError) {
        try tls.reload()
        log.info("The certificate was read again")
      } catch {
        log.error("The certificate stays as it is: \(error)")
      }
    }
  }
  #else
  init(_ configuration: ServeConfiguration) throws(ServeError) {}

  var hasCertificate: Bool { false }

  func makeServer(
    _ delegate: any HTTPServerConnectionDelegate, _ configuration: HTTPServerConfiguration
  ) -> HTTPServer {
    HTTPServer(delegate, configuration: configuration)
  }

  func reloadOnHangUp(of loop: IOLoop) throws {}
  #endif

  var scheme: String { hasCertificate ? "https" : "http" }
}
