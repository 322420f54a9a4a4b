// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore

// Quantifiers, escapes and classes: the parts of a pattern that hold no other pattern.

// MARK: - Quantifiers

extension PatternParser {
  typealias Bounds = (minimum: Int, maximum: Int?)

  /// Reads the quantifier after an atom, if there is one.
  mutating func parseQuantifiers(of atom: PatternNode, at start: Int) throws(RoutingError) -> PatternNode {
    let place = position
    guard let bounds = try parseBounds() else { return atom }
    switch atom {
    case .start, .end: throw invalid("nothing to repeat", at: place)
    default: break
    }
    let isGreedy = !take("?")
    if isGreedy, peek() == "+" { throw unsupported("possessive quantifiers are not supported") }
    let second = position
    if try parseBounds() != nil { throw invalid("multiple repeat", at: second) }
    return .repetition(atom, minimum: bounds.minimum, maximum: bounds.maximum, isGreedy: isGreedy)
  }

  /// Reads `*`, `+`, `?` or `{m,n}`; leaves everything else, a `{` that bounds nothing among it, where it is.
  mutating func parseBounds() throws(RoutingError) -> Bounds? {
    if take("*") { return (0, nil) }
    if take("+") { return (1, nil) }
    if take("?") { return (0, 1) }
    let start = position
    guard take("{"), peek() != "}" else {
      position = start
      return nil
    }
    let lower = try parseCount(from: start)
    let upper = take(",") ? try parseCount(from: start) : lower
    guard take("}") else {
      position = start
      return nil
    }
    if let lower, let upper, lower > upper { throw invalid("min repeat greater than max repeat", at: start) }
    return (lower ?? 0, upper)
  }

  private mutating func parseCount(from start: Int) throws(RoutingError) -> Int? {
    var count: Int?
    while let scalar = peek(), ("0"..."9").contains(scalar) {
      count = (count ?? 0) * 10 + Int(scalar.value - 0x30)
      position += 1
      guard let count, count <= Self.maximumCount else {
        throw error(.tooLarge, "a repeat count is above \(Self.maximumCount)", at: start)
      }
    }
    return count
  }
}

// MARK: - Escapes

extension PatternParser {
  /// Reads what follows a backslash outside a class.
  mutating func parseEscape() throws(RoutingError) -> PatternNode {
    let start = position - 1
    switch peek() {
    case "A":
      position += 1
      return .start
    case "Z":
      position += 1
      return .end
    case "b", "B": throw unsupported("word boundaries are not supported", at: start)
    case .some("1"..."9"): throw unsupported("backreferences are not supported", at: start)
    default: break
    }
    switch try parseCommonEscape(at: start) {
    case .set(let set): return .set(set)
    case .scalar(let scalar): return .literal(Array(String(scalar).utf8))
    case .byte(let byte): return .literal([byte])
    }
  }

  private enum Escape {
    case set(ByteSet)
    case scalar(Unicode.Scalar)
    case byte(UInt8)
  }

  /// Reads an escape that means the same inside a class and outside.
  private mutating func parseCommonEscape(at start: Int) throws(RoutingError) -> Escape {
    guard let scalar = next() else { throw invalid("bad escape (end of pattern)", at: start) }
    if let set = Self.classEscape(scalar) { return .set(set) }
    if let byte = Self.controlEscape(scalar) { return .byte(byte) }
    switch scalar {
    case "x": return .byte(try parseHexEscape(at: start))
    case "0": return .byte(try parseNulEscape(at: start))
    case "u", "U", "N", "1"..."9":
      throw unsupported("\\\(scalar) is not supported; write the bytes as \\xHH", at: start)
    case "a"..."z", "A"..."Z": throw invalid("bad escape \\\(scalar)", at: start)
    default: return .scalar(scalar)
    }
  }

  private static func classEscape(_ scalar: Unicode.Scalar) -> ByteSet? {
    switch scalar {
    case "d": .digits
    case "D": ByteSet.digits.inverted
    case "s": .spaces
    case "S": ByteSet.spaces.inverted
    case "w": .wordCharacters
    case "W": ByteSet.wordCharacters.inverted
    default: nil
    }
  }

  private static func controlEscape(_ scalar: Unicode.Scalar) -> UInt8? {
    switch scalar {
    case "a": 0x07
    case "f": 0x0C
    case "n": 0x0A
    case "r": 0x0D
    case "t": 0x09
    case "v": 0x0B
    default: nil
    }
  }

  private mutating func parseHexEscape(at start: Int) throws(RoutingError) -> UInt8 {
    guard let high = hexDigit(peek()), let low = hexDigit(peek(1)) else {
      throw invalid("incomplete escape \\x", at: start)
    }
    position += 2
    return high << 4 | low
  }

  private func hexDigit(_ scalar: Unicode.Scalar?) -> UInt8? {
    scalar.flatMap { UInt8(exactly: $0.value) }?.hexDigitValue
  }

  private func parseNulEscape(at start: Int) throws(RoutingError) -> UInt8 {
    if let scalar = peek(), ("0"..."7").contains(scalar) {
      throw unsupported("octal escapes are not supported; write \\xHH", at: start)
    }
    return 0
  }
}

// MARK: - Classes

extension PatternParser {
  /// Reads a class such as `[^/]`, its opening bracket already taken.
  mutating func parseClass() throws(RoutingError) -> PatternNode {
    let start = position - 1
    let isNegated = take("^")
    let first = position
    var set = ByteSet.empty
    while position == first || peek() != "]" {
      guard peek() != nil else { throw invalid("unterminated character set", at: start) }
      try parseClassItem(into: &set, classStart: start)
    }
    position += 1
    if isNegated { set = set.inverted }
    if let byte = set.onlyMember { return .literal([byte]) }
    return .set(set)
  }

  private mutating func parseClassItem(into set: inout ByteSet, classStart: Int) throws(RoutingError) {
    let start = position
    let lower = try parseClassMember()
    guard peek() == "-", let after = peek(1), after != "]" else {
      if peek() == "-", peek(1) == nil { throw invalid("unterminated character set", at: classStart) }
      set = set.union(lower)
      return
    }
    position += 1
    let upper = try parseClassMember()
    guard let low = lower.onlyMember, let high = upper.onlyMember, low <= high else {
      throw invalid("bad character range", at: start)
    }
    set = set.union(ByteSet(low...high))
  }

  private mutating func parseClassMember() throws(RoutingError) -> ByteSet {
    let start = position
    guard let scalar = next() else { throw invalid("unterminated character set") }
    guard scalar == "\\" else { return try singleByte(scalar, at: start) }
    if take("b") { return ByteSet(0x08...0x08) }
    switch try parseCommonEscape(at: start) {
    case .set(let set): return set
    case .byte(let byte): return ByteSet(byte...byte)
    case .scalar(let scalar): return try singleByte(scalar, at: start)
    }
  }

  private func singleByte(_ scalar: Unicode.Scalar, at start: Int) throws(RoutingError) -> ByteSet {
    guard scalar.isASCII else {
      throw unsupported("a class holds bytes, so only ASCII; paths are percent-encoded", at: start)
    }
    let byte = UInt8(truncatingIfNeeded: scalar.value)
    return ByteSet(byte...byte)
  }
}
