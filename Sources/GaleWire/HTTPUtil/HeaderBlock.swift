// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import Glibc

/// The memory of a header: its lines in the form in which they travel, and a table of places in them.
///
/// Plain memory instead of arrays: a handler's answer is written into a block that was used before, and
/// nothing on that way is counted, checked for sharing or grown line by line.
@safe
final class HeaderBlock: @unchecked Sendable {
  // @unchecked Sendable: a block is changed only by the one HTTPHeaders value that holds it
  // (`isKnownUniquelyReferenced`); shared blocks are only read.
  // SAFETY (this file): `base` owns `capacity` bytes, of which the first `count` were written, and
  // `fields` owns `fieldCapacity` entries, of which the first `fieldCount` were; entries lie in the bytes.
  private var base: UnsafeMutablePointer<UInt8>
  private(set) var count = 0
  private var capacity: Int
  private var fields: UnsafeMutablePointer<HTTPField>
  private(set) var fieldCount = 0
  private var fieldCapacity: Int
  /// Whether no line was removed.
  private(set) var isContiguous = true
  /// A bit for each name there ever was, so that most questions for an absent name need no search.
  private var names: UInt64 = 0

  init(byteCapacity: Int, fieldCapacity: Int) {
    capacity = max(byteCapacity, 64)
    self.fieldCapacity = max(fieldCapacity, 4)
    unsafe base = .allocate(capacity: capacity)
    unsafe fields = .allocate(capacity: self.fieldCapacity)
  }

  deinit {
    unsafe base.deallocate()
    unsafe fields.deallocate()
  }

  convenience init(copying other: HeaderBlock, byteCapacity: Int = 0, fieldCapacity: Int = 0) {
    self.init(
      byteCapacity: max(other.capacity, byteCapacity), fieldCapacity: max(other.fieldCapacity, fieldCapacity))
    copy(other)
  }

  /// Becomes a copy of `other`, in the memory that it has.
  func copy(_ other: HeaderBlock) {
    removeAll()
    reserve(other.count)
    reserveFields(other.fieldCount)
    unsafe base.update(from: other.base, count: other.count)
    unsafe fields.update(from: other.fields, count: other.fieldCount)
    count = other.count
    fieldCount = other.fieldCount
    isContiguous = other.isContiguous
    names = other.names
  }

  func removeAll() {
    count = 0
    fieldCount = 0
    isContiguous = true
    names = 0
  }

  // MARK: - Room

  @inline(__always)
  func reserve(_ extra: Int) {
    if capacity &- count < extra { grow(extra) }
  }

  @inline(never)
  private func grow(_ extra: Int) {
    let wanted = max(capacity * 2, count + extra)
    let grown = UnsafeMutablePointer<UInt8>.allocate(capacity: wanted)
    unsafe grown.update(from: base, count: count)
    unsafe base.deallocate()
    unsafe base = grown
    capacity = wanted
  }

  @inline(__always)
  func reserveFields(_ extra: Int) {
    if fieldCapacity &- fieldCount < extra { growFields(extra) }
  }

  @inline(never)
  private func growFields(_ extra: Int) {
    let wanted = max(fieldCapacity * 2, fieldCount + extra)
    let grown = UnsafeMutablePointer<HTTPField>.allocate(capacity: wanted)
    unsafe grown.update(from: fields, count: fieldCount)
    unsafe fields.deallocate()
    unsafe fields = grown
    fieldCapacity = wanted
  }

  // MARK: - Reading

  subscript(index: Int) -> HTTPField {
    precondition(index >= 0 && index < fieldCount, "no such line")
    return unsafe fields[index]
  }

  /// Lends the bytes of a range.
  @inline(__always)
  func withBytes<R>(_ range: Range<Int>, _ body: (UnsafeBufferPointer<UInt8>) -> R) -> R {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "outside of the header")
    return unsafe body(UnsafeBufferPointer(start: base + range.lowerBound, count: range.count))
  }

  /// Lends all bytes, and the table of places in them.
  @inline(__always)
  func withFields<R>(_ body: (UnsafeBufferPointer<UInt8>, UnsafeBufferPointer<HTTPField>) -> R) -> R {
    unsafe body(
      UnsafeBufferPointer(start: base, count: count), UnsafeBufferPointer(start: fields, count: fieldCount))
  }

  /// The index of the first live line from `start` on whose name is `wanted`, whatever the case of letters.
  @inline(__always)
  func index(of wanted: UnsafeBufferPointer<UInt8>, from start: Int = 0) -> Int? {
    guard unsafe names & HeaderBlock.bit(of: wanted) != 0 else { return nil }
    var at = start
    while at < fieldCount {
      let field = unsafe fields[at]
      if Int(field.nameCount) == wanted.count, !field.isRemoved,
        unsafe HeaderBlock.isSame(base + Int(field.nameStart), wanted)
      {
        return at
      }
      at &+= 1
    }
    return nil
  }

  @inline(__always)
  private static func isSame(_ name: UnsafePointer<UInt8>, _ wanted: UnsafeBufferPointer<UInt8>) -> Bool {
    guard let other = wanted.baseAddress, unsafe name[0] | 0x20 == other[0] | 0x20 else { return false }
    // As a rule both are in the same case.
    if unsafe memcmp(name, other, wanted.count) == 0 { return true }
    var at = 0
    while at < wanted.count {
      if unsafe name[at].asciiLowercased != wanted[at].asciiLowercased { return false }
      at &+= 1
    }
    return true
  }

  /// One bit of 64 for a name: from its length and its ends.
  @inline(__always)
  private static func bit(of name: UnsafeBufferPointer<UInt8>) -> UInt64 {
    guard name.count > 0 else { return 0 }
    let first = unsafe UInt64(name[0] & 0x1F)
    let last = unsafe UInt64(name[name.count &- 1] & 0x1F)
    return 1 << ((first &* 5 ^ last &* 11 ^ UInt64(name.count) &* 3) & 63)
  }

  // MARK: - Writing

  /// Adds a line whose parts were checked.
  @inline(__always)
  func append(_ name: UnsafeBufferPointer<UInt8>, _ value: UnsafeBufferPointer<UInt8>) {
    reserve(name.count &+ value.count &+ 4)
    let start = count
    unsafe (base + count).update(from: name.baseAddress ?? UnsafePointer(base), count: name.count)
    count &+= name.count
    appendSeparator()
    if let from = value.baseAddress { unsafe (base + count).update(from: from, count: value.count) }
    count &+= value.count
    finishLine(nameStart: start, nameCount: name.count)
  }

  /// Adds bytes of a line that is not complete.
  @inline(__always)
  func appendByte(_ byte: UInt8) {
    reserve(1)
    unsafe base[count] = byte
    count &+= 1
  }

  /// The colon and the space behind a name; there is room.
  @inline(__always)
  func appendSeparator() {
    reserve(2)
    unsafe base[count] = ASCII.colon
    unsafe base[count &+ 1] = ASCII.space
    count &+= 2
  }

  /// Ends the line that began at `nameStart`.
  @inline(__always)
  func finishLine(nameStart: Int, nameCount: Int) {
    reserve(2)
    let valueStart = nameStart &+ nameCount &+ 2
    let field = HTTPField(
      nameStart: nameStart, nameCount: nameCount, valueStart: valueStart, valueCount: count &- valueStart)
    unsafe base[count] = ASCII.carriageReturn
    unsafe base[count &+ 1] = ASCII.lineFeed
    count &+= 2
    reserveFields(1)
    unsafe (fields + fieldCount).initialize(to: field)
    fieldCount &+= 1
    unsafe names |= HeaderBlock.bit(of: UnsafeBufferPointer(start: base + nameStart, count: nameCount))
  }

  /// Puts the name at `range` into `Http-Header-Case`.
  func makeCanonical(_ range: Range<Int>) {
    var upper = true
    for at in range {
      let lower = unsafe base[at].asciiLowercased
      unsafe base[at] = upper && lower &- 0x61 < 26 ? lower & 0xDF : lower
      upper = lower == ASCII.hyphen
    }
  }

  /// Removes a line; the last one leaves no trace.
  func remove(at index: Int) {
    precondition(index >= 0 && index < fieldCount, "no such line")
    guard index == fieldCount - 1 else {
      unsafe fields[index].isRemoved = true
      isContiguous = false
      return
    }
    fieldCount = index
    count = unsafe Int(fields[index].nameStart)
  }

  /// Gives the last line another value.
  @inline(__always)
  func replaceLastValue(_ value: UnsafeBufferPointer<UInt8>) {
    let index = fieldCount &- 1
    let start = unsafe Int(fields[index].valueStart)
    count = start
    reserve(value.count &+ 2)
    if let from = value.baseAddress { unsafe (base + start).update(from: from, count: value.count) }
    unsafe base[start &+ value.count] = ASCII.carriageReturn
    unsafe base[start &+ value.count &+ 1] = ASCII.lineFeed
    count = start &+ value.count &+ 2
    unsafe fields[index].valueCount = UInt32(truncatingIfNeeded: value.count)
  }

  /// Appends the lines, each ended by CRLF, without the empty line.
  func write(to buffer: ByteBuffer) {
    if isContiguous {
      unsafe buffer.append(UnsafeRawBufferPointer(start: base, count: count))
      return
    }
    // What lies between removed lines goes out in one piece each time.
    var start = 0
    for index in 0..<fieldCount {
      let field = unsafe fields[index]
      guard field.isRemoved else { continue }
      let end = Int(field.nameStart)
      unsafe buffer.append(UnsafeRawBufferPointer(start: base + start, count: end - start))
      start = field.value.upperBound + 2
    }
    unsafe buffer.append(UnsafeRawBufferPointer(start: base + start, count: count - start))
  }
}
