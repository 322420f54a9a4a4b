// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleHTTP
import GaleLoop
import GaleWeb
import Testing

/// Streams its body to nobody.
private final class DeafHandler: RequestHandler {
  override class var streamsRequestBody: Bool { true }
}

@Suite("web: misuse")
struct MisuseTests {
  /// Each of these stops the program: it cannot mean what it says.
  static let steps: [String: Script.Step] = [
    "write after finish": { handler in
      try handler.finish("all")
      handler.write("more")
    },
    "bytes after finish": { handler in
      try handler.finish()
      handler.write([1])
    },
    "finish twice": { handler in
      try handler.finish()
      try handler.finish()
    },
    "finish after a redirect": { handler in
      try handler.redirect(to: "/")
      try handler.finish("all")
    },
    "a JSON array": { $0.write([1, 2] as JSONValue) },
    "204 with a body": { handler in
      handler.setStatus(204)
      handler.write("x")
    },
    "304 with a body": { handler in
      handler.setStatus(304)
      handler.write("x")
    },
    "redirect after a flush": { handler in
      try await handler.flush()
      try handler.redirect(to: "/")
    },
    "redirect with status 200": { try $0.redirect(to: "/", status: 200) },
    "redirect with status 400": { try $0.redirect(to: "/", status: 400) },
  ]

  @Test(arguments: steps.keys.sorted())
  func `of a handler's output stops the program`(_ name: String) async {
    await #expect(processExitsWith: .failure) { [name = name as String] in
      let step = try #require(Self.steps[name])
      try serving([.to("/", step)]) { server in
        _ = try? await server.fetch("GET", "/")
      }
    }
  }

  @Test func `a harmless handler does not stop the program`() async {
    await #expect(processExitsWith: .success) {
      try serving([.text("/", "fine")]) { server in
        let response = try await server.fetch("GET", "/")
        #expect(response.text == "fine")
      }
    }
  }

  @Test func `a streaming handler without dataReceived stops the program`() async {
    await #expect(processExitsWith: .failure) {
      try serving([URLSpec("/", DeafHandler.self)]) { server in
        _ = try? await server.fetch("POST", "/", body: [1])
      }
    }
  }

  @Test func `routes that come after listen stop the program`() async {
    await #expect(processExitsWith: .failure) {
      try serving([.text("/", "fine")]) { server in
        try server.application.addHandlers(host: "late", [.text("/", "late")])
      }
    }
  }
}
