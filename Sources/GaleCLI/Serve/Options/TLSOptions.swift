// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if TLS

import ArgumentParser
import GaleServe

/// HTTPS, under gunicorn's names.
struct TLSOptions: SettingOptions {
  @Option(
    help: ArgumentHelp(
      "Serve HTTPS: the certificate and those that lead to a root (PEM).", valueName: "file"))
  var certfile: String?

  @Option(
    help: ArgumentHelp("The certificate's private key, if it is not in the same file.", valueName: "file"))
  var keyfile: String?

  @Option(
    help: ArgumentHelp("Clients must show a certificate that one of these has signed.", valueName: "file"))
  var caCerts: String?

  @Option(
    help: ArgumentHelp(
      "What is asked of clients: 0 nothing, 1 a certificate if they have one, 2 a certificate. (default: 2 with --ca-certs)",
      valueName: "level"))
  var certReqs: Int?

  @Option(
    help: ArgumentHelp("OpenSSL's list of ciphers for TLS 1.2. (default: the modern ones)", valueName: "list")
  )
  var ciphers: String?

  func collect(in layer: inout SettingLayer) {
    layer.set("certfile", certfile)
    layer.set("keyfile", keyfile)
    layer.set("ca-certs", caCerts)
    layer.set("cert-reqs", certReqs)
    layer.set("ciphers", ciphers)
  }
}

#endif
