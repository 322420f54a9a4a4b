// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// A value of a TOML document, with the line on which it stands.
struct TOMLNode {
  enum Value {
    case string(String)
    case integer(Int)
    case float(Double)
    case boolean(Bool)
    /// A date, a time or both, as it was written.
    case time(String)
    case array([TOMLNode])
    case table(TOMLTable)
    /// What `[[name]]` makes.
    case tables([TOMLTable])
  }

  var value: Value
  let line: Int

  /// What its type is called.
  var typeName: String {
    switch value {
    case .string: "a text"
    case .integer: "a whole number"
    case .float: "a number"
    case .boolean: "true or false"
    case .time: "a time"
    case .array: "a list"
    case .table: "a table"
    case .tables: "a list of tables"
    }
  }
}

/// A table of a TOML document.
final class TOMLTable {
  /// Who made it, which decides who may add to it.
  enum Origin {
    /// A longer header, or nobody but the document itself.
    case implicit
    /// A header of its own.
    case header
    /// Keys with dots.
    case dotted
    /// Braces; complete as it stands.
    case inline
  }

  /// The names in the order in which they were written.
  private(set) var names: [String] = []
  private var nodes: [String: TOMLNode] = [:]
  var origin: Origin
  let line: Int

  init(_ origin: Origin, line: Int) {
    self.origin = origin
    self.line = line
  }

  subscript(name: String) -> TOMLNode? {
    get { nodes[name] }
    set {
      if nodes[name] == nil, newValue != nil { names.append(name) }
      nodes[name] = newValue
    }
  }
}

/// What is wrong with a TOML document.
struct TOMLError: Error, Hashable {
  let line: Int
  let message: String
}
