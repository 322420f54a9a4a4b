// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleWire
import Testing

@Suite("wire: fields that applications give")
struct FieldKindTests {
  private func kind(_ name: String) -> FieldKind {
    unsafe Array(name.utf8).withUnsafeBytes { unsafe FieldKind($0) }
  }

  private static let kinds: [(name: String, kind: FieldKind)] = [
    ("content-length", .contentLength), ("date", .date), ("server", .server), ("connection", .connection),
    ("keep-alive", .connection), ("te", .connection), ("transfer-encoding", .connection),
    ("upgrade", .connection), ("proxy-connection", .connection), ("proxy-authenticate", .hopByHop),
    ("proxy-authorization", .hopByHop), ("trailer", .hopByHop), ("trailers", .hopByHop),
  ]

  @Test(arguments: kinds)
  func `a name is known in any case, and no other like it`(_ name: String, _ known: FieldKind) {
    #expect(kind(name) == known)
    #expect(kind(name.uppercased()) == known)
    #expect(kind(String(name.dropLast())) == (name == "trailers" ? .hopByHop : .plain))
    #expect(kind(name + "x") == .plain)
    for index in name.indices {
      var other = name
      other.replaceSubrange(index...index, with: "_")
      #expect(kind(other) == .plain)
    }
  }

  @Test(arguments: 0...33)
  func `a control character is found wherever it is`(_ count: Int) {
    func isText(_ bytes: [UInt8]) -> Bool {
      unsafe bytes.withUnsafeBytes { unsafe HTTPGrammar.isFieldText($0) }
    }
    let text = [UInt8](repeating: 0x20, count: count)
    #expect(isText(text))
    for index in text.indices {
      for byte in 0...255 as ClosedRange<UInt8> {
        var changed = text
        changed[index] = byte
        #expect(isText(changed) == HTTPGrammar.isFieldCharacter(byte))
      }
    }
  }

  @Test(arguments: [("", ""), (" ", ""), ("\t a b\t ", "a b"), ("a", "a"), (" a", "a"), ("a ", "a")])
  func `white space around a value is no part of it`(_ value: String, _ trimmed: String) {
    let bytes = Array(value.utf8)
    let found = unsafe bytes.withUnsafeBytes { unsafe Array(HTTPGrammar.trimmed($0)) }
    #expect(found == Array(trimmed.utf8))
  }
}
