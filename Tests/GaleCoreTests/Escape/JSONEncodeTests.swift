// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import Testing

@Suite("escape: json_encode")
struct JSONEncodeTests {
  @Test(
    arguments: [
      (nil, "null"),
      (true, "true"),
      (-7, "-7"),
      (["a": "</script>"], #"{"a": "<\/script>"}"#),
      (["a": [1, 2.5, nil], "b": [:], "c": []], #"{"a": [1, 2.5, null], "b": {}, "c": []}"#),
      (.double(1), "1.0"),
      (.double(1e16), "1e+16"),
      (.double(1e-5), "1e-05"),
      (.double(.nan), "NaN"),
      (.double(-.infinity), "-Infinity"),
      ("/ < /", #""/ < /""#),
    ] as [(JSONValue, String)])
  func `values look as Python writes them`(_ value: JSONValue, _ expected: String) {
    #expect(jsonEncode(value) == expected)
  }

  @Test(arguments: [
    ("", #""""#),
    ("é한😀", #""\u00e9\ud55c\ud83d\ude00""#),
    ("\u{7FF}\u{800}\u{FFFF}\u{10000}\u{10FFFF}", #""\u07ff\u0800\uffff\ud800\udc00\udbff\udfff""#),
    ("\"\\\u{8}\u{C}\n\r\t\u{0}\u{1F}\u{7F}", "\"\\\"\\\\\\b\\f\\n\\r\\t\\u0000\\u001f\\u007f\""),
    ("</", #""<\/""#),
  ])
  func `text becomes ASCII`(_ text: String, _ expected: String) throws {
    #expect(jsonEscape(text) == expected)
    #expect(try jsonDecode(expected) == .string(text))
  }
}
