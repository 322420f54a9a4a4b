// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

// Python's methods of Swift's types; methods of any other type are its own.
extension TemplateCode {
  /// What has the methods of `str`.
  public static func methods(_ text: String) -> TemplateText { TemplateText(text: text) }

  /// What has the methods of `list`.
  public static func methods<Element>(_ elements: [Element]) -> TemplateElements<Element> {
    TemplateElements(elements: elements)
  }

  /// What has the methods of `dict`.
  public static func methods<Key, Value>(_ members: [Key: Value]) -> TemplateMembers<Key, Value> {
    TemplateMembers(members: members)
  }

  /// The value itself.
  public static func methods<Value>(_ value: Value) -> Value { value }
}

/// The methods of `list` that change nothing, for code that is made of templates.
public struct TemplateElements<Element> {
  let elements: [Element]

  /// Python's `copy`.
  public func copy() throws -> [Element] { elements }
}

extension TemplateElements where Element: Equatable & TemplateConvertible {
  /// Python's `count`.
  public func count(_ element: Element) throws -> Int { elements.count { $0 == element } }

  /// Python's `index`.
  public func index(_ element: Element) throws -> Int {
    guard let place = elements.firstIndex(of: element) else {
      throw TemplateException(.valueError, "\(element.templateValue.representation) is not in list")
    }
    return place
  }
}

/// The methods of `dict` that change nothing, for code that is made of templates.
public struct TemplateMembers<Key: Hashable, Value> {
  let members: [Key: Value]

  /// Python's `get`.
  public func get(_ key: Key) throws -> Value? { members[key] }

  /// Python's `get`.
  public func get(_ key: Key, _ standard: Value) throws -> Value { members[key] ?? standard }
}

extension TemplateMembers where Key: TemplateConvertible {
  /// Python's `keys`.
  public func keys() throws -> [Key] { TemplateCode.ordered(members).map(\.key) }

  /// Python's `values`.
  public func values() throws -> [Value] { TemplateCode.ordered(members).map(\.value) }

  /// Python's `items`.
  public func items() throws -> [(Key, Value)] { TemplateCode.ordered(members).map { ($0.key, $0.value) } }
}

/// The methods of `str`, for code that is made of templates.
public struct TemplateText {
  let text: String

  private func value(_ method: TemplateMethod, _ arguments: [TemplateValue]) throws -> TemplateValue {
    try TextMethods.call(text, method, TemplateArguments(arguments))
  }

  private func string(_ method: TemplateMethod, _ arguments: TemplateValue...) throws -> String {
    try value(method, arguments).text
  }

  private func number(_ method: TemplateMethod, _ arguments: TemplateValue...) throws -> Int {
    try value(method, arguments).intValue ?? 0
  }

  private func strings(_ method: TemplateMethod, _ arguments: TemplateValue...) throws -> [String] {
    try value(method, arguments).iterated().map(\.text)
  }

  private func truth(_ method: TemplateMethod, _ arguments: TemplateValue...) throws -> Bool {
    try value(method, arguments).isTrue
  }

  /// Python's `capitalize`.
  public func capitalize() throws -> String { try string(.capitalize) }

  /// Python's `casefold`.
  public func casefold() throws -> String { try string(.casefold) }

  /// Python's `lower`.
  public func lower() throws -> String { try string(.lower) }

  /// Python's `swapcase`.
  public func swapcase() throws -> String { try string(.swapcase) }

  /// Python's `title`.
  public func title() throws -> String { try string(.title) }

  /// Python's `upper`.
  public func upper() throws -> String { try string(.upper) }

  /// Python's `isalnum`.
  public func isalnum() throws -> Bool { try truth(.isalnum) }

  /// Python's `isalpha`.
  public func isalpha() throws -> Bool { try truth(.isalpha) }

  /// Python's `isascii`.
  public func isascii() throws -> Bool { try truth(.isascii) }

  /// Python's `isdecimal`.
  public func isdecimal() throws -> Bool { try truth(.isdecimal) }

  /// Python's `isdigit`.
  public func isdigit() throws -> Bool { try truth(.isdigit) }

  /// Python's `isidentifier`.
  public func isidentifier() throws -> Bool { try truth(.isidentifier) }

  /// Python's `islower`.
  public func islower() throws -> Bool { try truth(.islower) }

  /// Python's `isnumeric`.
  public func isnumeric() throws -> Bool { try truth(.isnumeric) }

  /// Python's `isspace`.
  public func isspace() throws -> Bool { try truth(.isspace) }

  /// Python's `istitle`.
  public func istitle() throws -> Bool { try truth(.istitle) }

  /// Python's `isupper`.
  public func isupper() throws -> Bool { try truth(.isupper) }

  /// Python's `strip`.
  public func strip(_ characters: String? = nil) throws -> String {
    try string(.strip, characters.templateValue)
  }

  /// Python's `lstrip`.
  public func lstrip(_ characters: String? = nil) throws -> String {
    try string(.lstrip, characters.templateValue)
  }

  /// Python's `rstrip`.
  public func rstrip(_ characters: String? = nil) throws -> String {
    try string(.rstrip, characters.templateValue)
  }

  /// Python's `startswith`.
  public func startswith(_ affix: String) throws -> Bool { try truth(.startswith, .string(affix)) }

  /// Python's `endswith`.
  public func endswith(_ affix: String) throws -> Bool { try truth(.endswith, .string(affix)) }

  /// Python's `find`.
  public func find(_ part: String) throws -> Int { try number(.find, .string(part)) }

  /// Python's `rfind`.
  public func rfind(_ part: String) throws -> Int { try number(.rfind, .string(part)) }

  /// Python's `index`.
  public func index(_ part: String) throws -> Int { try number(.index, .string(part)) }

  /// Python's `rindex`.
  public func rindex(_ part: String) throws -> Int { try number(.rindex, .string(part)) }

  /// Python's `count`.
  public func count(_ part: String) throws -> Int { try number(.count, .string(part)) }

  /// Python's `removeprefix`.
  public func removeprefix(_ affix: String) throws -> String { try string(.removeprefix, .string(affix)) }

  /// Python's `removesuffix`.
  public func removesuffix(_ affix: String) throws -> String { try string(.removesuffix, .string(affix)) }

  /// Python's `center`.
  public func center(_ width: Int, _ fill: String = " ") throws -> String {
    try string(.center, .int(width), .string(fill))
  }

  /// Python's `ljust`.
  public func ljust(_ width: Int, _ fill: String = " ") throws -> String {
    try string(.ljust, .int(width), .string(fill))
  }

  /// Python's `rjust`.
  public func rjust(_ width: Int, _ fill: String = " ") throws -> String {
    try string(.rjust, .int(width), .string(fill))
  }

  /// Python's `zfill`.
  public func zfill(_ width: Int) throws -> String { try string(.zfill, .int(width)) }

  /// Python's `expandtabs`.
  public func expandtabs(_ size: Int = 8) throws -> String { try string(.expandtabs, .int(size)) }

  /// Python's `replace`.
  public func replace(_ old: String, _ new: String, _ count: Int = -1) throws -> String {
    try string(.replace, .string(old), .string(new), .int(count))
  }

  /// Python's `split`.
  public func split(_ separator: String? = nil, _ limit: Int = -1) throws -> [String] {
    try strings(.split, separator.templateValue, .int(limit))
  }

  /// Python's `rsplit`.
  public func rsplit(_ separator: String? = nil, _ limit: Int = -1) throws -> [String] {
    try strings(.rsplit, separator.templateValue, .int(limit))
  }

  /// Python's `splitlines`.
  public func splitlines(_ keepends: Bool = false) throws -> [String] {
    try strings(.splitlines, .bool(keepends))
  }

  /// Python's `join`.
  public func join(_ parts: [String]) throws -> String { parts.joined(separator: text) }

  /// Python's `format`.
  public func format(_ values: any TemplateConvertible...) throws -> String {
    try value(.format, values.map(\.templateValue)).text
  }

  /// Python's `encode`.
  public func encode() throws -> [UInt8] { Array(text.utf8) }
}
