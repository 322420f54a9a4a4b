// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// A growable queue of bytes: written at the end, taken from the front.
///
/// A stream's read and write queues are byte buffers. Unlike an array it can hand its unused
/// tail to the kernel without filling it with zeros first, and taking from the front costs
/// nothing. A reference type, so that a pool can lend it and take it back.
@safe
@usableFromInline
package final class ByteBuffer {
  // SAFETY (this file): `base` owns `capacity` bytes from the allocator until `deinit`;
  // `0 <= start <= end <= capacity` holds between calls, and bytes in `start..<end` were written.
  @usableFromInline var base: UnsafeMutableRawPointer
  @usableFromInline var start = 0
  @usableFromInline var end = 0
  @usableFromInline package private(set) var capacity: Int

  /// Creates an empty buffer with room for `capacity` bytes.
  package init(capacity: Int = 512) {
    let capacity = max(capacity, 64)
    unsafe base = .allocate(byteCount: capacity, alignment: 16)
    self.capacity = capacity
  }

  deinit { unsafe base.deallocate() }

  /// How many bytes wait to be taken.
  @inlinable package var count: Int { end &- start }

  @inlinable package var isEmpty: Bool { start == end }

  /// Lends the waiting bytes.
  @inlinable
  package func withBytes<R: ~Copyable, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E)
    -> R
  {
    try unsafe body(UnsafeRawBufferPointer(start: base + start, count: end - start))
  }

  /// Lends the waiting bytes as a span.
  @inlinable
  package func withSpan<R: ~Copyable, E: Error>(_ body: (Span<UInt8>) throws(E) -> R) throws(E) -> R {
    let bytes = unsafe UnsafeBufferPointer(
      start: UnsafePointer((base + start).assumingMemoryBound(to: UInt8.self)), count: end - start)
    return try unsafe body(Span(_unsafeElements: bytes))
  }

  /// Drops `count` bytes from the front.
  @inlinable
  package func removeFirst(_ count: Int) {
    precondition(count >= 0 && count <= end &- start, "removing more bytes than there are")
    start &+= count
    if start == end {
      start = 0
      end = 0
    }
  }

  /// Drops `count` bytes from the end.
  package func removeLast(_ count: Int) {
    precondition(count >= 0 && count <= end - start, "removing more bytes than there are")
    end -= count
  }

  /// Drops everything, and most of the room.
  package func shrink() {
    removeAll()
    unsafe base.deallocate()
    unsafe base = .allocate(byteCount: 4096, alignment: 16)
    capacity = 4096
  }

  /// Drops everything and keeps the room.
  package func removeAll() {
    start = 0
    end = 0
  }

  /// Makes room for `count` more bytes at the end: by moving what waits to the front, or by growing.
  /// - Complexity: amortised O(1) per byte.
  @inlinable
  package func reserve(_ count: Int) {
    if capacity &- end < count { makeRoom(count) }
  }

  @usableFromInline
  func makeRoom(_ count: Int) {
    let held = end - start
    if capacity - held >= count, start >= held {
      unsafe base.copyMemory(from: base + start, byteCount: held)
    } else {
      var wanted = max(capacity, 64)
      while wanted - held < count { wanted *= 2 }
      let grown = UnsafeMutableRawPointer.allocate(byteCount: wanted, alignment: 16)
      unsafe grown.copyMemory(from: base + start, byteCount: held)
      unsafe base.deallocate()
      unsafe base = grown
      capacity = wanted
    }
    start = 0
    end = held
  }

  /// Lends at least `minimum` unwritten bytes; `body` returns how many of them it wrote.
  @inlinable
  package func append<E: Error>(
    minimum: Int, _ body: (UnsafeMutableRawBufferPointer) throws(E) -> Int
  ) throws(E) -> Int {
    reserve(minimum)
    let room = unsafe UnsafeMutableRawBufferPointer(start: base + end, count: capacity - end)
    let written = try unsafe body(room)
    precondition(written >= 0 && written <= capacity &- end, "wrote past the room that was lent")
    end &+= written
    return written
  }

  /// Lends at least `minimum` unwritten bytes (whatever room there is, for 0) to a call of the system.
  /// - Returns: What `body` returned; a positive result says how many bytes it wrote.
  @inlinable
  package func appendResult(minimum: Int, _ body: (UnsafeMutableRawBufferPointer) -> Int) -> Int {
    reserve(minimum)
    let room = unsafe UnsafeMutableRawBufferPointer(start: base + end, count: capacity - end)
    let result = unsafe body(room)
    if result > 0 {
      precondition(result <= capacity &- end, "wrote past the room that was lent")
      end &+= result
    }
    return result
  }

  @inlinable
  package func append(_ bytes: UnsafeRawBufferPointer) {
    guard let from = bytes.baseAddress else { return }
    reserve(bytes.count)
    unsafe (base + end).copyMemory(from: from, byteCount: bytes.count)
    end &+= bytes.count
  }

  @inlinable
  package func append(_ bytes: [UInt8]) {
    unsafe bytes.withUnsafeBytes { unsafe append($0) }
  }

  @inlinable
  package func append(_ bytes: ArraySlice<UInt8>) {
    unsafe bytes.withUnsafeBytes { unsafe append($0) }
  }

  @inlinable
  package func append(_ bytes: Span<UInt8>) {
    unsafe bytes.withUnsafeBytes { unsafe append($0) }
  }

  @inlinable
  package func append(_ text: StaticString) {
    unsafe append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  @inlinable
  package func append(_ byte: UInt8) {
    reserve(1)
    unsafe (base + end).storeBytes(of: byte, as: UInt8.self)
    end &+= 1
  }

  package func append(_ text: String) {
    var text = text
    text.withUTF8 { unsafe append(UnsafeRawBufferPointer($0)) }
  }

  /// Appends `number` in decimal.
  package func append(decimal number: Int) {
    var rest = number.magnitude
    var digits = (UInt64.zero, UInt64.zero, UInt64.zero)  // 24 bytes of scratch; 20 digits at the most
    unsafe withUnsafeMutableBytes(of: &digits) { scratch in
      var at = scratch.count
      repeat {
        at -= 1
        unsafe scratch[at] = UInt8(truncatingIfNeeded: rest % 10) &+ ASCII.zero
        rest /= 10
      } while rest > 0
      if number < 0 {
        at -= 1
        unsafe scratch[at] = ASCII.hyphen
      }
      unsafe append(UnsafeRawBufferPointer(rebasing: scratch[at...]))
    }
  }

  /// Appends `number` in lower-case hexadecimal.
  package func append(hexadecimal number: Int) {
    var digits = (number.bitWidth - number.leadingZeroBitCount + 3) / 4
    repeat {
      digits -= 1
      let digit = UInt8(truncatingIfNeeded: number >> (max(digits, 0) * 4)) & 15
      append(digit < 10 ? digit &+ ASCII.zero : digit &+ 0x57)
    } while digits > 0
  }

  /// Takes the first `count` bytes.
  package func take(_ count: Int) -> [UInt8] {
    let taken = unsafe withBytes { unsafe [UInt8](UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    removeFirst(count)
    return taken
  }
}
