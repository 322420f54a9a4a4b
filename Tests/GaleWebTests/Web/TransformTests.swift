// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleHTTP
import GaleLoop
import GaleWire
import Testing

@testable import GaleWeb

/// Makes letters upper case and counts pieces.
private final class Shout: OutputTransform {
  private let journal: Journal
  init(_ journal: Journal) { self.journal = journal }

  func transformFirstChunk(
    _ status: inout Int, _ headers: inout HTTPHeaders, _ chunk: [UInt8], isLast: Bool
  ) throws -> [UInt8] {
    try headers.set("X-Shout", "yes")
    if status == 200 { status = 203 }
    return try transformChunk(chunk, isLast: isLast)
  }

  func transformChunk(_ chunk: [UInt8], isLast: Bool) throws -> [UInt8] {
    journal.note("\(chunk.count) \(isLast)")
    return Array(String(decoding: chunk, as: UTF8.self).uppercased().utf8) + (isLast ? [0x21] : [])
  }
}

@Suite("web: transforms")  // WEB-084, WEB-090 to WEB-092, SET-005
struct TransformTests {
  static func text(_ count: Int) -> String { String(repeating: "0123456789", count: count / 10 + 1) }

  static let routes: [URLSpec] = [
    .to("/text/([0-9]+)") { handler in
      let count = try handler.pathArgument(0).flatMap { Int($0) } ?? 0
      try handler.setHeader("Content-Type", try handler.argument("type", default: "text/plain"))
      for name in ["Vary", "Content-Encoding", "Etag"] {
        if let value = try handler.queryArgument(name) { try handler.setHeader(name, value) }
      }
      if let length = try handler.queryArgument("length") { try handler.setHeader("Content-Length", length) }
      handler.write(String(text(count).prefix(count)))
    },
    .to("/stream") { handler in
      for piece in ["one ", "two ", "three"] {
        handler.write(piece)
        try await handler.flush()
      }
    },
    .to("/error") { _ in throw HTTPError(404) },
  ]
  static let settings = Application.Settings.with { $0.compressesResponse = true }
  static let accept = "Accept-Encoding: gzip"

  static func inflate(_ bytes: [UInt8]) throws -> String {
    var decompressor = GzipDecompressor()
    let text = try decompressor.decompress(bytes)
    try decompressor.finish()
    return String(decoding: text, as: UTF8.self)
  }

  @Test func `a long text is compressed`() throws {
    try serving(Self.routes, settings: Self.settings) { server async throws in
      let plain = try await server.fetch("GET", "/text/5000")
      #expect(plain["Content-Encoding"] == nil)
      #expect(plain["Vary"] == "Accept-Encoding")
      let response = try await server.fetch("GET", "/text/5000", [Self.accept])
      #expect(response["Content-Encoding"] == "gzip")
      #expect(response["Vary"] == "Accept-Encoding")
      #expect(response.body.count < 500)
      #expect(response["Content-Length"] == String(response.body.count))
      #expect(try Self.inflate(response.body) == plain.text)
      #expect(response["Etag"] == plain["Etag"].map { "W/" + $0 })
      let again = try await server.fetch(
        "GET", "/text/5000", [Self.accept, "If-None-Match: \(response["Etag"] ?? "")"])
      #expect(again.status == 304)
      #expect(again["Vary"] == "Accept-Encoding")
      let head = try await server.fetch("GET", "/text/5000?length=5000", [Self.accept])
      #expect(try Self.inflate(head.body) == plain.text)
    }
  }

  static let rows: [(target: String, accept: String, isCompressed: Bool)] = [
    ("/text/1024", "gzip", true), ("/text/1023", "gzip", false), ("/text/5000", "", false),
    ("/text/5000", "compress", false), ("/text/5000", "gzip;q=0", false),
    ("/text/5000", "gzip; q=0.0, compress", false),
    ("/text/5000", "GZIP", true), ("/text/5000", "x-gzip", true), ("/text/5000", "*;q=0.5, gzip", true),
    ("/text/5000", "*;q=0", false), ("/text/5000", "*;q=0.5, identity", false),
    ("/text/5000", "gzip;q=0.5, identity", false),
    ("/text/5000", "gzip;q=0.5, identity;q=0.2", true), ("/text/5000", "compress, gzip;q=0.1", true),
    ("/text/5000", "gzipx", false), ("/text/5000?type=image/png", "gzip", false),
    ("/text/5000?type=application/json", "gzip", true), ("/text/5000?type=image/svg%2Bxml", "gzip", true),
    ("/text/5000?type=TEXT/html%3Bcharset=x", "gzip", true),
    ("/text/5000?Content-Encoding=br", "gzip", false),
    ("/error", "gzip", false), ("/stream", "gzip", true), ("/stream", "identity", false),
  ]

  @Test(arguments: rows)
  func `what is compressed depends on type, length and client`(
    _ row: (target: String, accept: String, isCompressed: Bool)
  ) throws {
    try serving(Self.routes, settings: Self.settings) { server async throws in
      let response = try await server.fetch("GET", row.target, ["Accept-Encoding: \(row.accept)"])
      #expect((response["Content-Encoding"] == "gzip") == row.isCompressed)
      #expect(response["Vary"] == "Accept-Encoding")
    }
  }

  static func decode(_ bytes: [UInt8], _ coding: ContentCoding) throws -> String {
    guard let decoder = ContentDecoder(coding: coding.rawValue, limit: 1 << 24) else {
      throw TestFailure("\(coding)")
    }
    let output = ByteBuffer()
    try decoder.decode(bytes.span, into: output)
    try decoder.finish()
    return String(decoding: output.take(output.count), as: UTF8.self)
  }

  @Test(arguments: ContentCoding.known)
  func `each coding has its turn`(_ coding: ContentCoding) throws {
    try serving(Self.routes, settings: Self.settings) { server async throws in
      let accept = "Accept-Encoding: \(coding.rawValue)"
      let plain = try await server.fetch("GET", "/text/5000")
      let response = try await server.fetch("GET", "/text/5000", [accept])
      #expect(response["Content-Encoding"] == coding.rawValue)
      #expect(response["Content-Length"] == String(response.body.count))
      #expect(response.body.count < 500)
      #expect(try Self.decode(response.body, coding) == plain.text)
      #expect(response["Etag"] == plain["Etag"].map { "W/" + $0 })
      for tag in [plain["Etag"], response["Etag"]] {
        let again = try await server.fetch("GET", "/text/5000", [accept, "If-None-Match: \(tag ?? "")"])
        #expect((again.status, again["Content-Encoding"], again["Vary"]) == (304, nil, "Accept-Encoding"))
      }
      let stream = try await server.fetch("GET", "/stream", [accept])
      #expect(stream["Content-Encoding"] == coding.rawValue)
      #expect(try Self.decode(stream.body, coding) == "one two three")
    }
  }

  @Test func `the settings say what is offered, and in which order`() throws {
    var settings = Self.settings
    settings.responseCodings = [.deflate, .gzip]
    try serving(Self.routes, settings: settings) { server async throws in
      for (accept, coding) in [
        ("gzip, deflate, br", "deflate"), ("br, zstd", nil), ("gzip, deflate;q=0.5", "gzip"),
      ]
        as [(String, String?)]
      {
        let response = try await server.fetch("GET", "/text/5000", ["Accept-Encoding: \(accept)"])
        #expect(response["Content-Encoding"] == coding)
      }
    }
  }

  @Test func `pieces can be read as they come`() throws {
    try serving(Self.routes, settings: Self.settings) { server async throws in
      let client = try await server.connect()
      defer { client.close() }
      try await client.send("GET", "/stream", [Self.accept])
      _ = try await client.responseHead()
      var decompressor = GzipDecompressor()
      var text = ""
      while case let chunk = try await client.chunk(), !chunk.isEmpty {
        text += String(decoding: try decompressor.decompress(chunk), as: UTF8.self)
        if chunk.count > 8 { #expect(["one ", "one two ", "one two three"].contains(text)) }
      }
      try decompressor.finish()
      #expect(text == "one two three")
    }
  }

  static let varies = [
    ("Cookie", "Cookie, Accept-Encoding"), ("accept-encoding", "accept-encoding"), ("*", "*"),
    ("Cookie, Accept-Encoding", "Cookie, Accept-Encoding"),
  ]

  @Test(arguments: varies)
  func `Vary is added to once`(_ row: (before: String, after: String)) throws {
    try serving(Self.routes, settings: Self.settings) { server async throws in
      let encoded = urlEscape(row.before)
      let response = try await server.fetch("GET", "/text/5000?Vary=\(encoded)", [Self.accept])
      #expect(response["Vary"] == row.after)
    }
  }

  @Test func `a weak tag stays as it is`() throws {
    try serving(Self.routes, settings: Self.settings) { server async throws in
      let response = try await server.fetch("GET", "/text/5000?Etag=W/%22x%22", [Self.accept])
      #expect(response["Etag"] == "W/\"x\"")
    }
  }

  @Test func `static texts are compressed, parts of them are not`() throws {
    let tree = try TemporaryTree()
    let text = Self.text(300_000)
    try tree.write(text, to: "long.txt")
    try tree.write("short", to: "short.txt")
    try tree.write(text, to: "long.bin")
    var settings = Self.settings
    settings.staticPath = tree.path
    try serving([], settings: settings) { server async throws in
      let plain = try await server.fetch("GET", "/static/long.txt")
      #expect(plain.text == text)
      let response = try await server.fetch("GET", "/static/long.txt", [Self.accept])
      #expect(response["Content-Encoding"] == "gzip")
      #expect(response["Transfer-Encoding"] == "chunked")
      #expect(response["Content-Length"] == nil)
      #expect(try Self.inflate(response.body) == text)
      #expect(response["Etag"] == plain["Etag"].map { "W/" + $0 })
      let part = try await server.fetch("GET", "/static/long.txt", [Self.accept, "Range: bytes=0-9999"])
      #expect((part.status, part["Content-Encoding"]) == (206, nil))
      #expect(part.body.count == 10000)
      for name in ["short.txt", "long.bin"] {
        let other = try await server.fetch("GET", "/static/\(name)", [Self.accept])
        #expect(other["Content-Encoding"] == nil)
        #expect(other["Content-Length"] != nil)
      }
      let head = try await server.fetch("HEAD", "/static/long.txt", [Self.accept])
      #expect(head["Content-Encoding"] == "gzip")
      #expect(head["Content-Length"] == nil)
    }
  }

  @Test func `others can be added and see everything`() throws {
    let journal = Journal()
    let application = try Application(Self.routes, settings: .quiet)
    application.addTransform { _ in Shout(journal) }
    try serving(application) { server async throws in
      let response = try await server.fetch("GET", "/stream")
      #expect((response.status, response["X-Shout"]) == (203, "yes"))
      #expect(response.text == "ONE TWO THREE!")
      #expect(journal.entries == ["4 false", "4 false", "5 false", "0 true"])
      let short = try await server.fetch("GET", "/error")
      #expect(short.status == 404)
      #expect(short.text.hasSuffix("</HTML>!"))
    }
  }
}
