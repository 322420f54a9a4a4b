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

  /// OpenSSL's list of ciphers for TLS 1.2; `nil` for the modern ones.
  package var ciphers: String?
  /// What is asked of clients: 0 nothing, 1 a certificate if they have one, 2 a certificate.
  package var certificateRequirement: Int?

  package init() {}

  init(_ reader: SettingReader) throws(ServeError) {
    certificateFile = try reader.text("certfile")
    keyFile = try reader.text("keyfile")
    clientRootsFile = try reader.text("ca-certs")
    ciphers = try reader.text("ciphers")
    certificateRequirement = try reader.integer("cert-reqs", 0...2, default: nil)
    if let wanted = certificateRequirement, wanted > 0, clientRootsFile == nil {
      throw reader.complaint("cert-reqs", "needs --ca-certs: who signs the clients' certificates?")
    }
    if certificateFile == nil {
      if ciphers != nil { throw reader.complaint("ciphers", "needs --certfile") }
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
      switch certificateRequirement {
      case 0: configuration.verification = .none
      case 1: configuration.verification = .optional
      default: configuration.verification = .required
      }
    }
    if let ciphers { configuration.ciphers = ciphers }
    return configuration
  }
}

#endif
