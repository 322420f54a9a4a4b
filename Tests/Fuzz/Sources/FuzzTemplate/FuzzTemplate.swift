// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import FuzzSupport
import GaleWeb

/// What holds for every input: compiling a template ends, with a template or with a ``TemplateError`` that names a line;
/// so does making a page with a limit of rounds, and a second page is the same as the first one.
///
/// The first byte chooses white space and escaping. The rest is the template, and behind each 0x00 another one that it can
/// include or extend under the names `a`, `b` …. Pages are made of short templates only: one that joins a text with itself
/// often enough fills any memory, and no limit of rounds sees it.
@c(LLVMFuzzerTestOneInput)
public func fuzzTemplate(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
  guard let input = unsafe FuzzInput(start, count) else { return 0 }
  var files: [String: String] = [:]
  for (index, text) in input.texts.prefix(8).enumerated() {
    files[index == 0 ? "main" : String(Unicode.Scalar(UInt8(0x60 + index)))] = text
  }
  var options = TemplateOptions(roundLimit: 300)
  options.autoescape = input.flags & 1 == 0 ? "xhtml_escape" : nil
  options.whitespace = [.all, .single, .oneLine, nil][Int(input.flags >> 1 & 3)]
  guard let template = compiled(DictLoader(files, options: options)) else { return 0 }
  guard count < 300 else { return 0 }
  let first = page(template)
  // What is written of a set or an object may differ; of everything else it does not.
  check(first?.count == page(template)?.count, "two pages of the same template differ")
  return 0
}

private func compiled(_ loader: DictLoader) -> Template? {
  do { return try loader.load("main") } catch let error as TemplateError {
    check(error.places.allSatisfy { $0.line > 0 }, "an error without a line: \(error)")
    return nil
  } catch { fatalError("not a TemplateError: \(error)") }
}

private func page(_ template: Template) -> [UInt8]? {
  let namespace: TemplateNamespace = [
    "x": 7, "y": "te<xt>", "z": ["a", "b"], "d": ["k": 1], "f": 0.5, "n": nil,
    // The real one may have a hundred million elements.
    "range": TemplateFunction("range") {
      .list(TemplateList((0..<min(max(try $0.int(0), 0), 50)).map { .int($0) }))
    },
  ]
  do { return try template.generate(namespace) } catch is TemplateError { return nil } catch {
    fatalError("not a TemplateError: \(error)")
  }
}
