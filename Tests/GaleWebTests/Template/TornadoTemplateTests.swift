// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleWeb
import Testing

/// TPL-001…TPL-041: Gale makes of a template what Tornado makes of it.
@Suite("template: what Tornado makes")
struct TornadoTemplateTests {
  @Test func `there are hundreds of vectors`() throws {
    #expect(try TemplateVectors.shared.get().cases.count > 500)
  }

  @Test(arguments: TemplateVectors.all)
  func `the same page or the same error`(_ vector: TemplateVector) throws {
    let namespace = try TemplateVectors.shared.get().namespace()
    do {
      let page = String(decoding: try vector.loader.load(vector.main).generate(namespace), as: UTF8.self)
      #expect(page == vector.page, "Tornado: \(vector.error ?? "a page")")
    } catch let error as TemplateError {
      check(error, vector)
    }
  }

  private func check(_ error: TemplateError, _ vector: TemplateVector) {
    switch vector.error {
    case "ParseError":
      #expect(error.code == .parse)
      #expect(error.line == vector.line)
      #expect(error.filename == vector.file)
      #expect(error.message == vector.message)
    case "SyntaxError", "Invalid mode": #expect(error.code == .parse, "\(error)")
    case "NotFound": #expect(error.code == .notFound)
    case let expected?:
      #expect(error.code == .evaluation, "\(error)")
      #expect((error.underlying as? TemplateException)?.kind.name == expected, "\(error)")
    case nil: Issue.record("\(error); Tornado: \(vector.page ?? "")")
    }
  }
}
