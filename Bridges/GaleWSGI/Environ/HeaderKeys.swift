// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleCore
import GalePython
import Glibc

/// From a field's name as it was sent to its key in an environ, without making the key anew.
///
/// A bounded hash table over the bytes of names. The value that a field had last is kept too: clients repeat
/// themselves, and comparing is cheaper than making a `str`.
@safe
final class HeaderKeys {
  enum Kind: UInt8 {
    /// `HTTP_…`; repeated fields are joined by commas.
    case plain
    /// `HTTP_COOKIE`; repeated fields are joined by semicolons.
    case cookie
    /// A secret, of which no copy is kept.
    case secret
    /// `CONTENT_TYPE`.
    case contentType
    /// Not for applications: `Proxy`, names with underscores, and `Content-Length`, which comes from the parser.
    case dropped
  }

  struct Entry: ~Copyable {
    let name: [UInt8]
    let hash: UInt64
    let kind: Kind
    let key: PythonObject
    /// The first entry with the same key: `host` and `Host` are one field.
    let group: Int
    /// The last request that had this field; only kept by the first entry of a group.
    var stamp = 0
    /// The field's last value, or `None`.
    var value: PythonObject
  }

  // SAFETY (this file): `entries` has room for `limit` entries, the first `count` of which are initialized; `slots`
  // holds a number below `count`, or −1.
  private let entries: UnsafeMutablePointer<Entry>
  private var count = 0
  private var slots = [Int16](repeating: -1, count: slotCount)
  private let mergesUnderscores: Bool
  private static let slotCount = 1024
  private static let limit = 256

  /// The names that most requests have, and those that are special.
  private static let known = [
    "Host", "User-Agent", "Accept", "Accept-Encoding", "Accept-Language", "Connection", "Cookie", "Referer",
    "Origin", "Cache-Control", "Pragma", "Authorization", "Content-Type", "Content-Length", "If-None-Match",
    "If-Modified-Since", "Range", "X-Requested-With", "X-Forwarded-For", "X-Forwarded-Proto",
    "X-Forwarded-Host",
    "X-Real-IP", "X-Request-ID", "Upgrade-Insecure-Requests", "Sec-Fetch-Site", "Sec-Fetch-Mode",
    "Sec-Fetch-User", "Sec-Fetch-Dest", "Sec-CH-UA", "Sec-CH-UA-Mobile", "Sec-CH-UA-Platform", "DNT", "Via",
    "Transfer-Encoding", "Expect", "Proxy", "Proxy-Authorization",
  ]

  init(_ python: borrowing Attached, mergesUnderscores: Bool) throws(PythonError) {
    self.mergesUnderscores = mergesUnderscores
    unsafe entries = .allocate(capacity: Self.limit)
    for name in Self.known {
      try add(python, Array(name.utf8), Self.hash(Array(name.utf8).span))
      try add(python, Array(name.lowercased().utf8), Self.hash(Array(name.lowercased().utf8).span))
    }
  }

  deinit {
    unsafe entries.deinitialize(count: count)
    unsafe entries.deallocate()
  }

  /// The number of the entry for `name`, made if there is room for it; −1 when there is not.
  @inline(__always)
  func find(_ python: borrowing Attached, _ name: Span<UInt8>) throws(PythonError) -> Int {
    let hash = Self.hash(name)
    var slot = Int(truncatingIfNeeded: hash) & (Self.slotCount - 1)
    while true {
      let number = Int(slots[slot])
      if number < 0 { break }
      if unsafe entries[number].hash == hash, unsafe Self.equal(entries[number].name, name) { return number }
      slot = (slot + 1) & (Self.slotCount - 1)
    }
    guard count < Self.limit else { return -1 }
    return try add(python, name.array, hash)
  }

  /// Lends an entry.
  @inline(__always)
  subscript(number: Int) -> Entry {
    _read { yield unsafe entries[number] }
    _modify { yield unsafe &entries[number] }
  }

  @discardableResult
  private func add(_ python: borrowing Attached, _ name: [UInt8], _ hash: UInt64) throws(PythonError) -> Int {
    var slot = Int(truncatingIfNeeded: hash) & (Self.slotCount - 1)
    while slots[slot] >= 0 { slot = (slot + 1) & (Self.slotCount - 1) }
    let (text, kind) = key(name)
    let key = try python.interned(text)
    // SAFETY: see above. Interned strings are the same when they are equal.
    let group = (0..<count).first { unsafe entries[$0].key.isIdentical(to: key) } ?? count
    let entry = Entry(name: name, hash: hash, kind: kind, key: key, group: group, value: python.none)
    unsafe (entries + count).initialize(to: entry)
    slots[slot] = Int16(count)
    count += 1
    return count - 1
  }

  /// The key of a field, which PEP 3333 takes from CGI (RFC 3875, section 4.1.18).
  func key(_ name: [UInt8]) -> (String, Kind) {
    let upper = name.map { $0 == ASCII.hyphen ? 0x5F : $0 &- 0x61 < 26 ? $0 & 0xDF : $0 }
    let text = String(decoding: upper, as: UTF8.self)
    if !mergesUnderscores, name.contains(0x5F) { return (text, .dropped) }
    switch text {
    case "PROXY", "CONTENT_LENGTH": return (text, .dropped)
    case "CONTENT_TYPE": return (text, .contentType)
    case "COOKIE": return ("HTTP_COOKIE", .cookie)
    case "AUTHORIZATION", "PROXY_AUTHORIZATION": return ("HTTP_" + text, .secret)
    default: return ("HTTP_" + text, .plain)
    }
  }

  @inline(__always)
  private static func hash(_ name: Span<UInt8>) -> UInt64 {
    // Length, ends and middle tell the usual names apart; the rest is the comparison's work, and the table is bounded.
    let count = name.count
    guard count > 0 else { return 0 }
    let first = UInt64(name[0]) | UInt64(name[count - 1]) << 8 | UInt64(name[count / 2]) << 16
    let second =
      UInt64(name[count / 4]) << 24 | UInt64(name[count - 1 - count / 4]) << 32 | UInt64(count) << 40
    let mixed = (first | second) &* 0x9E37_79B9_7F4A_7C15
    return mixed ^ (mixed >> 32)
  }

  @inline(__always)
  private static func equal(_ left: [UInt8], _ right: Span<UInt8>) -> Bool {
    guard left.count == right.count else { return false }
    // SAFETY: both buffers hold `count` bytes.
    return unsafe left.withUnsafeBytes { left in
      unsafe right.withUnsafeBytes { right in
        guard let first = left.baseAddress, let second = right.baseAddress else { return true }
        return unsafe memcmp(first, second, left.count) == 0
      }
    }
  }
}

extension Span<UInt8> {
  /// A copy.
  var array: [UInt8] {
    // SAFETY: copied before the closure returns.
    unsafe withUnsafeBufferPointer { unsafe Array($0) }
  }
}

#endif
