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

  func collect(in layer: inout SettingLayer) {
    layer.set("certfile", certfile)
    layer.set("keyfile", keyfile)
    layer.set("ca-certs", caCerts)
  }
}

#endif
