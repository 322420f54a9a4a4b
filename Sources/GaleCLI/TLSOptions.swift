// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if TLS

import ArgumentParser
import GaleLoop
import Glibc
import Logging

/// HTTPS on the command line, under gunicorn's names.
struct TLSOptions: ParsableArguments {
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

  func validate() throws {
    guard certfile != nil || keyfile == nil && caCerts == nil else {
      throw ValidationError("--keyfile and --ca-certs need --certfile")
    }
  }

  /// What they say; `nil` when there is to be no HTTPS.
  var configuration: TLSConfiguration? {
    guard let certfile else { return nil }
    var configuration = TLSConfiguration.server(certificateFile: certfile, privateKeyFile: keyfile)
    if let caCerts {
      configuration.trustRoots = .file(caCerts)
      configuration.verification = .required
    }
    return configuration
  }
}

extension TLSContext {
  /// Reads the files again on SIGHUP.
  func reloadOnHangUp(of loop: IOLoop) throws {
    let log = Logger(label: "gale.general")
    try loop.addSignalHandler(SIGHUP) { [self] in
      do throws(TLSError) {
        try reload()
        log.info("The certificate was read again")
      } catch {
        log.error("The certificate stays as it is: \(error)")
      }
    }
  }
}

#endif
