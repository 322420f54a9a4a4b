// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import Testing

@Suite("escape: xhtml_escape, xhtml_unescape, squeeze")
struct XHTMLEscapeTests {
  @Test(arguments: [
    ("", ""),
    ("plain é", "plain é"),
    (#"<a href="x">it's & é</a>"#, "&lt;a href=&quot;x&quot;&gt;it&#x27;s &amp; é&lt;/a&gt;"),
    ("<>&\"'", "&lt;&gt;&amp;&quot;&#x27;"),
    ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
  ])
  func `five characters are escaped`(_ text: String, _ expected: String) {
    #expect(xhtmlEscape(text) == expected)
    var output = Array("x".utf8)
    appendXHTMLEscaped(text, to: &output)
    #expect(String(decoding: output, as: UTF8.self) == "x" + expected)
    #expect(xhtmlUnescape(expected) == text)
  }

  @Test(arguments: [
    ("&lt;&#233;&#xe9;&eacute;&bogus;&amp;", "<ééé&bogus;&"),
    ("foo &#32; bar", "foo   bar"),
    ("foo&#xyz;", "foo&#xyz;"),
    ("foo&#;", "foo&#;"),
    ("foo&#x;", "foo&#x;"),
    ("foo&#", "foo&#"),
    ("&", "&"),
    ("&&amp", "&&"),
    ("&#99999999999999999999999;", "\u{FFFD}"),
    ("&#x110000;&#xD800;&#0;", "\u{FFFD}\u{FFFD}\u{FFFD}"),
    ("&#x80;&#150;&#x81;", "€–\u{81}"),
    ("a&#1;b&#xFFFE;c&#13;", "abc\r"),
    ("&#65B&#x41G", "AB" + "AG"),
    ("&notit;&not", "¬it;¬"),
    ("&alpha &alpha;", "&alpha α"),
    ("&apos;&apos", "'&apos"),
    ("&thetasym;&Eacute;&hearts;&lang;", "ϑÉ♥⟨"),
    ("&COPY;&LT", "©<"),
  ])
  func `references stand for what browsers say`(_ text: String, _ expected: String) {
    #expect(xhtmlUnescape(text) == expected)
  }

  @Test func `long rows of ampersands are no work`() {
    let text = String(repeating: "&aaaaaaaaaaaa", count: 10_000)
    #expect(xhtmlUnescape(text) == text)
  }

  @Test(arguments: [
    ("", ""), ("  ", ""), ("a", "a"), ("\r\n a \t\0 b  c ", "a b c"), ("é  é", "é é"),
  ])
  func `runs of white space become one space`(_ text: String, _ expected: String) {
    #expect(squeeze(text) == expected)
  }
}
