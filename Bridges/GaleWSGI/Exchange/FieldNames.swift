// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleCore
import GalePython
import GaleWire

/// Names of fields that were looked at already: applications give the same `str` objects again and again.
///
/// A small table by address. It owns what it holds, so an address in it cannot become another object's.
///
/// `@unchecked Sendable`: one serves an interpreter, and is only touched with that one's lock.
@safe
final class FieldNames: @unchecked Sendable {
  // SAFETY (this class): both tables have `count` initialized elements, and slots are below that.
  private let names: UnsafeMutablePointer<PythonObject>
  private let kinds: UnsafeMutablePointer<FieldKind>
  private static let count = 64
  /// Longer names are not kept.
  private static let limit = 64

  init(_ python: borrowing Attached) {
    unsafe names = .allocate(capacity: Self.count)
    unsafe kinds = .allocate(capacity: Self.count)
    for index in 0..<Self.count { unsafe (names + index).initialize(to: python.none) }
    unsafe kinds.initialize(repeating: .plain, count: Self.count)
  }

  deinit {
    unsafe names.deinitialize(count: Self.count)
    unsafe names.deallocate()
    unsafe kinds.deallocate()
  }

  /// The kind of a name whose characters are `bytes`; `nil` when it is no token.
  @inline(__always)
  func kind(
    _ python: borrowing Attached, _ name: borrowing PythonObject, _ bytes: UnsafeRawBufferPointer
  ) -> FieldKind? {
    let slot = name.addressHash & (Self.count - 1)
    if unsafe names[slot].isIdentical(to: name) { return unsafe kinds[slot] }
    return unsafe look(python, name, bytes, slot)
  }

  private func look(
    _ python: borrowing Attached, _ name: borrowing PythonObject, _ bytes: UnsafeRawBufferPointer, _ slot: Int
  ) -> FieldKind? {
    guard bytes.count > 0, bytes.count <= 1024, unsafe bytes.allSatisfy(HTTPGrammar.isTokenCharacter) else {
      return nil
    }
    let kind = unsafe FieldKind(bytes)
    // An instance of a subclass may run code when it goes, so it is not held.
    if bytes.count <= Self.limit, name.isExactString {
      unsafe names[slot] = name.copy(python)
      unsafe kinds[slot] = kind
    }
    return kind
  }
}

#endif
