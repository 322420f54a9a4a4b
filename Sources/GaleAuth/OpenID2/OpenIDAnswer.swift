// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Auth

import GaleLoop
import GaleWire

/// What a provider of OpenID 2.0 has the browser bring back (OpenID Authentication 2.0, section 10.1).
struct OpenIDAnswer {
  /// The fields that begin with `openid.`; of a repeated one none is believed.
  let fields: FormFields
  private let signed: Set<String>

  init(_ all: FormFields) {
    let own = all.filter { $0.name.hasPrefix("openid.") }
    let counts = Dictionary(own.map { ($0.name, 1) }, uniquingKeysWith: +)
    fields = own.filter { counts[$0.name] == 1 }
    let list = fields.first { $0.name == "openid.signed" }?.value
    signed = Set((list ?? "").split(separator: ",").map(String.init))
  }

  /// A field that the provider has signed.
  subscript(name: String) -> String? { signed.contains(name) ? field(name) : nil }

  private func field(_ name: String) -> String? { fields.first { $0.name == "openid." + name }?.value }

  /// Throws for what is no answer to this login.
  /// - Parameters:
  ///   - returnTo: Where the browser was to come back to.
  ///   - endpoint: Who was asked.
  ///   - now: Seconds since 1970.
  func check(returnTo: String, endpoint: String, now: Int) throws(AuthError) {
    func invalid(_ reason: String) -> AuthError { AuthError(.invalidToken, reason) }
    switch field("mode") {
    case "id_res"?: break
    case "cancel"?, "setup_needed"?: throw AuthError(.refused, "the user said no", error: "access_denied")
    default: throw invalid("no positive answer")
    }
    guard field("ns") == "http://specs.openid.net/auth/2.0" else { throw invalid("not OpenID 2.0") }
    // Section 10.1: what must be signed, whatever the provider thinks.
    for name in ["op_endpoint", "return_to", "response_nonce", "assoc_handle", "claimed_id", "identity"] {
      guard let value = self[name], !value.isEmpty else { throw invalid("\(name) is not signed") }
    }
    guard self["return_to"] == returnTo else { throw invalid("the answer is for another address") }
    guard self["op_endpoint"] == endpoint else {
      throw AuthError(.wrongIssuer, "the answer is of another provider")
    }
    guard let made = OpenIDAnswer.time(of: self["response_nonce"] ?? ""), abs(now - made) <= 300 else {
      throw invalid("the answer is too old, or of the future")
    }
  }

  /// When a nonce was made: it begins with `2005-05-15T17:11:51Z`.
  static func time(of nonce: String) -> Int? {
    let text = Array(nonce.utf8.prefix(20))
    guard text.count == 20, nonce.utf8.count <= 255, text[4] == 0x2D, text[7] == 0x2D, text[10] == 0x54,
      text[13] == 0x3A, text[16] == 0x3A, text[19] == 0x5A
    else { return nil }
    func number(_ range: Range<Int>) -> Int? {
      let digits = text[range]
      return digits.allSatisfy({ $0 &- 0x30 < 10 }) ? digits.reduce(0) { $0 * 10 + Int($1 - 0x30) } : nil
    }
    guard let year = number(0..<4), let month = number(5..<7), let day = number(8..<10),
      let hour = number(11..<13), let minute = number(14..<16), let second = number(17..<19),
      (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second <= 60
    else { return nil }
    // Days since 1970 of a date in the Gregorian calendar, years beginning with March.
    let (y, m) = month > 2 ? (year, month - 3) : (year - 1, month + 9)
    let days = y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + day - 719_469
    return days * 86_400 + hour * 3600 + minute * 60 + second
  }

  /// Whether the answer to a check says that all is well: lines of `key:value`, read exactly (section 4.1.1).
  static func isValid(_ body: [UInt8]) -> Bool {
    var values: [String: [String]] = [:]
    for line in body.split(separator: 0x0A) {
      let parts = line.split(separator: 0x3A, maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2 else { continue }
      values[String(decoding: parts[0], as: UTF8.self), default: []].append(
        String(decoding: parts[1], as: UTF8.self))
    }
    return values["is_valid"] == ["true"] && values["error"] == nil
  }

  /// The user, from the attributes that are signed.
  func user(_ claimedID: String) -> OpenIDUser {
    let namespace = fields.first {
      $0.value == "http://openid.net/srv/ax/1.0" && $0.name.hasPrefix("openid.ns.")
    }
    let alias = namespace.map { String($0.name.dropFirst("openid.ns.".count)) }
    func attribute(_ type: String) -> String? {
      guard let alias else { return nil }
      let start = "openid.\(alias).type."
      guard let found = fields.first(where: { $0.name.hasPrefix(start) && $0.value == type }) else {
        return nil
      }
      let name = found.name.dropFirst(start.count)
      guard self["\(alias).type.\(name)"] != nil else { return nil }
      let value = self["\(alias).value.\(name)"] ?? self["\(alias).value.\(name).1"]
      return value.flatMap { $0.isEmpty ? nil : $0 }
    }
    let first = attribute("http://axschema.org/namePerson/first")
    let last = attribute("http://axschema.org/namePerson/last")
    let email = attribute("http://axschema.org/contact/email")
    let parts = [first, last].compactMap { $0 }
    let whole = attribute("http://axschema.org/namePerson")
    let joined = parts.isEmpty ? nil : parts.joined(separator: " ")
    return OpenIDUser(
      claimedID: claimedID, name: whole ?? joined ?? email.map { String($0.prefix { $0 != "@" }) },
      firstName: first, lastName: last, email: email,
      locale: attribute("http://axschema.org/pref/language")?.lowercased(),
      username: attribute("http://axschema.org/namePerson/friendly"))
  }
}

#endif
