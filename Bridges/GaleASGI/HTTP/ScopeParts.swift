// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleLoop
import GalePython
import Glibc

/// The fields of requests as scopes have them: a pair of a name in lower case and a value.
///
/// A small table by name. Clients repeat themselves, so a name is kept as Python's, and so is the pair with the value
/// that it had last: comparing is cheaper than making it anew.
final class HeaderPairs {
  private final class Entry {
    /// As it was sent.
    let name: [UInt8]
    let key: PythonReference
    /// Of a secret no copy is kept.
    let isSecret: Bool
    var value: [UInt8] = []
    var pair: PythonReference?

    init(_ python: borrowing Attached, _ name: [UInt8]) throws(PythonError) {
      self.name = name
      let lower = name.map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
      key = PythonReference(try python.bytes(lower))
      isSecret = HeaderPairs.secrets.contains(lower)
    }
  }

  private static let secrets: Set<[UInt8]> = Set(
    ["authorization", "cookie", "proxy-authorization", "x-api-key", "x-csrftoken", "x-xsrftoken"].map {
      Array($0.utf8)
    })
  private var entries = [Entry?](repeating: nil, count: count)
  private static let count = 256
  private static let longestName = 64
  private static let longestValue = 256

  func pair(
    _ python: borrowing Attached, _ name: Span<UInt8>, _ value: Span<UInt8>
  ) throws(PythonError) -> PythonObject {
    guard let entry = try entry(python, name) else {
      let entry = try Entry(python, name.copied)
      return try python.tuple(entry.key.object(python), try python.bytes(value))
    }
    guard !entry.isSecret, value.count <= Self.longestValue else {
      return try python.tuple(entry.key.object(python), try python.bytes(value))
    }
    if let pair = entry.pair, value.isEqual(to: entry.value) { return pair.object(python) }
    let pair = try python.tuple(entry.key.object(python), try python.bytes(value))
    entry.value = value.copied
    entry.pair = PythonReference(pair.copy(python))
    return pair
  }

  private func entry(_ python: borrowing Attached, _ name: Span<UInt8>) throws(PythonError) -> Entry? {
    guard name.count > 0, name.count <= Self.longestName else { return nil }
    var hash = name.count
    for index in name.indices { hash = hash &* 31 &+ Int(name[index]) }
    let slot = (hash ^ (hash >> 8)) & (Self.count - 1)
    if let entry = entries[slot], name.isEqual(to: entry.name) { return entry }
    let made = try Entry(python, name.copied)
    entries[slot] = made
    return made
  }
}

/// The addresses of clients as scopes have them: a host and a port.
final class ClientPairs {
  private var addresses = [SocketAddress?](repeating: nil, count: count)
  private var pairs = [PythonReference?](repeating: nil, count: count)
  private static let count = 256

  func pair(_ python: borrowing Attached, _ address: SocketAddress) throws(PythonError) -> PythonObject {
    let slot = Int(address.port) & (Self.count - 1)
    if let pair = pairs[slot], addresses[slot] == address { return pair.object(python) }
    let pair = try python.tuple(try python.string(address.host), try python.int(Int(address.port)))
    addresses[slot] = address
    pairs[slot] = PythonReference(pair.copy(python))
    return pair
  }
}

extension Span<UInt8> {
  /// A copy.
  var copied: [UInt8] {
    // SAFETY: copied before the closure returns.
    unsafe withUnsafeBufferPointer { unsafe Array($0) }
  }

  func isEqual(to bytes: [UInt8]) -> Bool {
    guard count == bytes.count else { return false }
    // SAFETY: both hold `count` bytes.
    return unsafe withUnsafeBufferPointer { left in
      unsafe bytes.withUnsafeBufferPointer { right in
        guard let left = left.baseAddress, let right = right.baseAddress else { return true }
        return unsafe memcmp(left, right, bytes.count) == 0
      }
    }
  }

  /// Whether it is this ASCII text.
  func isEqual(to text: StaticString) -> Bool {
    guard count == text.utf8CodeUnitCount else { return false }
    // SAFETY: both hold `count` bytes.
    for index in indices where unsafe self[index] != text.utf8Start[index] { return false }
    return true
  }
}

#endif
