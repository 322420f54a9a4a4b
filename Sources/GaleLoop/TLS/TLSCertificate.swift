// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if TLS

import COpenSSL

/// A certificate that a peer showed (RFC 5280).
public struct TLSCertificate: Sendable, Hashable {
  /// The certificate itself (DER).
  public let der: [UInt8]
  /// Whom it is for, as in `CN=example.org,O=Example` (RFC 4514, in UTF-8).
  public let subject: String
  /// Who signed it, in the same form.
  public let issuer: String
  /// The issuer's number for it, in hexadecimal.
  public let serialNumber: String
  /// The host names in it (`subjectAltName`).
  public let dnsNames: [String]
  /// The addresses in it, in numeric form.
  public let ipAddresses: [String]
  /// The mail addresses in it.
  public let emailAddresses: [String]
  /// The URIs in it.
  public let uris: [String]
  /// Its first moment, in Unix seconds.
  public let notBefore: Int
  /// Its last moment, in Unix seconds.
  public let notAfter: Int

  init(_ certificate: NativeCertificate) {
    let raw = unsafe certificate.raw
    unsafe der = TLSCertificate.encoding(of: raw)
    unsafe subject = TLSCertificate.text(of: X509_get_subject_name(raw))
    unsafe issuer = TLSCertificate.text(of: X509_get_issuer_name(raw))
    unsafe serialNumber = TLSCertificate.serialNumber(of: raw)
    unsafe notBefore = TLSCertificate.seconds(X509_get0_notBefore(raw))
    unsafe notAfter = TLSCertificate.seconds(X509_get0_notAfter(raw))
    let names = unsafe TLSCertificate.names(in: raw)
    func named(_ kind: Int32) -> [String] {
      names.filter { $0.kind == kind }.map { String(decoding: $0.bytes, as: UTF8.self) }
    }
    dnsNames = named(GEN_DNS)
    emailAddresses = named(GEN_EMAIL)
    uris = named(GEN_URI)
    ipAddresses = names.filter { $0.kind == GEN_IPADD }.compactMap { numericAddress($0.bytes) }
    ERR_clear_error()
  }

  // SAFETY (below): the certificate lives as long as the caller's NativeCertificate; what OpenSSL
  // allocates for us is freed before each function returns.

  private static func encoding(of raw: OpaquePointer) -> [UInt8] {
    let count = unsafe i2d_X509(raw, nil)
    guard count > 0 else { return [] }
    return unsafe [UInt8](unsafeUninitializedCapacity: Int(count)) { bytes, written in
      var start = bytes.baseAddress
      written = unsafe Int(max(0, i2d_X509(raw, &start)))
    }
  }

  private static func text(of name: OpaquePointer?) -> String {
    unsafe withMemoryBIO { bio in unsafe cgale_print_name(bio, name) }
  }

  private static func serialNumber(of raw: OpaquePointer) -> String {
    unsafe withMemoryBIO { bio in _ = unsafe i2a_ASN1_INTEGER(bio, X509_get0_serialNumber(raw)) }
  }

  private static func withMemoryBIO(_ body: (OpaquePointer?) -> Void) -> String {
    let bio = unsafe BIO_new(BIO_s_mem())
    defer { _ = unsafe BIO_free(bio) }
    unsafe body(bio)
    var start: UnsafeMutablePointer<CChar>?
    let count = unsafe cgale_bio_text(bio, &start)
    guard let start = unsafe start, count > 0 else { return "" }
    return unsafe String(decoding: UnsafeRawBufferPointer(start: start, count: count), as: UTF8.self)
  }

  private static func seconds(_ time: UnsafePointer<ASN1_TIME>?) -> Int {
    var days: Int32 = 0
    var seconds: Int32 = 0
    let epoch = unsafe ASN1_TIME_set(nil, 0)
    defer { unsafe ASN1_TIME_free(epoch) }
    guard unsafe ASN1_TIME_diff(&days, &seconds, epoch, time) == 1 else { return 0 }
    return Int(days) * 86400 + Int(seconds)
  }

  private static func names(in raw: OpaquePointer) -> [(kind: Int32, bytes: [UInt8])] {
    guard let found = unsafe X509_get_ext_d2i(raw, NID_subject_alt_name, nil, nil) else { return [] }
    let names = OpaquePointer(found)
    defer { unsafe GENERAL_NAMES_free(names) }
    return (0..<(unsafe cgale_names_count(names))).compactMap { index in
      var bytes: UnsafePointer<UInt8>?
      var count: Int32 = 0
      let kind = unsafe cgale_name_at(names, index, &bytes, &count)
      guard kind >= 0 else { return nil }
      return unsafe (kind, Array(UnsafeBufferPointer(start: bytes, count: Int(count))))
    }
  }
}

/// The numeric form of an address of 4 or 16 bytes.
private func numericAddress(_ bytes: [UInt8]) -> String? {
  switch bytes.count {
  case 4:
    return bytes.map(String.init).joined(separator: ".")
  case 16:
    func half(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) }.bigEndian }
    return SocketAddress(ipv6: (half(bytes[..<8]), half(bytes[8...])), port: 0, zone: 0).host
  default: return nil
  }
}

#endif
