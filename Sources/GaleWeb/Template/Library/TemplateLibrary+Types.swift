// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

extension TemplateLibrary {
  /// `str`, `int`, … and the exceptions.
  static func type(_ name: String) -> TemplateValue? {
    if let kind = TemplateException.Kind.all.first(where: { $0.name == name }) { return exception(kind) }
    if name == "BaseException" { return .function(TemplateFunction(type: name) { _ in throw refused(name) }) }
    guard let body = scalar(name) ?? container(name) else { return nil }
    return .function(TemplateFunction(type: name, attributes: methods(name), body))
  }

  /// The type of a value.
  static func type(of value: TemplateValue) -> TemplateValue {
    type(value.typeName)
      ?? .function(TemplateFunction(type: value.typeName) { _ in throw refused(value.typeName) })
  }

  private static func refused(_ name: String) -> TemplateException {
    TemplateException(.typeError, "cannot create '\(name)' instances")
  }

  private static func exception(_ kind: TemplateException.Kind) -> TemplateValue {
    .function(
      TemplateFunction(type: kind.name) { arguments in
        .object(CaughtException(error: TemplateException(kind, arguments: arguments.positional)))
      })
  }

  /// `str.upper` and the like, for `map` and keys.
  private static func methods(_ name: String) -> [String: TemplateValue] {
    let methods: Set<TemplateMethod>
    switch name {
    case "str": methods = TemplateMethod.text
    case "list": methods = TemplateMethod.list
    case "dict": methods = TemplateMethod.dictionary
    default: return [:]
    }
    var values: [String: TemplateValue] = [:]
    for method in methods {
      values[method.rawValue] = .function(method.rawValue) { arguments in
        let value = try arguments.required(0)
        guard value.typeName == name else {
          throw TemplateException(
            .typeError,
            "descriptor '\(method.rawValue)' for '\(name)' objects doesn't apply to a '\(value.typeName)' object"
          )
        }
        return try value.call(
          method, TemplateArguments(Array(arguments.positional.dropFirst()), keywords: arguments.keywords))
      }
    }
    return values
  }

  // MARK: - Numbers and text

  private static func scalar(_ name: String) -> TemplateFunction.Body? {
    switch name {
    case "str": return { .string(try text($0)) }
    case "bool": return { .bool($0.value(0)?.isTrue ?? false) }
    case "int": return { .int(try int($0)) }
    case "float": return { .double(try float($0.value(0) ?? .double(0))) }
    case "bytes": return { .bytes(try bytes($0)) }
    case "object": return { _ in throw refused("object") }
    case "type": return { type(of: try $0.required(0)) }
    default: return nil
    }
  }

  private static func text(_ arguments: TemplateArguments) throws -> String {
    guard let value = arguments.value(0, "object") else { return "" }
    if case .bytes = value, arguments.count > 1 { return try arguments.string(0) }
    return value.text
  }

  private static func bytes(_ arguments: TemplateArguments) throws -> [UInt8] {
    switch arguments.value(0) ?? .bytes([]) {
    case .string(let text):
      guard arguments.count > 1 else {
        throw TemplateException(.typeError, "string argument without an encoding")
      }
      return Array(text.utf8)
    case .bytes(let bytes): return bytes
    case let value:
      return try value.iterated().map { element in
        guard let byte = element.intValue.flatMap(UInt8.init(exactly:)) else {
          throw TemplateException(.valueError, "bytes must be in range(0, 256)")
        }
        return byte
      }
    }
  }

  static func int(_ arguments: TemplateArguments) throws -> Int {
    let value = arguments.value(0) ?? .int(0)
    if let number = value.intValue { return number }
    if case .double(let number) = value {
      guard let whole = Int(exactly: number.rounded(.towardZero)) else {
        throw TemplateException(
          number.isNaN ? .valueError : .overflowError, "cannot convert float \(pythonText(number)) to integer"
        )
      }
      return whole
    }
    guard let text = value.stringValue else {
      throw TemplateException(
        .typeError,
        "int() argument must be a string, a bytes-like object or a real number, not '\(value.typeName)'")
    }
    let radix = try arguments.value(1, "base").map { _ in try arguments.int(1, "base") } ?? 10
    let digits = TextMethods.stripped(text, nil, left: true, right: true).filter { $0 != "_" }
    guard (2...36).contains(radix), let number = Int(digits, radix: radix) else {
      throw TemplateException(
        .valueError, "invalid literal for int() with base \(radix): \(value.representation)")
    }
    return number
  }

  static func float(_ value: TemplateValue) throws -> Double {
    if let number = value.doubleValue { return number }
    guard let text = value.stringValue else {
      throw TemplateException(
        .typeError, "float() argument must be a string or a real number, not '\(value.typeName)'")
    }
    let digits = TextMethods.stripped(text, nil, left: true, right: true).filter { $0 != "_" }.lowercased()
    // Swift reads hexadecimal floats, too, and Python does not.
    guard !digits.contains("x"), let number = Double(digits) else {
      throw TemplateException(.valueError, "could not convert string to float: \(value.representation)")
    }
    return number
  }

  // MARK: - Containers

  private static func container(_ name: String) -> TemplateFunction.Body? {
    func elements(_ arguments: TemplateArguments) throws -> [TemplateValue] {
      try arguments.value(0)?.iterated() ?? []
    }
    switch name {
    case "list": return { .list(TemplateList(try elements($0))) }
    case "tuple": return { .tuple(try elements($0)) }
    case "set", "frozenset": return { .set(try TemplateSet(hashing: try elements($0))) }
    case "dict":
      return { arguments in
        let dictionary = TemplateDictionary()
        if let other = arguments.value(0) { try dictionary.update(with: other) }
        for keyword in arguments.keywords { dictionary.set(.string(keyword.name), keyword.value) }
        return .dictionary(dictionary)
      }
    case "range":
      return { arguments in
        let first = try arguments.int(0)
        guard arguments.positional.count > 1 else { return .object(try TemplateRange(0, first, 1)) }
        let step = arguments.positional.count > 2 ? try arguments.int(2) : 1
        return .object(try TemplateRange(first, try arguments.int(1), step))
      }
    default: return nil
    }
  }
}
