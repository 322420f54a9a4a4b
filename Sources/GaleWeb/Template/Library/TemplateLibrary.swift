// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

public import GaleCore

/// The names that every template has: Tornado's own and Python's built-in functions.
enum TemplateLibrary {
  /// The value of a name that neither the template nor its namespace has; made once for a compiled template.
  static func builtIn(_ name: String) -> TemplateValue? {
    tornado(name) ?? type(name) ?? function(name) ?? (name == "datetime" ? module(name) : nil)
  }

  // MARK: - Tornado's

  private static func tornado(_ name: String) -> TemplateValue? {
    switch name {
    case "escape", "xhtml_escape": .function(name) { .string(xhtmlEscape(try $0.string(0))) }
    case "url_escape":
      .function(name) { arguments in
        .string(urlEscape(try arguments.string(0), plus: arguments.value(1, "plus")?.isTrue ?? true))
      }
    case "json_encode": .function(name) { .string(jsonEncode(try $0.required(0).json())) }
    case "linkify": .function(name) { .string(try linkified($0)) }
    case "squeeze": .function(name) { .string(squeeze(try $0.string(0))) }
    default: nil
    }
  }

  /// The modules that every template can import; a loader's own come first.
  static func module(_ name: String) -> TemplateValue? {
    switch name {
    case "datetime": DateLibrary.module
    case "json":
      TemplateModuleObject(
        "json", ["dumps": .function("dumps") { .string(jsonEncode(try $0.required(0).json())) }]
      )
      .templateValue
    case "math": MathLibrary.module
    case "time": DateLibrary.timeModule
    case "tornado": TemplateModuleObject("tornado", ["escape": escapeModule]).templateValue
    case "tornado.escape": escapeModule
    default: nil
    }
  }

  private static var escapeModule: TemplateValue {
    var names: [String: TemplateValue] = [:]
    for name in ["xhtml_escape", "url_escape", "json_encode", "squeeze", "linkify"] {
      names[name] = tornado(name)
    }
    names["url_unescape"] = .function("url_unescape") { .string(urlUnescape(try $0.string(0))) }
    names["xhtml_unescape"] = .function("xhtml_unescape") { .string(xhtmlUnescape(try $0.string(0))) }
    for name in ["to_unicode", "native_str", "to_basestring"] {
      names[name] = .function(name) { .string(try $0.string(0)) }
    }
    names["utf8"] = .function("utf8") { .bytes(Array(try $0.string(0).utf8)) }
    return TemplateModuleObject("tornado.escape", names).templateValue
  }

  // MARK: - Python's functions

  private static func function(_ name: String) -> TemplateValue? {
    guard let body = numeric(name) ?? inspecting(name) ?? iterating(name) else { return nil }
    return .function(name, body)
  }

  private static func numeric(_ name: String) -> TemplateFunction.Body? {
    switch name {
    case "abs":
      return { arguments in
        let value = try arguments.required(0)
        if case .double(let number) = value { return .double(number.magnitude) }
        guard let number = value.intValue else {
          throw TemplateException(.typeError, "bad operand type for abs(): '\(value.typeName)'")
        }
        return number < 0 ? try TemplateOperators.unary(.minus, .int(number)) : .int(number)
      }
    case "round": return { try MathLibrary.round($0) }
    case "divmod":
      return { arguments in
        let (left, right) = (try arguments.required(0), try arguments.required(1))
        return .tuple([
          try TemplateOperators.binary(.floorDivide, left, right),
          try TemplateOperators.binary(.modulo, left, right),
        ])
      }
    case "pow": return { try TemplateOperators.binary(.power, try $0.required(0), try $0.required(1)) }
    case "sum":
      return { arguments in
        try arguments.required(0).iterated().reduce(arguments.value(1, "start") ?? .int(0)) {
          try TemplateOperators.binary(.add, $0, $1)
        }
      }
    case "min", "max": return { try extreme($0, name) }
    case "chr":
      return { arguments in
        guard let value = UInt32(exactly: try arguments.int(0)), let scalar = Unicode.Scalar(value) else {
          throw TemplateException(.valueError, "chr() arg not in range(0x110000)")
        }
        return .string(String(scalar))
      }
    case "ord":
      return { arguments in
        let scalars = try arguments.string(0).unicodeScalars
        guard let first = scalars.first, scalars.count == 1 else {
          throw TemplateException(
            .typeError, "ord() expected a character, but string of length \(scalars.count) found")
        }
        return .int(Int(first.value))
      }
    case "hex", "oct", "bin":
      return { arguments in
        let number = try arguments.int(0)
        let (radix, prefix) = name == "hex" ? (16, "0x") : name == "oct" ? (8, "0o") : (2, "0b")
        return .string((number < 0 ? "-" : "") + prefix + String(number.magnitude, radix: radix))
      }
    default: return nil
    }
  }

  private static func extreme(_ arguments: TemplateArguments, _ name: String) throws -> TemplateValue {
    let values = arguments.positional.count > 1 ? arguments.positional : try arguments.required(0).iterated()
    guard var best = values.first else {
      if let standard = arguments["default"] { return standard }
      throw TemplateException(.valueError, "\(name)() arg is an empty sequence")
    }
    let key = arguments["key"].flatMap { $0.isNull ? nil : $0 }
    func rank(_ value: TemplateValue) throws -> TemplateValue {
      try key?.called(TemplateArguments([value])) ?? value
    }
    var bestRank = try rank(best)
    for value in values.dropFirst() {
      let next = try rank(value)
      let order = try next.order(bestRank, name == "min" ? "<" : ">") ?? 0
      if name == "min" ? order < 0 : order > 0 { (best, bestRank) = (value, next) }
    }
    return best
  }

  private static func inspecting(_ name: String) -> TemplateFunction.Body? {
    switch name {
    case "len": return { .int(try $0.required(0).length()) }
    case "repr", "ascii": return { .string(try $0.required(0).representation) }
    case "format":
      return { .string(try FormatSpecification.format(try $0.required(0), $0.value(1)?.text ?? "")) }
    case "callable":
      return { arguments in
        if case .function = try arguments.required(0) { .bool(true) } else { .bool(false) }
      }
    case "hasattr": return { .bool(try $0.required(0).attributeIfThere(try $0.string(1)) != nil) }
    case "getattr":
      return { arguments in
        let (object, name) = (try arguments.required(0), try arguments.string(1))
        guard let standard = arguments.value(2) else { return try object.attribute(name) }
        return try object.attributeIfThere(name) ?? standard
      }
    case "isinstance":
      return { arguments in
        let (value, wanted) = (try arguments.required(0), try arguments.required(1))
        let types = if case .tuple(let types) = wanted { types } else { [wanted] }
        return .bool(
          try types.contains { type in
            guard case .function(let function) = type, let kind = function.kind else {
              throw TemplateException(
                .typeError, "isinstance() arg 2 must be a type, a tuple of types, or a union")
            }
            return isInstance(value, kind)
          })
      }
    default: return nil
    }
  }

  private static func isInstance(_ value: TemplateValue, _ kind: String) -> Bool {
    if kind == "object" || value.typeName == kind { return true }
    if case .bool = value, kind == "int" { return true }
    if case .object(let object) = value, let caught = object as? CaughtException {
      return ((caught.error as? TemplateException)?.kind ?? .exception).isCaught(by: kind)
    }
    return kind == "date" && value.typeName == "datetime"
  }

  private static func iterating(_ name: String) -> TemplateFunction.Body? {
    switch name {
    case "all": return { .bool(try $0.required(0).iterated().allSatisfy(\.isTrue)) }
    case "any": return { .bool(try $0.required(0).iterated().contains(where: \.isTrue)) }
    case "enumerate":
      return { arguments in
        let start = arguments.value(1, "start")?.intValue ?? 0
        let pairs = try arguments.required(0).iterated().enumerated()
        return iterator(name, pairs.map { .tuple([.int($0 + start), $1]) })
      }
    case "filter":
      return { arguments in
        let test = try arguments.required(0)
        let values = try arguments.required(1).iterated()
        return iterator(
          name,
          try values.filter { try test.isNull ? $0.isTrue : test.called(TemplateArguments([$0])).isTrue })
      }
    case "iter": return { iterator("iterator", try $0.required(0).iterated()) }
    case "map":
      return { arguments in
        let function = try arguments.required(0)
        let rows = try zipped(Array(arguments.positional.dropFirst()))
        return iterator(name, try rows.map { try function.called(TemplateArguments($0)) })
      }
    case "next":
      return { arguments in
        guard case .object(let object) = try arguments.required(0), let values = object as? TemplateIterator
        else {
          throw TemplateException(
            .typeError, "'\(try arguments.required(0).typeName)' object is not an iterator")
        }
        if let value = values.next() ?? arguments.value(1) { return value }
        throw TemplateException(.stopIteration, arguments: [])
      }
    case "reversed": return { iterator(name, try $0.required(0).iterated().reversed()) }
    case "sorted":
      return { arguments in
        .list(
          TemplateList(
            try sorted(
              try arguments.required(0).iterated(), key: arguments["key"],
              isReversed: arguments["reverse"]?.isTrue ?? false)))
      }
    case "zip": return { iterator(name, try zipped($0.positional).map { .tuple($0) }) }
    default: return nil
    }
  }

  private static func iterator(_ name: String, _ values: [TemplateValue]) -> TemplateValue {
    .object(TemplateIterator(name, values))
  }

  private static func zipped(_ sequences: [TemplateValue]) throws -> [[TemplateValue]] {
    let columns = try sequences.map { try $0.iterated() }
    let count = columns.map(\.count).min() ?? 0
    return (0..<count).map { row in columns.map { $0[row] } }
  }

  /// Python's stable sort.
  static func sorted(
    _ values: [TemplateValue], key: TemplateValue?, isReversed: Bool
  ) throws -> [TemplateValue] {
    let key = key.flatMap { $0.isNull ? nil : $0 }
    let ranked = try values.map { (rank: try key?.called(TemplateArguments([$0])) ?? $0, value: $0) }
    // Reversed twice, so that equal ones stay in their order.
    let source = isReversed ? ranked.reversed() : ranked
    let sorted = try source.sorted { (try $0.rank.order($1.rank, "<") ?? 0) < 0 }.map(\.value)
    return isReversed ? sorted.reversed() : sorted
  }
}

/// What `{% import %}` gives a name to.
final class TemplateModuleObject: TemplateObject {
  private let name: String
  private let names: [String: TemplateValue]

  init(_ name: String, _ names: [String: TemplateValue]) {
    self.name = name
    self.names = names
  }

  var templateTypeName: String { "module" }
  var templateText: String { "<module '\(name)'>" }
  func templateAttribute(_ name: String) -> TemplateValue? {
    names[name] ?? (name == "__name__" ? .string(self.name) : nil)
  }
}

extension TemplateValue {
  /// Makes a module, for ``TemplateOptions/modules``.
  public static func module(_ name: String, _ names: [String: any TemplateConvertible]) -> TemplateValue {
    .object(TemplateModuleObject(name, names.mapValues(\.templateValue)))
  }

  /// The value as Tornado's `json_encode` takes it.
  /// - Throws: `TypeError` for what JSON has nothing for.
  public func json() throws -> JSONValue { try json(depth: 0) }

  private func json(depth: Int) throws -> JSONValue {
    guard depth < 100 else { throw TemplateException(.valueError, "Circular reference detected") }
    switch self {
    case .null: return .null
    case .bool(let value): return .bool(value)
    case .int(let number): return .int(number)
    case .double(let number): return .double(number)
    case .string(let text): return .string(text)
    case .list(let list): return .array(try list.elements.map { try $0.json(depth: depth + 1) })
    case .tuple(let elements): return .array(try elements.map { try $0.json(depth: depth + 1) })
    case .dictionary(let dictionary):
      return .object(
        try zip(dictionary.keys, dictionary.values).map { key, value in
          JSONMember(try key.jsonKey(), try value.json(depth: depth + 1))
        })
    default: throw TemplateException(.typeError, "Object of type \(typeName) is not JSON serializable")
    }
  }

  private func jsonKey() throws -> String {
    switch self {
    case .string(let text): return text
    case .null: return "null"
    case .bool(let value): return value ? "true" : "false"
    case .int, .double: return text
    default:
      throw TemplateException(.typeError, "keys must be str, int, float, bool or None, not \(typeName)")
    }
  }
}
