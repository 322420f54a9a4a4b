// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import TestSupport
import Testing

@testable import GaleCore

/// A row of `Tests/Vectors/linkify.json`: what Tornado makes of a text.
struct LinkifyVector: Decodable, Sendable, CustomTestStringConvertible {
  let text: String
  let options: Int
  let html: String

  var testDescription: String { "\(options) \(text)" }

  static let all = Result { try Vectors.rows("linkify.json", as: LinkifyVector.self) }
}

@Suite("escape: linkify")  // ESC-012, ESC-013, ESC-014
struct LinkifyTests {
  @Test func `makes what Tornado makes`() throws {
    let rows = try LinkifyVector.all.get()
    #expect(rows.count > 2000)
    for row in rows {
      let html =
        switch row.options {
        case 0: linkify(row.text)
        case 1: linkify(row.text, shorten: true)
        case 2: linkify(row.text, requireProtocol: true)
        case 3: linkify(row.text, permittedProtocols: ["ftp", "http", "message", "rdar"])
        default: linkify(row.text, shorten: true, extraParameters: " rel=\"nofollow\" class=\"external\"  ")
        }
      #expect(html == row.html, "\(row.options): \(row.text.debugDescription)")
    }
  }

  @Test func `attributes can depend on the link`() {
    let html = linkify("http://a.example/x www.b.example") { url in
      url.hasPrefix("http://a.example/") ? " class=\"internal\" " : ""
    }
    #expect(
      html == #"<a href="http://a.example/x" class="internal">http://a.example/x</a> "#
        + #"<a href="http://www.b.example">www.b.example</a>"#)
  }

  @Test(arguments: ["javascript:alert(1)", "javascript://x/%0aalert(1)", "data:text/html,x", "vbscript://x"])
  func `schemes that are not permitted stay text`(_ text: String) {
    #expect(linkify(text) == text)
  }

  @Test func `nothing gets out of the attribute`() {
    let html = linkify("http://a.example/\"onclick=\"x\" <script>")
    #expect(!html.contains("\"onclick"))
    #expect(!html.contains("<script"))
  }

  @Test(
    arguments: ["a-", "-", "www.", "a:/(", "http://(", "&amp;", "a:/,", "http://a(", "é-"],
    [8_000])
  func `a long text takes no longer per byte`(_ piece: String, _ count: Int) {
    let short = String(repeating: piece, count: count / 20)
    let long = String(repeating: piece, count: count)
    let clock = ContinuousClock()
    let base = clock.measure { _ = linkify(short, shorten: true) }
    let time = clock.measure { _ = linkify(long, shorten: true) }
    // Twenty times the text: quadratic work would be 400 times as much.
    #expect(time < base * 100 + .milliseconds(200))
  }
}
