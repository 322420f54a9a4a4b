// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import TestSupport
import Testing

@testable import GaleWeb

/// A row of `Tests/Vectors/signed-values.json`: what Tornado makes of a text.
struct SignedVector: Decodable, Sendable {
  let id: String
  let text: String
  let name: String
  let keyed: Bool
  let now: Int
  let maxAge: Int
  let minVersion: Int
  let value: String?
  let keyVersion: Int?

  static let all = Result { try Vectors.rows("signed-values.json", as: SignedVector.self) }

  var secret: CookieSecret {
    if keyed { return CookieSecret([0: "asdf0", 1: "asdf1"], signingWith: 1) }
    return id.hasSuffix("other-secret") ? "SECRET2" : id.hasSuffix("with-one") ? "asdf1" : "SECRET"
  }
}

/// A row of `Tests/Vectors/sealed-values.json`: version 3 made by another implementation.
struct SealedVector: Decodable, Sendable, CustomTestStringConvertible {
  let secret: String
  let keyVersion: Int
  let name: String
  let value: String
  let salt: String
  let nonce: String
  let text: String

  var testDescription: String { text }

  static let rows = (try? Vectors.rows("sealed-values.json", as: SealedVector.self)) ?? []
}

func unhex(_ text: String) -> [UInt8] {
  let digits = Array(text.utf8)
  return Hexadecimal.decode(digits.span) ?? []
}

@Suite("web: signed values")  // SGN-001 to SGN-012
struct SignedValueTests {
  @Test func `are judged as Tornado judges them`() throws {
    let rows = try SignedVector.all.get()
    #expect(rows.count > 300)
    #expect(rows.count { $0.value != nil } > 20)
    for row in rows {
      let minVersion = try #require(SignedValue.Version(rawValue: row.minVersion))
      let decoded = SignedValue.decode(
        secret: row.secret, name: row.name, value: row.text, maxAge: .days(row.maxAge),
        minVersion: minVersion,
        now: row.now)
      #expect(decoded == row.value.map(unhex), "\(row.id): \(row.text)")
      // Tornado also takes numbers with blanks or signs, in texts that no signature can be right for.
      let keyVersion = SignedValue.keyVersion(of: row.text)
      #expect(keyVersion == row.keyVersion || keyVersion == nil && row.value == nil, "\(row.id): \(row.text)")
    }
  }

  @Test func `are written as Tornado writes them`() {
    #expect(
      SignedValue.create(
        secret: "SECRET", name: "key", value: Array("value".utf8), version: .v1, now: 1_300_000_000)
        == "dmFsdWU=|1300000000|59b45f5f08f0f29c3a2353ca33670898699eaf24")
    #expect(
      SignedValue.create(secret: "SECRET", name: "key", value: Array("value".utf8), now: 1_300_000_000)
        == "2|1:0|10:1300000000|3:key|8:dmFsdWU=|"
        + "ec8d2f74a8080aa5356c126c9ac0b891eda5fda55d7f27ffc51c6e6a723e6c65")
    #expect(
      SignedValue.create(
        secret: CookieSecret([0: "asdf0", 1: "asdf1"], signingWith: 1), name: "key",
        value: [0xC3, 0xA9, 0], now: 1_300_000_000)
        == "2|1:1|10:1300000000|3:key|4:w6kA|"
        + "3a3471dd9716ec73a4e2915b278e25aba5c55b8a03fb208d669fe04c9fe88661")
  }

  @Test(arguments: SealedVector.rows)
  func `version 3 is what its description says`(_ row: SealedVector) {
    let secret =
      row.keyVersion == 0
      ? CookieSecret(row.secret) : CookieSecret([row.keyVersion: row.secret], signingWith: row.keyVersion)
    let sealed = SignedValue.seal(
      secret, row.name, unhex(row.value), 1_300_000_000, salt: unhex(row.salt), nonce: unhex(row.nonce))
    #expect(String(decoding: sealed, as: UTF8.self) == row.text)
    #expect(
      SignedValue.decode(secret: secret, name: row.name, value: row.text, now: 1_300_000_000)
        == unhex(row.value))
    #expect(SignedValue.keyVersion(of: row.text) == row.keyVersion)
    #expect(SignedValue.decode(secret: secret, name: "other", value: row.text, now: 1_300_000_000) == nil)
    #expect(SignedValue.decode(secret: "no", name: row.name, value: row.text, now: 1_300_000_000) == nil)
    #expect(
      SignedValue.decode(
        secret: secret, name: row.name, value: row.text, maxAge: .days(1), now: 1_300_000_000 + 86_401) == nil
    )
  }

  @Test func `the vectors of version 3 are there`() { #expect(SealedVector.rows.count == 4) }

  @Test(arguments: SignedValue.Version.allCases)
  func `no byte of them can be changed, taken away or added`(_ version: SignedValue.Version) {
    let text = Array(
      SignedValue.create(secret: "s", name: "n", value: Array("value".utf8), version: version).utf8)
    func decode(_ bytes: [UInt8]) -> [UInt8]? {
      SignedValue.decode(secret: "s", name: "n", value: String(decoding: bytes, as: UTF8.self))
    }
    #expect(decode(text) == Array("value".utf8))
    for index in text.indices {
      var changed = text
      changed[index] ^= 1
      #expect(decode(changed) == nil, "changed at \(index)")
      changed = text
      changed.remove(at: index)
      #expect(decode(changed) == nil, "removed at \(index)")
      changed = text
      changed.insert(0x30, at: index)
      #expect(decode(changed) == nil, "inserted at \(index)")
    }
  }

  @Test func `a sealed value shows nothing and is another one each time`() {
    let first = SignedValue.create(secret: "s", name: "n", value: Array("secret text".utf8), version: .sealed)
    let second = SignedValue.create(
      secret: "s", name: "n", value: Array("secret text".utf8), version: .sealed)
    #expect(first != second)
    let encoded = Base64.encode(Array("secret text".utf8).span)
    #expect(!first.contains(String(decoding: encoded, as: UTF8.self)))
  }

  @Test func `the least version keeps older ones out`() {
    for version in SignedValue.Version.allCases {
      let text = SignedValue.create(secret: "s", name: "n", value: [1], version: version)
      for minimum in SignedValue.Version.allCases {
        let decoded = SignedValue.decode(secret: "s", name: "n", value: text, minVersion: minimum)
        #expect((decoded != nil) == (version >= minimum))
      }
    }
  }

  @Test func `a secret can be changed for another`() {
    let old = CookieSecret([1: "old"], signingWith: 1)
    let both = CookieSecret([1: "old", 2: "new"], signingWith: 2)
    let new = CookieSecret([2: "new"], signingWith: 2)
    for version in [SignedValue.Version.v2, .sealed] {
      let before = SignedValue.create(secret: old, name: "n", value: [1], version: version)
      let after = SignedValue.create(secret: both, name: "n", value: [1], version: version)
      #expect(SignedValue.keyVersion(of: before) == 1)
      #expect(SignedValue.keyVersion(of: after) == 2)
      #expect(SignedValue.decode(secret: both, name: "n", value: before) == [1])
      #expect(SignedValue.decode(secret: both, name: "n", value: after) == [1])
      #expect(SignedValue.decode(secret: new, name: "n", value: before) == nil)
      #expect(SignedValue.decode(secret: new, name: "n", value: after) == [1])
    }
  }

  @Test func `a secret is not shown`() {
    let secret: CookieSecret = "do not tell"
    var dumped = ""
    dump(secret, to: &dumped)
    #expect(!"\(secret) \(String(reflecting: secret)) \(dumped)".contains("tell"))
  }

  @Test func `neither lifetime nor clock can make a trap`() {
    let text = SignedValue.create(secret: "s", name: "n", value: [1], now: 1)
    for maxAge in [Duration.seconds(Int64.max), .seconds(Int64.min), .zero, .days(-1)] {
      for now in [0, 1, Int.max / 2] {
        _ = SignedValue.decode(secret: "s", name: "n", value: text, maxAge: maxAge, now: now)
      }
    }
  }
}
