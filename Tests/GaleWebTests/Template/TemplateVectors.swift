// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleWeb
import Glibc
import Testing

/// What Tornado made of a template; written by interop/twins/template_vectors.py.
struct TemplateVector: Sendable, CustomTestStringConvertible {
  let main: String
  let files: [String: String]
  let options: JSONValue?
  let page: String?
  let error: String?
  let message: String?
  let file: String?
  let line: Int?

  var testDescription: String { "\(main): \(files[main] ?? "")" }

  init(_ json: JSONValue) throws {
    guard let main = json["main"]?.stringValue, let files = json["files"]?.objectValue else {
      throw TestFailure("a case without files")
    }
    self.main = main
    self.files = Dictionary(uniqueKeysWithValues: files.map { ($0.key, $0.value.stringValue ?? "") })
    options = json["options"]
    page = json["page"]?.stringValue
    error = json["error"]?.stringValue
    message = json["message"]?.stringValue
    file = json["file"]?.stringValue
    line = json["line"]?.intValue
    guard page != nil || error != nil else { throw TestFailure("a case without a result") }
  }

  var loader: DictLoader {
    var made = TemplateOptions()
    if let autoescape = options?["autoescape"] { made.autoescape = autoescape.stringValue }
    if let whitespace = options?["whitespace"]?.stringValue {
      made.whitespace = WhitespaceMode(named: whitespace)
    }
    return DictLoader(files, options: made)
  }
}

/// The file of vectors.
struct TemplateVectors: Sendable {
  let names: [JSONMember]
  let cases: [TemplateVector]

  static let shared = Result { try TemplateVectors() }

  init() throws {
    let path = String(#filePath.prefix { _ in true }).replacing(
      "GaleWebTests/Template/TemplateVectors.swift", with: "Vectors/templates.json")
    guard let file = unsafe fopen(path, "r") else { throw TestFailure("cannot read \(path)") }
    defer { unsafe fclose(file) }
    var text: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = unsafe fread(&buffer, 1, buffer.count, file), count > 0 {
      text += buffer[..<count]
    }
    let json = try jsonDecode(String(decoding: text, as: UTF8.self))
    guard let names = json["names"]?.objectValue, let cases = json["cases"]?.arrayValue, cases.count > 500
    else {
      throw TestFailure("not the vectors")
    }
    self.names = names
    self.cases = try cases.map { try TemplateVector($0) }
  }

  static var all: [TemplateVector] { do { return try shared.get().cases } catch { return [] } }

  /// The names that every case has, and what the script adds to them.
  func namespace() -> TemplateNamespace {
    var namespace = TemplateNamespace()
    for name in names { namespace[name.key] = name.value }
    namespace["upper"] = TemplateFunction("upper") { .string(try $0.string(0).uppercased()) }
    namespace["record"] = SampleRecord()
    return namespace
  }
}

/// The `Record` of the script.
final class SampleRecord: TemplateObject {
  func templateAttribute(_ name: String) -> TemplateValue? {
    switch name {
    case "title": "<Record>"
    case "tags": ["t"]
    case "method": .function(name) { .int(try $0.int(0) * 2) }
    default: nil
    }
  }
}
