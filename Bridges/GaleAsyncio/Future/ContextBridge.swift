// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GalePython
import Synchronization

/// Has task-local values of Swift's and context variables of Python's be the same across the border.
///
/// ```swift
/// enum Request { @TaskLocal static var id: String? }
/// ContextBridge.carry(Request.$id, as: "request_id")
/// ```
///
/// A coroutine that Swift awaits then finds the value in `gale.context_variable("request_id")`, and Swift code that
/// Python awaits finds in the task-local what that variable holds.
public enum ContextBridge {
  /// Declares that `local` crosses the border, for the whole process; a second declaration of a name replaces the first.
  public static func carry(_ local: TaskLocal<String?>, as name: String) {
    carried.withLock { carried in
      carried.removeAll { $0.name == name }
      carried.append(Carried(name: name, local: local))
    }
  }

  private struct Carried: Sendable {
    let name: String
    let local: TaskLocal<String?>
  }

  private static let carried = Mutex<[Carried]>([])

  /// Whether nothing is declared.
  static var isEmpty: Bool { carried.withLock { $0.isEmpty } }

  /// The values of this task that are set.
  static func current() -> [(name: String, value: String)] {
    carried.withLock { $0 }.compactMap { item in item.local.get().map { (item.name, $0) } }
  }

  /// A value for each declared task-local.
  static func values(_ read: (String) throws(PythonError) -> String?) throws(PythonError) -> [String: String]
  {
    var values: [String: String] = [:]
    for item in carried.withLock({ $0 }) { values[item.name] = try read(item.name) }
    return values
  }

  /// Runs `operation` with such values.
  static func with<Result>(
    _ values: [String: String], _ operation: () async throws -> Result
  ) async throws -> Result {
    guard !values.isEmpty else { return try await operation() }
    return try await with(carried.withLock { $0 }[...], values, operation)
  }

  private static func with<Result>(
    _ items: ArraySlice<Carried>, _ values: [String: String], _ operation: () async throws -> Result
  ) async throws -> Result {
    guard let item = items.first else { return try await operation() }
    return try await item.local.withValue(values[item.name]) {
      try await with(items.dropFirst(), values, operation)
    }
  }
}

#endif
