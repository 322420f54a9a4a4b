// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleHTTP
import GalePython

/// What gateways say of requests, as `dict`s that are made once: those who are signed in come again and again.
///
/// Belongs to its ``EnvironBuilder``'s thread.
final class GatewayVariables {
  private final class Entry {
    let facts: GatewayFacts
    let variables: PythonObject

    init(_ facts: GatewayFacts, _ variables: consuming PythonObject) {
      self.facts = facts
      self.variables = variables
    }
  }

  private static let count = 64
  private var entries: [Entry?] = Array(repeating: nil, count: count)

  /// Adds what the gateway says to an environ.
  func add(
    _ python: borrowing Attached, _ facts: GatewayFacts, to environ: borrowing PythonObject
  ) throws(PythonError) {
    // Objects lie at multiples of 16.
    let slot = Int(UInt(bitPattern: ObjectIdentifier(facts)) / 16 % UInt(Self.count))
    if let entry = entries[slot], entry.facts === facts {
      return try environ.update(python, from: entry.variables)
    }
    let made = try Self.dictionary(python, facts)
    try environ.update(python, from: made)
    entries[slot] = Entry(facts, made)
  }

  /// Names in upper case are CGI's, whose values PEP 3333 wants as bytes in disguise; others are the gateway's own.
  private static func dictionary(
    _ python: borrowing Attached, _ facts: GatewayFacts
  ) throws(PythonError) -> PythonObject {
    let variables = try python.dictionary()
    for (name, value) in facts.variables {
      let text = try name.contains(".") ? python.string(value) : python.string(latin1: Array(value.utf8).span)
      try variables.set(python, try python.interned(name), to: text)
    }
    return variables
  }
}

#endif
