// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// Reads the tags of a template: Tornado's `_TemplateReader` and `_parse`.
package struct TemplateParser {
  private let file: TemplateFile
  private let source: [UInt8]
  private var at = 0
  private var line = 1
  /// Where the line begins.
  private var lineStart = 0
  private var whitespace: WhitespaceMode
  private var depth = 0
  /// How deep tags may lie in each other; Python's own limit.
  private static let depthLimit = 100

  /// Reads a whole template.
  /// - Throws: ``TemplateError`` with the line.
  package static func parse(
    _ source: String, name: String, autoescape: String?, whitespace: WhitespaceMode
  ) throws -> TemplateFile {
    let file = TemplateFile(name: name, source: source, autoescape: autoescape)
    var parser = TemplateParser(file, source, whitespace)
    file.body = try parser.sections(nil, loop: false).first?.body ?? []
    return file
  }

  private init(_ file: TemplateFile, _ source: String, _ whitespace: WhitespaceMode) {
    self.file = file
    self.source = Array(source.utf8)
    self.whitespace = whitespace
  }

  /// A tag such as `{% else %}` with what follows it; the first one is the opening tag itself.
  private struct Section {
    let keyword: String
    let head: String
    let position: TemplatePosition
    var body: [TemplateNode] = []
  }

  /// Where the parser is.
  private var position: TemplatePosition { TemplatePosition(line: line, column: at - lineStart + 1) }

  private func problem(_ message: String, _ position: TemplatePosition? = nil) -> TemplateError {
    TemplateError(.parse, message, [file.place(position ?? self.position)])
  }

  // MARK: - Bytes

  private func find(_ text: StaticString, from start: Int) -> Int? {
    // Both are two bytes.
    let (first, second) = text.withUTF8Buffer { unsafe ($0[0], $0[1]) }
    var index = start
    while index + 1 < source.count {
      if source[index] == first, source[index + 1] == second { return index }
      index += 1
    }
    return nil
  }

  private mutating func consume(to end: Int) -> String {
    for index in at..<end where source[index] == 0x0A {
      line += 1
      lineStart = index + 1
    }
    defer { at = end }
    return String(decoding: source[at..<end], as: UTF8.self)
  }

  /// Where the next tag begins: `{{`, `{%` or `{#`, of more braces in a row the last two.
  private func nextTag() -> Int? {
    var index = at
    while index + 1 < source.count {
      let next = source[index + 1]
      let isTag = next == UInt8(ascii: "{") || next == UInt8(ascii: "%") || next == UInt8(ascii: "#")
      if source[index] == UInt8(ascii: "{"), isTag {
        let isInner =
          next == UInt8(ascii: "{") && index + 2 < source.count && source[index + 2] == UInt8(ascii: "{")
        if !isInner { return index }
      }
      index += 1
    }
    return nil
  }

  // MARK: - Tags

  /// Reads up to the end of a block, or of the file.
  private mutating func sections(_ block: String?, head: String = "", loop: Bool) throws -> [Section] {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.depthLimit else { throw problem("Too many nested blocks") }
    var sections = [Section(keyword: block ?? "", head: head, position: position)]
    while true {
      guard let start = nextTag() else {
        if let block { throw problem("Missing {% end %} block for \(block)") }
        add(text: consume(to: source.count), to: &sections)
        return sections
      }
      if start > at { add(text: consume(to: start), to: &sections) }
      let tag = position
      let brace = consume(to: at + 2)
      if at < source.count, source[at] == UInt8(ascii: "!") {
        at += 1
        add(text: brace, to: &sections)
        continue
      }
      switch brace {
      case "{#":
        guard let end = find("#}", from: at) else { throw problem("Missing end comment #}") }
        note(comment: consume(to: end), tag)
        at += 2
      case "{{":
        guard let end = find("}}", from: at) else { throw problem("Missing end expression }}") }
        let content = strip(consume(to: end))
        at += 2
        guard !content.isEmpty else { throw problem("Empty expression") }
        add(.output(try read(content, tag) { try $0.wholeExpression() }, isRaw: false), tag, to: &sections)
      default:
        if try !self.tag(block, loop, tag, &sections) { return sections }
      }
    }
  }

  private func add(text: String, to sections: inout [Section]) {
    let filtered = text.contains("<pre>") ? text : filterWhitespace(whitespace, text)
    guard !filtered.isEmpty else { return }
    add(.text(Array(filtered.utf8)), position, to: &sections)
  }

  private func note(comment: String, _ position: TemplatePosition) {
    let text = strip(comment)
    for keyword in ["param", "import"] where text.hasPrefix(keyword + " ") {
      let rest = strip(String(text.dropFirst(keyword.count)))
      file.directives.append(TemplateDirective(keyword: keyword, text: rest, position: position))
    }
  }

  private func add(_ kind: TemplateNode.Kind, _ position: TemplatePosition, to sections: inout [Section]) {
    sections[sections.count - 1].body.append(TemplateNode(position: position, kind: kind))
  }

  /// What stands between the tags.
  private func strip(_ text: String) -> String {
    var scalars = text.unicodeScalars[...]
    while let first = scalars.first, first.isPythonSpace { scalars.removeFirst() }
    while let last = scalars.last, last.isPythonSpace { scalars.removeLast() }
    return String(scalars)
  }

  private func read<Result>(
    _ text: String, _ position: TemplatePosition, _ body: (inout ExpressionParser) throws -> Result
  ) throws -> Result {
    do {
      var parser = try ExpressionParser(text)
      return try body(&parser)
    } catch let found as SyntaxProblem {
      throw problem(found.message, position)
    }
  }

  private static let parents: [String: [String]] = [
    "else": ["for", "if", "try", "while"], "elif": ["if"], "except": ["try"], "finally": ["try"],
  ]

  /// Reads a `{% … %}`.
  /// - Returns: Whether the block goes on.
  private mutating func tag(
    _ block: String?, _ loop: Bool, _ position: TemplatePosition, _ sections: inout [Section]
  ) throws -> Bool {
    guard let end = find("%}", from: at) else { throw problem("Missing end block %}") }
    let content = strip(consume(to: end))
    at += 2
    guard !content.isEmpty else { throw problem("Empty block tag ({% %})") }
    let space = content.firstIndex(of: " ")
    let name = String(content[..<(space ?? content.endIndex)])
    let rest = space.map { strip(String(content[$0...])) } ?? ""
    if let parents = Self.parents[name] {
      guard let block else {
        throw problem("\(name) outside {\(parents.map { "'\($0)'" }.joined(separator: ", "))} block")
      }
      guard parents.contains(block) else {
        throw problem("\(name) block cannot be attached to \(block) block")
      }
      sections.append(Section(keyword: name, head: rest, position: position))
      return true
    }
    if name == "end" {
      guard block != nil else { throw problem("Extra {% end %} block") }
      return false
    }
    if let kind = try single(name, rest, content, loop, position) {
      add(kind, position, to: &sections)
    } else if try !setting(name, rest) {
      add(try compound(name, rest, loop, position), position, to: &sections)
    }
    return true
  }

  /// The tags that say something about the file.
  private mutating func setting(_ name: String, _ rest: String) throws -> Bool {
    switch name {
    case "comment": break
    case "autoescape": file.autoescape = rest == "None" ? nil : rest
    case "whitespace":
      guard let mode = WhitespaceMode(named: rest) else { throw problem("invalid whitespace mode: \(rest)") }
      whitespace = mode
    default: return false
    }
    return true
  }

  /// The tags without a body.
  private mutating func single(
    _ name: String, _ rest: String, _ content: String, _ loop: Bool, _ position: TemplatePosition
  ) throws -> TemplateNode.Kind? {
    switch name {
    case "extends":
      let path = unquoted(rest)
      guard !path.isEmpty else { throw problem("extends missing file path") }
      if depth == 1 { file.parents.append((path, position)) }
      return .extends
    case "include":
      let path = unquoted(rest)
      guard !path.isEmpty else { throw problem("include missing file path") }
      return .include(name: path)
    case "import", "from":
      guard !rest.isEmpty else { throw problem("import missing statement") }
      return .statements(try read(content, position) { try $0.statements() })
    case "set":
      guard !rest.isEmpty else { throw problem("set missing statement") }
      return .statements(try read(rest, position) { try $0.statements() })
    case "raw": return .output(try read(rest, position) { try $0.wholeExpression() }, isRaw: true)
    case "module":
      return .output(try read("_tt_modules." + rest, position) { try $0.wholeExpression() }, isRaw: true)
    case "super": return .superBlock
    case "break", "continue":
      guard loop else { throw problem("\(name) outside {'for', 'while'} block") }
      guard rest.isEmpty else { throw problem("invalid syntax: unexpected '\(rest)'") }
      return .leave(isBreak: name == "break")
    default: return nil
    }
  }

  /// Without the quotes that may stand around a file's name.
  private func unquoted(_ text: String) -> String {
    func trim(_ text: Substring, _ quote: Character) -> Substring {
      var text = text
      while text.first == quote { text.removeFirst() }
      while text.last == quote { text.removeLast() }
      return text
    }
    return String(trim(trim(text[...], "\""), "'"))
  }

  /// The tags with a body, up to their `{% end %}`.
  private mutating func compound(
    _ name: String, _ rest: String, _ loop: Bool, _ position: TemplatePosition
  ) throws -> TemplateNode.Kind {
    guard ["apply", "block", "try", "if", "for", "while"].contains(name) else {
      throw problem("unknown operator: \(pythonLiteral(name))")
    }
    let inner = name == "apply" ? false : name == "for" || name == "while" || loop
    let sections = try sections(name, head: rest, loop: inner)
    let body = sections[0].body
    switch name {
    case "apply":
      guard !rest.isEmpty else { throw problem("apply missing method name") }
      return .apply(try read(rest, position) { try $0.wholeExpression() }, body: body)
    case "block":
      guard !rest.isEmpty else { throw problem("block missing name") }
      return .block(name: rest, body: body)
    case "if": return try branches(sections, position)
    case "for":
      let head = try read(rest, position) { try $0.loopHead() }
      return .loop(head.target, head.sequence, body: body, otherwise: try loopEnd(sections))
    case "while":
      let test = try read(rest, position) { try $0.wholeCondition() }
      return .whileLoop(test, body: body, otherwise: try loopEnd(sections))
    default: return .attempt(try attempt(sections, position))
    }
  }

  private func branches(_ sections: [Section], _ position: TemplatePosition) throws -> TemplateNode.Kind {
    var branches: [(test: Expression, position: TemplatePosition, body: [TemplateNode])] = []
    var otherwise: [TemplateNode]?
    for (index, section) in sections.enumerated() {
      guard otherwise == nil else {
        throw problem("invalid syntax: \(section.keyword) behind else", section.position)
      }
      if section.keyword == "else" {
        guard section.head.isEmpty else {
          throw problem("invalid syntax: else takes no condition", section.position)
        }
        otherwise = section.body
      } else {
        let start = index == 0 ? position : section.position
        branches.append((try read(section.head, start) { try $0.wholeCondition() }, start, section.body))
      }
    }
    return .branches(branches, otherwise: otherwise)
  }

  private func loopEnd(_ sections: [Section]) throws -> [TemplateNode] {
    guard sections.count > 1 else { return [] }
    guard sections.count == 2, sections[1].head.isEmpty else {
      throw problem("invalid syntax: a loop has one else", sections[sections.count - 1].position)
    }
    return sections[1].body
  }

  private func attempt(_ sections: [Section], _ position: TemplatePosition) throws -> TemplateNode.Attempt {
    guard sections[0].head.isEmpty else {
      throw problem("invalid syntax: unexpected '\(sections[0].head)'", position)
    }
    var attempt = TemplateNode.Attempt(body: sections[0].body)
    var order = 0
    for section in sections.dropFirst() {
      let place = section.keyword == "except" ? 1 : section.keyword == "else" ? 2 : 3
      let isBare = attempt.handlers.last.map { $0.types == nil } ?? false
      guard place > order || place == 1 && order == 1 && !isBare, place != 2 || order == 1 else {
        throw problem("invalid syntax: \(section.keyword) cannot stand here", section.position)
      }
      order = place
      switch place {
      case 1:
        let head = try read(section.head, section.position) { try $0.handlerHead() }
        attempt.handlers.append(
          .init(types: head.types, name: head.name, position: section.position, body: section.body))
      case 2: attempt.otherwise = section.body
      default: attempt.finally = section.body
      }
    }
    guard order == 1 || order >= 2 else { throw problem("expected 'except' or 'finally' block", position) }
    return attempt
  }
}
