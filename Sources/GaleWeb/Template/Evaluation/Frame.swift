// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore

/// What one page is made in.
final class Frame {
  /// The values of names: locals, and globals once they were looked up.
  final var slots: [TemplateValue?]
  final var output: ByteBuffer
  final let namespace: TemplateNamespace
  /// Whether `xhtml_escape` is the one that everybody has.
  final let escapesAsUsual: Bool
  private final let options: TemplateOptions
  private final lazy var common = options.namespace?()
  /// Whether the page is made: names have no values any more.
  private(set) final var isComplete = false
  /// How many lambdas are running inside each other.
  final var callDepth = 0
  static let callLimit = 60

  init(slotCount: Int, namespace: TemplateNamespace, options: TemplateOptions, escapes: Bool) throws {
    slots = Array(repeating: nil, count: slotCount)
    output = ByteBuffer(capacity: 4096)
    self.namespace = namespace
    self.options = options
    if escapes {
      let common = options.namespace?()
      var isReplaced = false
      for name in ["xhtml_escape", "escape"] {
        if try namespace.value(name) != nil || common?.value(name) != nil { isReplaced = true }
      }
      escapesAsUsual = !isReplaced
    } else {
      escapesAsUsual = false
    }
  }

  /// Lets go of all values: a lambda among them would keep the others.
  func complete() {
    isComplete = true
    slots.removeAll()
  }

  /// The value of a name that the template does not set.
  func global(_ name: String, _ builtIn: TemplateValue?) throws -> TemplateValue {
    if let value = try namespace.value(name) ?? common?.value(name) ?? builtIn { return value }
    throw TemplateException(.nameError, "name '\(name)' is not defined")
  }

  /// A module for `{% import %}`.
  func module(_ name: String) throws -> TemplateValue {
    if let value = options.modules?(name) ?? TemplateLibrary.module(name) { return value }
    throw TemplateException(.moduleNotFoundError, "No module named '\(name)'")
  }

  /// What `body` writes.
  func captured(_ body: () throws -> Void) rethrows -> [UInt8] {
    let outer = output
    output = ByteBuffer(capacity: 256)
    defer { output = outer }
    try body()
    return output.take(output.count)
  }

  // MARK: - Output

  /// Writes a value as `{% raw %}` does.
  @inline(__always)
  final func write(_ value: TemplateValue) {
    switch value {
    case .string(let text): output.append(text.utf8.span)
    case .bytes(let bytes): output.append(bytes)
    case .int(let number): output.append(decimal: number)
    default: output.append(value.text.utf8.span)
    }
  }

  /// Writes a value, escaped for HTML.
  @inline(__always)
  final func writeEscaped(_ value: TemplateValue) throws {
    switch value {
    case .string(let text): appendXHTMLEscaped(text.utf8.span, to: output)
    case .int(let number): output.append(decimal: number)
    default: try writeOtherEscaped(value)
    }
  }

  private func writeOtherEscaped(_ value: TemplateValue) throws {
    switch value {
    case .null, .bool, .double: output.append(value.text.utf8.span)
    case .bytes(let bytes):
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw TemplateException(.unicodeDecodeError, "'utf-8' codec can't decode the bytes")
      }
      appendXHTMLEscaped(text.utf8.span, to: output)
    default: appendXHTMLEscaped(value.text.utf8.span, to: output)
    }
  }
}

/// A line of a template, and the lines that included it.
final class TemplateLocation: Sendable {
  let file: TemplateFile
  let line: Int
  let parent: TemplateLocation?

  init(_ file: TemplateFile, _ line: Int, _ parent: TemplateLocation?) {
    self.file = file
    self.line = line
    self.parent = parent
  }

  var places: [TemplateError.Place] {
    var places: [TemplateError.Place] = []
    var location: TemplateLocation? = self
    while let here = location {
      places.append(here.file.place(here.line))
      location = here.parent
    }
    return places
  }
}

/// An error on its way out of a page.
struct TracedError: Error {
  let error: any Error
  let location: TemplateLocation
}
