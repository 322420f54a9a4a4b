// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if TLS

import COpenSSL
import CSystem
import Glibc

/// A certificate of OpenSSL's that this object owns a reference to.
@safe
final class NativeCertificate {
  // SAFETY: freed in `deinit` and nowhere else.
  let raw: OpaquePointer

  init(owning raw: OpaquePointer) { unsafe self.raw = raw }

  deinit { unsafe X509_free(raw) }
}

/// A private key of OpenSSL's that this object owns a reference to.
@safe
final class NativeKey {
  // SAFETY: as above.
  let raw: OpaquePointer

  init(owning raw: OpaquePointer) { unsafe self.raw = raw }

  deinit { unsafe EVP_PKEY_free(raw) }
}

extension TLSIdentity.Source {
  /// How errors name it.
  var name: String {
    switch self {
    case .file(let path): path
    case .pem: "the PEM text"
    }
  }

  /// The bytes, which are read from a file at once, so that both ends of it are of the same moment.
  func load() throws(TLSError) -> [UInt8] {
    switch self {
    case .pem(let bytes): return bytes
    case .file(let path): return try readFile(path)
    }
  }

  /// The certificates in it, at least one.
  func certificates() throws(TLSError) -> [NativeCertificate] {
    let bytes = try load()
    let found = PEMReader.certificates(in: bytes)
    guard let found else {
      throw TLSError(
        .invalidFile, "\(name) holds a damaged certificate", opensslText: OpenSSLFailure.take().text)
    }
    guard !found.isEmpty else { throw TLSError(.invalidFile, "\(name) holds no certificate in PEM form") }
    return found
  }

  /// The private key in it.
  func key(password: String?) throws(TLSError) -> NativeKey {
    let bytes = try load()
    switch PEMReader.key(in: bytes, password: password) {
    case .key(let key): return key
    case .encrypted:
      let what = password == nil ? "it needs a password" : "the password is wrong"
      throw TLSError(
        .wrongPassword, "The private key in \(name) is encrypted, and \(what)",
        opensslText: OpenSSLFailure.take().text)
    case .none:
      throw TLSError(
        .invalidFile, "\(name) holds no private key in PEM form", opensslText: OpenSSLFailure.take().text)
    }
  }
}

/// The bytes of a small file.
private func readFile(_ path: String) throws(TLSError) -> [UInt8] {
  let descriptor = unsafe gale_open_read(path)
  guard descriptor >= 0 else {
    throw TLSError(
      .invalidFile, "Cannot read \(path): \(describeSystemError(-descriptor))", systemError: -descriptor)
  }
  defer { _ = gale_close(descriptor) }
  var bytes: [UInt8] = []
  var piece = [UInt8](repeating: 0, count: 16384)
  while bytes.count < 16 << 20 {
    let count = unsafe piece.withUnsafeMutableBytes { unsafe gale_read(descriptor, $0.baseAddress, $0.count) }
    if count == -Int(EINTR) { continue }
    guard count >= 0 else {
      let number = Int32(-count)
      throw TLSError(.invalidFile, "Cannot read \(path): \(describeSystemError(number))", systemError: number)
    }
    if count == 0 { return bytes }
    bytes += piece.prefix(count)
  }
  throw TLSError(.invalidFile, "\(path) is too long")
}

/// Reads texts in PEM form (RFC 7468).
enum PEMReader {
  enum KeyResult {
    case key(NativeKey)
    case encrypted
    case none
  }

  /// The certificates in `bytes`; `nil` when one of them is damaged.
  static func certificates(in bytes: [UInt8]) -> [NativeCertificate]? {
    unsafe withBIO(bytes) { bio in
      var found: [NativeCertificate] = []
      while let raw = unsafe PEM_read_bio_X509(bio, nil, nil, nil) {
        unsafe found.append(NativeCertificate(owning: raw))
      }
      // The end is told by the error that no further one begins.
      let last = ERR_peek_last_error()
      guard ERR_GET_LIB(last) == ERR_LIB_PEM, ERR_GET_REASON(last) == PEM_R_NO_START_LINE else { return nil }
      ERR_clear_error()
      return found
    }
  }

  static func key(in bytes: [UInt8], password: String?) -> KeyResult {
    var asked = PasswordRequest(password: password.map { Array($0.utf8) })
    return unsafe withBIO(bytes) { bio in
      let raw = unsafe withUnsafeMutablePointer(to: &asked) { asked in
        unsafe PEM_read_bio_PrivateKey(bio, nil, givePassword, asked)
      }
      guard let raw = unsafe raw else { return asked.wasAsked ? .encrypted : .none }
      ERR_clear_error()
      return unsafe .key(NativeKey(owning: raw))
    }
  }

  /// Has OpenSSL read `bytes`.
  private static func withBIO<Result>(_ bytes: [UInt8], _ body: (OpaquePointer?) -> Result) -> Result {
    ERR_clear_error()
    return unsafe bytes.withUnsafeBytes { bytes in
      // SAFETY: the BIO reads the array's bytes and ends before they do.
      let bio = unsafe BIO_new_mem_buf(bytes.baseAddress, Int32(clamping: bytes.count))
      defer { _ = unsafe BIO_free(bio) }
      return unsafe body(bio)
    }
  }
}

private struct PasswordRequest {
  let password: [UInt8]?
  var wasAsked = false
}

/// OpenSSL's `pem_password_cb`: without one it would ask on the terminal.
private func givePassword(
  _ buffer: UnsafeMutablePointer<CChar>?, _ size: Int32, _ isForWriting: Int32,
  _ user: UnsafeMutableRawPointer?
) -> Int32 {
  // SAFETY: `user` is the request that lives as long as the call that asks.
  guard let buffer = unsafe buffer, let request = unsafe user?.assumingMemoryBound(to: PasswordRequest.self)
  else { return -1 }
  unsafe request.pointee.wasAsked = true
  guard let password = unsafe request.pointee.password, password.count <= Int(size) else { return -1 }
  for (index, byte) in password.enumerated() { unsafe buffer[index] = CChar(bitPattern: byte) }
  return Int32(password.count)
}

#endif
