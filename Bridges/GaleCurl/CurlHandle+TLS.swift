// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Curl && TLS

import CCurl
import GaleLoop
import Glibc

extension CurlHandle {
  /// Sets how TLS is to be spoken, all of it: nothing is left to libcurl's defaults.
  func set(_ tls: TLSConfiguration) throws(CurlError) {
    guard tls.keyLogFile == nil else {
      throw CurlError(CURLE_NOT_BUILT_IN, detail: "libcurl writes secrets only where SSLKEYLOGFILE says")
    }
    let verifies = tls.verification != .none
    try set(CURLOPT_SSL_VERIFYPEER, verifies)
    try set(CURLOPT_SSL_VERIFYHOST, verifies && tls.checksHostname ? 2 : 0)
    let lowest = tls.minimumVersion == .tls13 ? CURL_SSLVERSION_TLSv1_3 : CURL_SSLVERSION_TLSv1_2
    let highest =
      switch tls.maximumVersion {
      case .tls12: CURL_SSLVERSION_MAX_TLSv1_2
      case .tls13: CURL_SSLVERSION_MAX_TLSv1_3
      case nil: CURL_SSLVERSION_MAX_DEFAULT
      }
    try set(CURLOPT_SSLVERSION, lowest | highest)
    try set(CURLOPT_SSL_CIPHER_LIST, tls.ciphers)
    if let suites = tls.cipherSuites { try set(CURLOPT_TLS13_CIPHERS, suites) }
    try set(CURLOPT_SSL_SESSIONID_CACHE, tls.resumesSessions)
    if !tls.applicationProtocols.isEmpty, !tls.applicationProtocols.contains("h2") {
      try set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
    }
    try setRoots(tls.trustRoots)
    if let identity = tls.identity { try setIdentity(identity) }
  }

  private func setRoots(_ roots: TLSConfiguration.TrustRoots) throws(CurlError) {
    switch roots {
    case .system:
      // As OpenSSL does; libcurl has paths that were chosen when it was built.
      if let file = CurlHandle.environment("SSL_CERT_FILE") { try set(CURLOPT_CAINFO, file) }
      if let directory = CurlHandle.environment("SSL_CERT_DIR") { try set(CURLOPT_CAPATH, directory) }
    case .file(let path):
      try set(CURLOPT_CAINFO, path)
      try set(CURLOPT_CAPATH, nil as String?)
    case .pem(let bytes):
      try set(CURLOPT_CAINFO, nil as String?)
      try set(CURLOPT_CAPATH, nil as String?)
      try set(CURLOPT_CAINFO_BLOB, blob: bytes)
    case .none:
      try set(CURLOPT_CAINFO, nil as String?)
      try set(CURLOPT_CAPATH, nil as String?)
    }
  }

  private func setIdentity(_ identity: TLSIdentity) throws(CurlError) {
    switch identity.certificates {
    case .file(let path): try set(CURLOPT_SSLCERT, path)
    case .pem(let bytes): try set(CURLOPT_SSLCERT_BLOB, blob: bytes)
    }
    switch identity.privateKey {
    case .file(let path): try set(CURLOPT_SSLKEY, path)
    case .pem(let bytes): try set(CURLOPT_SSLKEY_BLOB, blob: bytes)
    }
    // Without one OpenSSL would ask at the terminal.
    try set(CURLOPT_KEYPASSWD, identity.password ?? "")
  }

  private static func environment(_ name: String) -> String? {
    // SAFETY: copied at once; nothing here changes the environment.
    guard let value = unsafe getenv(name) else { return nil }
    return unsafe String(cString: value)
  }
}

#endif
