// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleHTTP
import GaleLoop
import GaleWire
import Testing

@testable import GaleWeb

private let journal = Journal()

private final class HookHandler: RequestHandler {
  private var tag = ComputedETag.hashOfBody

  override func logException(_ error: any Error) { journal.note("\(error)") }
  override func decodeArgument(_ bytes: [UInt8], name: String?) throws -> String {
    journal.note("\(name ?? "path") \(bytes.count)")
    return String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
  }
  override func computeETag() -> ComputedETag { tag }
  override func get() async throws {
    if let wanted = try queryArgument("tag") { tag = wanted.isEmpty ? .none : .tag(wanted) }
    write(try argument("a", default: "") + (try pathArgument(0) ?? ""))
    if try queryArgument("fail") != nil { throw HTTPError(418) }
  }
}

@Suite("web: methods to override", .serialized)  // WEB-012, WEB-019, WEB-044
struct HookTests {
  static let routes = [URLSpec("/(.*)", HookHandler.self)]

  @Test func `arguments and path are decoded by the handler`() throws {
    try serving(Self.routes) { server async throws in
      #expect(try await server.fetch("GET", "/%E9?a=%FF").text == "ÿé")
      #expect(journal.contains("a 1"))
      #expect(journal.contains("path 1"))
    }
  }

  @Test func `errors are logged by the handler`() throws {
    try serving(Self.routes) { server async throws in
      #expect(try await server.fetch("GET", "/x?fail=1").status == 418)
      #expect(journal.contains("HTTP 418: I'm a Teapot"))
    }
  }

  @Test func `the tag is the handler's`() throws {
    try serving(Self.routes) { server async throws in
      let own = try await server.fetch("GET", "/x?tag=%22v1%22")
      #expect(own["Etag"] == "\"v1\"")
      #expect(try await server.fetch("GET", "/x?tag=%22v1%22", ["If-None-Match: \"v1\""]).status == 304)
      let none = try await server.fetch("GET", "/x?tag=", ["If-None-Match: *"])
      #expect((none.status, none["Etag"]) == (200, nil))
      #expect(try await server.fetch("GET", "/x")["Etag"]?.count == 42)
      #expect(try await server.fetch("GET", "/x?tag=%22%7F%22").status == 500)
    }
  }
}
