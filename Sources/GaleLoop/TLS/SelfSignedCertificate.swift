// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if TLS

import COpenSSL

/// A certificate that vouches for itself, with its key: for tests and for development.
///
/// Who is to believe it has ``certificatePEM`` among its roots. It takes less than a millisecond to make.
public struct SelfSignedCertificate: Sendable, Hashable {
  /// The certificate in PEM form.
  public let certificatePEM: [UInt8]
  /// Its private key in PEM form, not encrypted.
  public let privateKeyPEM: [UInt8]

  /// What a server shows.
  public var identity: TLSIdentity {
    TLSIdentity(certificatePEM: certificatePEM, privateKeyPEM: privateKeyPEM)
  }

  /// Makes a key on the curve P-256 and a certificate for it.
  /// - Parameters:
  ///   - hosts: The names and numeric addresses that it is for, one or more.
  ///   - lifetime: How long it is good, from an hour ago on.
  /// - Throws: ``TLSError`` `.invalidConfiguration` for a host that cannot stand in a certificate.
  public init(
    for hosts: [String] = ["localhost", "127.0.0.1", "::1"], lifetime: Duration = .seconds(7 * 86400)
  ) throws(TLSError) {
    guard let name = hosts.first, hosts.allSatisfy({ SelfSignedCertificate.isHost($0) }) else {
      throw TLSError(.invalidConfiguration, "A certificate needs hosts, names or addresses: \(hosts)")
    }
    guard let rawKey = unsafe cgale_new_key(), let rawCertificate = unsafe X509_new() else {
      throw TLSError.configuration("OpenSSL cannot make a key")
    }
    let key = unsafe NativeKey(owning: rawKey)
    let certificate = unsafe NativeCertificate(owning: rawCertificate)
    guard unsafe SelfSignedCertificate.fill(certificate.raw, key.raw, name, lifetime.components.seconds),
      unsafe SelfSignedCertificate.extend(certificate.raw, hosts),
      unsafe X509_sign(certificate.raw, key.raw, EVP_sha256()) > 0
    else { throw TLSError.configuration("OpenSSL cannot make the certificate") }
    certificatePEM = unsafe SelfSignedCertificate.text { unsafe PEM_write_bio_X509($0, certificate.raw) }
    privateKeyPEM = unsafe SelfSignedCertificate.text {
      unsafe PEM_write_bio_PrivateKey($0, key.raw, nil, nil, 0, nil, nil)
    }
  }

  /// Names are part of OpenSSL's notation of extensions, in which a comma begins another one.
  private static func isHost(_ host: String) -> Bool {
    !host.isEmpty
      && host.utf8.allSatisfy {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0 | 0x20)
          || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || ".:-*_".utf8.contains($0)
      }
  }

  private static func fill(_ raw: OpaquePointer, _ key: OpaquePointer, _ name: String, _ seconds: Int64)
    -> Bool
  {
    // Browsers refuse a second certificate of one issuer with the same number.
    let number = Int(UInt32.random(in: 1 ... .max))
    let subject = unsafe X509_get_subject_name(raw)
    // A common name has 64 characters at the most (RFC 5280, appendix A.1).
    let common = Array(name.utf8.prefix(64))
    return unsafe X509_set_version(raw, 2) == 1
      && ASN1_INTEGER_set(X509_get_serialNumber(raw), number) == 1
      && X509_gmtime_adj(X509_getm_notBefore(raw), -3600) != nil
      && X509_gmtime_adj(X509_getm_notAfter(raw), Int(seconds)) != nil
      && X509_set_pubkey(raw, key) == 1
      && X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, common, Int32(common.count), -1, 0) == 1
      && X509_set_issuer_name(raw, subject) == 1
  }

  private static func extend(_ raw: OpaquePointer, _ hosts: [String]) -> Bool {
    let names = hosts.map { host in
      (try? SocketAddress(host: host, port: 0)) == nil ? "DNS:\(host)" : "IP:\(host)"
    }
    let extensions: [(Int32, String)] = [
      (NID_subject_alt_name, names.joined(separator: ",")),
      (NID_basic_constraints, "critical,CA:TRUE"),
    ]
    return extensions.allSatisfy { kind, value in
      // SAFETY: the certificate gets a copy of the extension.
      guard let made = unsafe X509V3_EXT_conf_nid(nil, nil, kind, value) else { return false }
      defer { unsafe X509_EXTENSION_free(made) }
      return unsafe X509_add_ext(raw, made, -1) == 1
    }
  }

  private static func text(_ write: (OpaquePointer?) -> Int32) -> [UInt8] {
    let bio = unsafe BIO_new(BIO_s_mem())
    defer { unsafe BIO_free(bio) }
    guard unsafe write(bio) == 1 else { return [] }
    var start: UnsafeMutablePointer<CChar>?
    let count = unsafe cgale_bio_text(bio, &start)
    // SAFETY: the text lives as long as the BIO, and is copied.
    return unsafe Array(UnsafeRawBufferPointer(start: start, count: count))
  }
}

#endif
