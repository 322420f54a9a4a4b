// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleWeb
import Testing

@Suite("web: entity tags of bodies")
struct BodyTagTests {
  @Test func `a tag is the body's SHA-1, as Tornado computes it`() throws {
    try serving([.to("/") { $0.write("ok") }]) { server in
      let response = try await server.fetch("GET", "/")
      #expect(response["Etag"] == "\"7a85f4764bbd6daf1c3545efbbf0f279a6dc0beb\"")
    }
  }
}
