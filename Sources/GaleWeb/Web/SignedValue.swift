// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Logging
import Crypto
import GaleCore
import GaleHTTP
import GaleLoop

/// Texts that only somebody with the secret can have made: what signed cookies hold.
///
/// Tornado's `create_signed_value` and `decode_signed_value`. Versions 1 and 2 are byte for byte those of Tornado, which
/// reads what is made here and the other way round:
///
/// ```
/// 1   base64(value) "|" time "|" hex(HMAC-SHA1(secret, name + base64(value) + time))
/// 2   "2|" F(key version) "|" F(time) "|" F(name) "|" F(base64(value)) "|" hex(HMAC-SHA256(secret, all before))
/// 3   "3|" F(key version) "|" F(time) "|" F(name) "|" base64url(salt 16, nonce 12, AES-256-GCM(value))
/// ```
///
/// `F(x)` is the number of bytes of `x`, a colon and `x`. Version 3 is Gale's own: its value is encrypted, too, so that the
/// client cannot read it. Its key is HKDF-SHA256(secret, salt, info: `gale sealed value 3`), 32 bytes; what stands before
/// the base64 text is authenticated with it; the last 16 bytes are the tag.
public enum SignedValue {
  /// How a value is protected.
  public enum Version: Int, Sendable, Hashable, Comparable, CaseIterable {
    /// HMAC-SHA1, for values that old applications made; needs a single secret.
    case v1 = 1
    /// HMAC-SHA256 over everything, with a number for the secret.
    case v2 = 2
    /// Encrypted with AES-256-GCM. Python Tornado does not read it.
    case sealed = 3

    /// Whether `lhs` is older.
    public static func < (lhs: Version, rhs: Version) -> Bool { lhs.rawValue < rhs.rawValue }
  }

  /// What values are made in unless told otherwise: Tornado's `DEFAULT_SIGNED_VALUE_VERSION`.
  public static let defaultVersion = Version.v2
  /// What is accepted unless told otherwise: Tornado's `DEFAULT_SIGNED_VALUE_MIN_VERSION`.
  public static let defaultMinVersion = Version.v1
  /// How old a value may be unless told otherwise.
  public static let defaultMaxAge = Duration.days(31)

  /// Signs `value`, or encrypts it: Tornado's `create_signed_value`.
  ///
  /// - Parameters:
  ///   - secret: What it is signed with.
  ///   - name: What the value is for; it is accepted under this name only.
  ///   - value: Any bytes.
  ///   - version: See ``Version``. Version 1 needs a single secret.
  ///   - now: Seconds since 1970; `nil` for the clock's.
  public static func create(
    secret: CookieSecret, name: String, value: [UInt8], version: Version = defaultVersion,
    now: Int? = nil
  ) -> String {
    let now = now ?? System.wallSeconds
    let bytes =
      switch version {
      case .v1: createV1(secret, name, value, now)
      case .v2: createV2(secret, name, value, now)
      case .sealed: seal(secret, name, value, now)
      }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// What was signed: Tornado's `decode_signed_value`.
  ///
  /// - Parameters:
  ///   - secret: What it was signed with.
  ///   - name: What it was signed for.
  ///   - value: The signed text.
  ///   - maxAge: How old it may be.
  ///   - minVersion: The oldest version that is accepted.
  ///   - now: Seconds since 1970; `nil` for the clock's.
  /// - Returns: `nil` for everything that is not a valid value of this name and age, whatever it is.
  public static func decode(
    secret: CookieSecret, name: String, value: String, maxAge: Duration = defaultMaxAge,
    minVersion: Version = defaultMinVersion, now: Int? = nil
  ) -> [UInt8]? {
    let text = Array(value.utf8)
    guard !text.isEmpty, let version = Version(rawValue: versionNumber(of: text)), version >= minVersion
    else {
      return nil
    }
    let now = now ?? System.wallSeconds
    let (difference, isTooFar) = now.subtractingReportingOverflow(maxAge.wholeSeconds)
    let oldest = isTooFar ? (maxAge > .zero ? Int.min : Int.max) : difference
    return switch version {
    case .v1: decodeV1(secret, name, text, oldest: oldest, now: now)
    case .v2: decodeV2(secret, name, text, oldest: oldest)
    case .sealed: unseal(secret, name, text, oldest: oldest)
    }
  }

  /// The number of the secret that `value` names: Tornado's `get_signature_key_version`.
  ///
  /// Nothing is verified.
  /// - Returns: `nil` for version 1 and for what is no signed value.
  public static func keyVersion(of value: String) -> Int? {
    let text = Array(value.utf8)
    guard let version = Version(rawValue: versionNumber(of: text)), version >= .v2 else { return nil }
    return Fields(text, version)?.keyVersion
  }

  /// `[1-9][0-9]*|` at the start says the version; everything else, and more than 999, is version 1.
  static func versionNumber(of text: [UInt8]) -> Int {
    let digits = text.prefix(4).prefix { $0 != ASCII.pipe }
    guard digits.count < text.count, text[digits.count] == ASCII.pipe, digits.first != ASCII.zero,
      let number = Int(digits: digits), number <= 999
    else { return 1 }
    return number
  }

  // MARK: - Version 1

  private static func createV1(_ secret: CookieSecret, _ name: String, _ value: [UInt8], _ now: Int)
    -> [UInt8]
  {
    guard let key = secret.single else { preconditionFailure("version 1 is signed with a single secret") }
    let encoded = Base64.encode(value.span)
    let time = Array(String(now).utf8)
    let code = HMAC<Insecure.SHA1>.authenticationCode(
      for: Array(name.utf8) + encoded + time, using: SymmetricKey(data: key))
    return encoded + [ASCII.pipe] + time + [ASCII.pipe] + Hexadecimal.encode(code)
  }

  private static func decodeV1(
    _ secret: CookieSecret, _ name: String, _ text: [UInt8], oldest: Int, now: Int
  ) -> [UInt8]? {
    let parts = text.split(separator: ASCII.pipe, omittingEmptySubsequences: false)
    guard parts.count == 3, let key = secret.single, let code = Hexadecimal.decode(Array(parts[2]).span)
    else {
      return nil
    }
    let isValid = HMAC<Insecure.SHA1>.isValidAuthenticationCode(
      code, authenticating: Array(name.utf8) + parts[0] + parts[1], using: SymmetricKey(data: key))
    guard isValid else { return refuse("Invalid cookie signature", text) }
    guard let time = Int(digits: parts[1]) else { return nil }
    guard time >= oldest else { return refuse("Expired cookie", text) }
    // Nothing separates value and time in what is signed, so digits could be moved from one to the other. That makes
    // a time in the far future, or one with a leading zero.
    guard time - 31 * 86_400 <= now else {
      return refuse("Cookie timestamp in future; possible tampering", text)
    }
    guard parts[1].first != ASCII.zero else { return refuse("Tampered cookie", text) }
    return Base64.decode(Array(parts[0]).span)
  }

  private static func refuse(_ reason: String, _ text: [UInt8]) -> [UInt8]? {
    let shown = HTTPServerRequest.escapeForLog(String(decoding: text, as: UTF8.self))
    HTTPLog.general.warning("\(reason) '\(shown)'")
    return nil
  }

  // MARK: - Version 2

  private static func createV2(_ secret: CookieSecret, _ name: String, _ value: [UInt8], _ now: Int)
    -> [UInt8]
  {
    let (number, key) = secret.current
    var text = prefix(.v2, number, now, name)
    append(Base64.encode(value.span), to: &text)
    let code = HMAC<SHA256>.authenticationCode(for: text, using: SymmetricKey(data: key))
    return text + Hexadecimal.encode(code)
  }

  private static func decodeV2(_ secret: CookieSecret, _ name: String, _ text: [UInt8], oldest: Int)
    -> [UInt8]?
  {
    guard let fields = Fields(text, .v2), let key = secret.key(version: fields.keyVersion),
      let code = Hexadecimal.decode(fields.rest.span)
    else { return nil }
    // The code first: nothing of an unsigned text is compared with anything.
    let isValid = HMAC<SHA256>.isValidAuthenticationCode(
      code, authenticating: fields.signed, using: SymmetricKey(data: key))
    guard isValid, fields.name.elementsEqual(name.utf8), fields.time >= oldest else { return nil }
    return Base64.decode(fields.value.span)
  }

  /// The parts of a text of version 2 or 3 up to the name, each followed by `|`.
  private static func prefix(_ version: Version, _ number: Int, _ now: Int, _ name: String) -> [UInt8] {
    var text = Array("\(version.rawValue)|".utf8)
    append(Array(String(number).utf8), to: &text)
    append(Array(String(now).utf8), to: &text)
    append(Array(name.utf8), to: &text)
    return text
  }

  private static func append(_ field: [UInt8], to text: inout [UInt8]) {
    text += Array(String(field.count).utf8) + [ASCII.colon] + field + [ASCII.pipe]
  }

  // MARK: - Version 3

  private static let saltCount = 16
  private static let nonceCount = 12
  private static let tagCount = 16
  private static let sealInfo = Array("gale sealed value 3".utf8)

  private static func seal(_ secret: CookieSecret, _ name: String, _ value: [UInt8], _ now: Int) -> [UInt8] {
    var random = SystemRandomNumberGenerator()
    let salt = randomBytes(saltCount, &random)
    let nonce = randomBytes(nonceCount, &random)
    return seal(secret, name, value, now, salt: salt, nonce: nonce)
  }

  /// With a salt and nonce of the caller's, for tests; neither may be used twice.
  static func seal(
    _ secret: CookieSecret, _ name: String, _ value: [UInt8], _ now: Int, salt: [UInt8], nonce: [UInt8]
  ) -> [UInt8] {
    let (number, key) = secret.current
    let head = prefix(.sealed, number, now, name)
    do {
      let box = try AES.GCM.seal(
        value, using: sealKey(key, salt), nonce: AES.GCM.Nonce(data: nonce), authenticating: head)
      let sealed = salt + nonce + Array(box.ciphertext) + Array(box.tag)
      return head + Base64.encode(sealed.span, .url)
    } catch {
      preconditionFailure("AES-GCM takes every value of this length: \(error)")
    }
  }

  private static func unseal(_ secret: CookieSecret, _ name: String, _ text: [UInt8], oldest: Int) -> [UInt8]?
  {
    guard let fields = Fields(text, .sealed), let key = secret.key(version: fields.keyVersion),
      let sealed = Base64.decode(fields.rest.span, .url), sealed.count >= saltCount + nonceCount + tagCount
    else { return nil }
    let salt = Array(sealed[..<saltCount])
    let nonce = Array(sealed[saltCount..<saltCount + nonceCount])
    let ciphertext = Array(sealed[(saltCount + nonceCount)..<(sealed.count - tagCount)])
    guard
      let box = try? AES.GCM.SealedBox(
        nonce: AES.GCM.Nonce(data: nonce), ciphertext: ciphertext, tag: Array(sealed.suffix(tagCount))),
      let value = try? AES.GCM.open(box, using: sealKey(key, salt), authenticating: fields.signed)
    else { return nil }
    guard fields.name.elementsEqual(name.utf8), fields.time >= oldest else { return nil }
    return Array(value)
  }

  private static func sealKey(_ secret: [UInt8], _ salt: [UInt8]) -> SymmetricKey {
    HKDF<SHA256>.deriveKey(
      inputKeyMaterial: SymmetricKey(data: secret), salt: salt, info: sealInfo, outputByteCount: 32)
  }

  static func randomBytes(_ count: Int, _ random: inout SystemRandomNumberGenerator) -> [UInt8] {
    (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
  }
}

/// The fields of a signed text of version 2 or 3.
private struct Fields {
  var keyVersion = 0
  var time = 0
  var name: ArraySlice<UInt8> = []
  /// The value in base64; empty in version 3.
  var value: [UInt8] = []
  /// What the signature covers.
  var signed: [UInt8] = []
  /// What stands behind it.
  var rest: [UInt8] = []

  init?(_ text: [UInt8], _ version: SignedValue.Version) {
    var scanner = text.dropFirst(2)
    guard let key = Fields.field(&scanner).flatMap({ Int(digits: $0) }),
      let time = Fields.field(&scanner).flatMap({ Int(digits: $0) }), let name = Fields.field(&scanner)
    else { return nil }
    if version == .v2 {
      guard let value = Fields.field(&scanner) else { return nil }
      self.value = Array(value)
    }
    (keyVersion, self.time, self.name) = (key, time, name)
    signed = Array(text[..<scanner.startIndex])
    rest = Array(scanner)
  }

  /// Takes a length, a colon, so many bytes and `|` from the start.
  private static func field(_ text: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    let digits = text.prefix(10).prefix { $0 != ASCII.colon }
    guard let count = Int(digits: digits) else { return nil }
    let body = text.dropFirst(digits.count + 1)
    guard body.count > count, body[body.startIndex + count] == ASCII.pipe,
      text[digits.endIndex] == ASCII.colon
    else { return nil }
    text = body.dropFirst(count + 1)
    return body.prefix(count)
  }
}

extension Int {
  /// A number of decimal digits only.
  init?(digits: some Collection<UInt8>) {
    guard !digits.isEmpty, digits.count <= 18 else { return nil }
    var value = 0
    for byte in digits {
      let digit = byte &- ASCII.zero
      guard digit < 10 else { return nil }
      value = value * 10 + Int(digit)
    }
    self = value
  }
}
