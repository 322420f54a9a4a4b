// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if TLS

import GaleLoop

/// HTTPS.
package struct TLSSettings: Sendable {
  /// The certificate and those that lead to a root; `nil` for no HTTPS.
  package var certificateFile: String?
  /// Its private key, if that is not in the same file.
  package var keyFile: String?
  /// Who must have signed the certificates that clients show; `nil` for clients that show none.
  package var clientRootsFile: String?

  package init() {}

  init(_ reader: SettingReader) throws(ServeError) {
    certificateFile = try reader.text("certfile")
    keyFile = try reader.text("keyfile")
    clientRootsFile = try reader.text("ca-certs")
    if certificateFile == nil {
      if keyFile != nil { throw reader.complaint("keyfile", "needs --certfile") }
      if clientRootsFile != nil { throw reader.complaint("ca-certs", "needs --certfile") }
    }
  }

  /// What they say; `nil` when there is to be no HTTPS.
  var configuration: TLSConfiguration? {
    guard let certificateFile else { return nil }
    var configuration = TLSConfiguration.server(certificateFile: certificateFile, privateKeyFile: keyFile)
    if let clientRootsFile {
      configuration.trustRoots = .file(clientRootsFile)
      configuration.verification = .required
    }
    return configuration
  }
}

#endif
