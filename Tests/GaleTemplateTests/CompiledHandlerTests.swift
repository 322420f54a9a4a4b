// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Gale
import GaleTesting
import Testing

final class Shout: UIModule {
  override func render(_ arguments: TemplateArguments) throws -> any TemplateConvertible {
    "<b>" + xhtmlEscape(try arguments.string(0)) + (try arguments.string(1, "mark")) + "</b>"
  }

  override var embeddedCSS: String? { "b { color: red }" }
}

final class PageHandler: RequestHandler {
  override func get() async throws {
    if request.query == "compiled" {
      try render(Templates.handler(handler: self, messages: ["a", "<b>"]))
    } else {
      try render("handler.html", ["messages": ["a", "<b>"]])
    }
  }
}

@Suite("compiled templates: the handler's names")
struct CompiledHandlerTests {
  @Test(.loop) func `a handler gives a compiled template what it gives any other`() async throws {
    var settings = Application.Settings()
    settings.uiModules = ["Shout": Shout.self]
    settings.templatePath = BothWays.directory
    settings.staticPath = BothWays.directory
    let server = try HTTPTestServer([URLSpec("/page", PageHandler.self, name: "home")], settings: settings)
    let compiled = try await server.fetch("/page?compiled")
    let expected = try await server.fetch("/page")
    #expect(compiled.status == 200)
    #expect(compiled.text.contains("<b>a!</b><b>&lt;b&gt;!</b>"))
    #expect(compiled.text.contains("b { color: red }"))
    #expect(compiled.text == expected.text)
  }
}
