// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// Reads a regular expression in the spelling of Python's `re` into a tree.
///
/// What Python accepts means the same here as it does there for a pattern of bytes without flags; a construct that this
/// engine does not know is an error and never taken for something else.
///
/// - Note: Source: CPython `re._parser`; Tornado `routing.PathMatches`.
struct PatternParser {
  let pattern: String
  let scalars: [Unicode.Scalar]
  var position = 0
  /// One entry per capturing group in order of its opening parenthesis: its name, and where it stands.
  private(set) var groups: [(name: String?, position: Int)] = []
  private var depth = 0

  /// Far more than a route needs: keeps the recursion of every later step shallow.
  static let maximumDepth = 50
  static let maximumGroups = 100
  /// The most that `{m,n}` can ask for.
  static let maximumCount = 1000

  init(_ pattern: String) {
    self.pattern = pattern
    self.scalars = Array(pattern.unicodeScalars)
  }

  /// Reads the whole pattern.
  ///
  /// - Throws: ``RoutingError`` with `.invalidSyntax`, `.unsupportedSyntax`, `.mixedGroups` or `.tooLarge`.
  mutating func parse() throws(RoutingError) -> PatternNode {
    let node = try parseAlternatives()
    guard peek() == nil else { throw invalid("unbalanced parenthesis") }
    if let odd = groups.first(where: { ($0.name == nil) != (groups.first?.name == nil) }) {
      let message = "groups must be either all named or all positional"
      throw error(.mixedGroups, message, at: odd.position)
    }
    return node
  }

  private mutating func parseAlternatives() throws(RoutingError) -> PatternNode {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.maximumDepth else { throw error(.tooLarge, "groups are nested too deeply") }
    var branches = [try parseSequence()]
    while take("|") { branches.append(try parseSequence()) }
    return branches.count == 1 ? branches[0] : .alternatives(branches)
  }

  private mutating func parseSequence() throws(RoutingError) -> PatternNode {
    var nodes: [PatternNode] = []
    while let next = peek(), next != "|", next != ")" {
      let start = position
      let atom = try parseAtom()
      append(try parseQuantifiers(of: atom, at: start), to: &nodes)
    }
    return nodes.count == 1 ? nodes[0] : .sequence(nodes)
  }

  /// Keeps runs of literal text in one node.
  private func append(_ node: PatternNode, to nodes: inout [PatternNode]) {
    if case .literal(let more) = node, case .literal(let bytes) = nodes.last {
      nodes[nodes.count - 1] = .literal(bytes + more)
    } else {
      nodes.append(node)
    }
  }

  private mutating func parseAtom() throws(RoutingError) -> PatternNode {
    guard let scalar = next() else { throw invalid("unexpected end of pattern") }
    switch scalar {
    case "^": return .start
    case "$": return .end
    case ".": return .set(.anyButLineFeed)
    case "(": return try parseGroup()
    case "[": return try parseClass()
    case "\\": return try parseEscape()
    case "*", "+", "?": throw invalid("nothing to repeat", at: position - 1)
    case "{":
      let start = position - 1
      position = start
      if try parseBounds() != nil { throw invalid("nothing to repeat", at: start) }
      position = start + 1
      return .literal([0x7B])
    default: return .literal(Array(String(scalar).utf8))
    }
  }

  // MARK: groups

  private mutating func parseGroup() throws(RoutingError) -> PatternNode {
    let start = position - 1
    guard take("?") else { return try parseCapturingGroup(named: nil, at: start) }
    if take(":") { return try parseRestOfGroup(from: start) }
    if take("P") {
      if take("<") { return try parseCapturingGroup(named: parseName(), at: start) }
      if peek() == "=" { throw unsupported("backreferences are not supported", at: start) }
      throw invalid("unknown extension ?P", at: start)
    }
    if peek() == "<", let after = peek(1), after != "=", after != "!" {
      position += 1
      return try parseCapturingGroup(named: parseName(), at: start)
    }
    throw unsupportedGroup(at: start)
  }

  private mutating func parseCapturingGroup(named name: String?, at start: Int) throws(RoutingError)
    -> PatternNode
  {
    if let name, groups.contains(where: { $0.name == name }) {
      throw invalid("redefinition of group name '\(name)'", at: start)
    }
    guard groups.count < Self.maximumGroups else { throw error(.tooLarge, "too many groups", at: start) }
    let index = groups.count
    groups.append((name, start))
    return .group(index, try parseRestOfGroup(from: start))
  }

  private mutating func parseRestOfGroup(from start: Int) throws(RoutingError) -> PatternNode {
    let node = try parseAlternatives()
    guard take(")") else { throw invalid("missing ), unterminated subpattern", at: start) }
    return node
  }

  private mutating func parseName() throws(RoutingError) -> String {
    let start = position
    while let scalar = peek(), scalar != ">", scalar != ")" { _ = scalar; position += 1 }
    let name = String(String.UnicodeScalarView(scalars[start..<position]))
    guard take(">") else { throw invalid("missing >, unterminated name", at: start) }
    guard let first = name.unicodeScalars.first else { throw invalid("missing group name", at: start) }
    let isIdentifier = first.properties.isXIDStart || first == "_"
    guard isIdentifier, name.unicodeScalars.allSatisfy({ $0.properties.isXIDContinue }) else {
      throw invalid("bad character in group name '\(name)'", at: start)
    }
    return name
  }

  private func unsupportedGroup(at start: Int) -> RoutingError {
    switch peek() {
    case nil: invalid("unexpected end of pattern")
    case "=", "!": unsupported("lookahead is not supported; order the routes instead", at: start)
    case "<": unsupported("lookbehind is not supported", at: start)
    case "#": unsupported("comments in patterns are not supported", at: start)
    case ">": unsupported("atomic groups are not supported; write (?:...)", at: start)
    case "(": unsupported("conditional groups are not supported", at: start)
    case "a", "i", "L", "m", "s", "u", "x", "-":
      unsupported("flags are not supported; spell out a class such as [Aa]", at: start)
    case .some(let scalar): invalid("unknown extension ?\(scalar)", at: start)
    }
  }
}

// MARK: - Scalars and errors

extension PatternParser {
  func peek(_ offset: Int = 0) -> Unicode.Scalar? {
    position + offset < scalars.count ? scalars[position + offset] : nil
  }

  mutating func next() -> Unicode.Scalar? {
    guard let scalar = peek() else { return nil }
    position += 1
    return scalar
  }

  mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard peek() == scalar else { return false }
    position += 1
    return true
  }

  func error(_ code: RoutingError.Code, _ message: String, at place: Int? = nil) -> RoutingError {
    RoutingError(code: code, pattern: pattern, position: place ?? position, message: message)
  }

  func invalid(_ message: String, at place: Int? = nil) -> RoutingError {
    error(.invalidSyntax, message, at: place)
  }

  func unsupported(_ message: String, at place: Int? = nil) -> RoutingError {
    error(.unsupportedSyntax, message, at: place)
  }
}
