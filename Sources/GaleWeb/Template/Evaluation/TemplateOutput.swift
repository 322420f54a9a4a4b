// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore

/// What a page is written into: bytes that only grow.
@safe
final class TemplateOutput {
  // SAFETY (this file): `base` owns `capacity` bytes from the allocator until `deinit`, of which the first `count` were
  // written; `0 <= count <= capacity`.
  private var base: UnsafeMutablePointer<UInt8>
  private(set) var count = 0
  private var capacity: Int

  init(capacity: Int) {
    self.capacity = max(capacity, 64)
    unsafe base = .allocate(capacity: self.capacity)
  }

  deinit { unsafe base.deallocate() }

  /// Makes room for `more` bytes.
  @inline(__always)
  private func reserve(_ more: Int) { if capacity &- count < more { grow(more) } }

  @inline(never)
  private func grow(_ more: Int) {
    var wanted = capacity
    while wanted - count < more { wanted *= 2 }
    let grown = UnsafeMutablePointer<UInt8>.allocate(capacity: wanted)
    unsafe grown.update(from: base, count: count)
    unsafe base.deallocate()
    unsafe base = grown
    capacity = wanted
  }

  /// Writes `length` bytes from `start`.
  @inline(__always)
  func append(_ start: UnsafePointer<UInt8>, _ length: Int) {
    reserve(length)
    unsafe UnsafeMutableRawPointer(base + count).copyMemory(from: start, byteCount: length)
    count &+= length
  }

  /// Writes bytes.
  func append(_ bytes: [UInt8]) {
    unsafe bytes.withUnsafeBufferPointer { bytes in
      if let start = bytes.baseAddress { unsafe append(start, bytes.count) }
    }
  }

  /// Writes a constant text.
  @inline(__always)
  func append(_ text: StaticString) { unsafe append(text.utf8Start, text.utf8CodeUnitCount) }

  /// Writes a text.
  @inline(__always)
  func append(_ text: String) {
    let span = text.utf8.span
    unsafe span.withUnsafeBufferPointer { bytes in
      if let start = bytes.baseAddress { unsafe append(start, bytes.count) }
    }
  }

  /// Writes a text, escaped for HTML.
  @inline(__always)
  func appendEscaped(_ text: String) {
    let span = text.utf8.span
    unsafe span.withUnsafeBufferPointer { bytes in
      if let start = bytes.baseAddress { unsafe appendEscaped(start, bytes.count) }
    }
  }

  /// Writes bytes, escaped for HTML: eight at a time where nothing is to be escaped.
  func appendEscaped(_ start: UnsafePointer<UInt8>, _ length: Int) {
    reserve(length &+ 8)
    var source = unsafe start
    var left = length
    while left >= 8 {
      // SAFETY: eight bytes are there, and room for as many and what is left.
      let word = unsafe UnsafeRawPointer(source).loadUnaligned(as: UInt64.self)
      if xhtmlMayNeedReference(word) {
        unsafe appendChecked(source, 8, left)
      } else {
        unsafe UnsafeMutableRawPointer(base + count).storeBytes(of: word, as: UInt64.self)
        count &+= 8
      }
      unsafe source += 8
      left &-= 8
    }
    if left > 0 { unsafe appendChecked(source, left, left) }
  }

  /// Writes the first `length` of `left` bytes one by one; afterwards there is room for the others still.
  @inline(__always)
  private func appendChecked(_ source: UnsafePointer<UInt8>, _ length: Int, _ left: Int) {
    reserve(length &* 6 &+ 8)
    var index = 0
    while index < length {
      let byte = unsafe source[index]
      if xhtmlNeedsReference(byte) {
        // At most six bytes, the first one lowest; what is written behind them is written over.
        let reference = xhtmlReference(byte)
        unsafe UnsafeMutableRawPointer(base + count).storeBytes(of: reference, as: UInt64.self)
        count &+= 8 &- reference.leadingZeroBitCount / 8
      } else {
        unsafe base[count] = byte
        count &+= 1
      }
      index &+= 1
    }
    reserve(left &- length &+ 8)
  }

  /// Writes a number.
  func append(decimal number: Int) {
    reserve(20)
    var rest = number.magnitude
    let start = count
    if number < 0 {
      unsafe base[count] = ASCII.hyphen
      count &+= 1
    }
    var digits = 1
    var bound: UInt = 10
    while digits < 20, rest >= bound {
      digits &+= 1
      let (product, overflows) = bound.multipliedReportingOverflow(by: 10)
      if overflows { break }
      bound = product
    }
    count &+= digits
    var at = count
    while at > start, digits > 0 {
      at &-= 1
      digits &-= 1
      let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
      unsafe base[at] = UInt8(truncatingIfNeeded: digit) &+ ASCII.zero
      rest = quotient
    }
  }

  /// Takes what was written behind the first `start` bytes.
  func take(from start: Int) -> [UInt8] {
    precondition(start >= 0 && start <= count, "there are fewer bytes")
    defer { count = start }
    return unsafe Array(UnsafeBufferPointer(start: base + start, count: count - start))
  }

  /// Forgets what was written behind the first `start` bytes.
  func truncate(to start: Int) {
    precondition(start >= 0 && start <= count, "there are fewer bytes")
    count = start
  }

  /// All that was written.
  func bytes() -> [UInt8] { unsafe Array(UnsafeBufferPointer(start: base, count: count)) }

  // MARK: - Values

  /// Writes a value as `{% raw %}` does.
  @inline(__always)
  func append(_ value: TemplateValue) {
    switch value {
    case .string(let text): append(text)
    case .bytes(let bytes): append(bytes)
    case .int(let number): append(decimal: number)
    default: append(value.text)
    }
  }

  /// Writes a value, escaped for HTML.
  @inline(__always)
  func appendEscaped(_ value: TemplateValue) throws {
    switch value {
    case .string(let text): appendEscaped(text)
    case .int(let number): append(decimal: number)
    default: try appendOtherEscaped(value)
    }
  }

  private func appendOtherEscaped(_ value: TemplateValue) throws {
    switch value {
    case .null, .bool, .double: append(value.text)
    case .bytes(let bytes):
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw TemplateException(.unicodeDecodeError, "'utf-8' codec can't decode the bytes")
      }
      appendEscaped(text)
    default: appendEscaped(value.text)
    }
  }
}
