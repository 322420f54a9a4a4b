// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import Testing

@Suite("escape: json_decode")
struct JSONDecodeTests {
  @Test(
    arguments: [
      (" null ", nil),
      ("\u{FEFF}[true,false]", [true, false]),
      ("[]", []),
      ("{ }", [:]),
      (#"{"b": 1, "a": {"x": []}, "b": 2}"#, ["b": 1, "a": ["x": []], "b": 2]),
      ("[0, -0, 9223372036854775807, -9223372036854775808]", [0, 0, .int(.max), .int(.min)]),
      (
        "[9223372036854775808, 1.5, 1e3, 1E-2, -0.0]",
        [.double(9223372036854775808), 1.5, .double(1000), 0.01, -0.0]
      ),
      (#""a\"\\\/\b\f\n\r\té\u00e9\ud83d\ude00""#, "a\"\\/\u{8}\u{C}\n\r\téé😀"),
      ("\"\u{7F}\"", "\u{7F}"),
    ] as [(String, JSONValue)])
  func `values are read`(_ text: String, _ expected: JSONValue) throws {
    #expect(try jsonDecode(text) == expected)
  }

  @Test(
    arguments: [
      ("", .unexpectedEnd, 0), ("  ", .unexpectedEnd, 2), ("nul", .unexpectedEnd, 3),
      ("nulL", .unexpectedByte, 3),
      ("[1,]", .unexpectedByte, 3), ("[1", .unexpectedEnd, 2), ("[1 2]", .unexpectedByte, 3),
      ("{\"a\"}", .unexpectedByte, 4), ("{\"a\":1,}", .unexpectedByte, 7), ("{a:1}", .unexpectedByte, 1),
      ("1 2", .trailingData, 2), ("01", .trailingData, 1), ("+1", .unexpectedByte, 0),
      ("-", .unexpectedEnd, 1),
      ("1.", .unexpectedEnd, 2), (".5", .unexpectedByte, 0), ("1e", .unexpectedEnd, 2),
      ("NaN", .unexpectedByte, 0),
      ("\"a", .unexpectedEnd, 2), ("\"a\nb\"", .controlCharacter, 2), (#""\x""#, .invalidEscape, 2),
      (#""\u12"#, .unexpectedEnd, 5), (#""\u12g4""#, .invalidEscape, 5), (#""\ud800""#, .invalidEscape, 2),
      (#""\udc00""#, .invalidEscape, 2), (#""\ud800\u0041""#, .invalidEscape, 2),
      (#""\ud800\n""#, .invalidEscape, 2),
      ("1e999", .numberOutOfRange, 0),
      ("[" + String(repeating: "1", count: 5000) + "]", .numberOutOfRange, 1),
      ("[" + String(repeating: "9", count: 400) + "]", .numberOutOfRange, 1), ("\"\\", .unexpectedEnd, 2),
      ("[}", .unexpectedByte, 1),
    ] as [(String, JSONError.Code, Int)])
  func `mistakes have a place`(_ text: String, _ code: JSONError.Code, _ byteOffset: Int) {
    let error = #expect(throws: JSONError.self) { try jsonDecode(text) }
    #expect(error?.code == code)
    #expect(error?.byteOffset == byteOffset)
  }

  @Test func `strings must be UTF-8`() {
    let error = #expect(throws: JSONError.self) { try jsonDecode([0x22, 0xFF, 0x22]) }
    #expect(error?.code == .invalidUTF8)
    #expect(throws: JSONError.self) { try jsonDecode([0x22, 0x5C, 0x6E, 0xE9, 0x22]) }
  }

  @Test(arguments: ["[", "{\"a\":"])
  func `depth has a limit`(_ opening: String) throws {
    let closing = opening == "[" ? "]" : "}"
    func nested(_ depth: Int) -> String {
      String(repeating: opening, count: depth) + "1" + String(repeating: closing, count: depth)
    }
    _ = try jsonDecode(nested(512))
    let error = #expect(throws: JSONError.self) { try jsonDecode(nested(513)) }
    #expect(error?.code == .tooDeep)
    #expect(throws: JSONError.self) { try jsonDecode(String(repeating: opening, count: 1_000_000)) }
    // Depth is what is open, not what was.
    _ = try jsonDecode("[" + String(repeating: "[],{},[1],", count: 1000) + "0]", depthLimit: 2)
  }

  @Test func `members and elements are found`() {
    let value: JSONValue = ["a": [1, "x"], "a": [2.5, true], "n": nil]
    #expect(value["a"]?[0]?.doubleValue == 2.5)
    #expect(value["a"]?[1]?.boolValue == true)
    #expect(value["a"]?[2] == nil && value["a"]?[-1] == nil)
    #expect(value["n"]?.isNull == true && value["z"] == nil)
    #expect(value[0] == nil && value["a"]?["b"] == nil)
  }
}
