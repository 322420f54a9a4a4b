// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import CZlib
import GaleCore

/// zlib's structure, at a place of its own: zlib keeps a pointer to it.
@safe
struct ZlibStream: ~Copyable {
  // SAFETY (this file): `raw` is owned, and initialised by zlib before this value exists; `end` is called once.
  private let raw: UnsafeMutablePointer<z_stream>
  private let end: @convention(c) (UnsafeMutablePointer<z_stream>?) -> Int32

  init(inflating windowBits: Int32) {
    unsafe raw = .allocate(capacity: 1)
    unsafe raw.initialize(to: z_stream())
    unsafe end = inflateEnd
    let status = unsafe cgale_inflate_init(raw, windowBits)
    precondition(status == Z_OK, "zlib refuses a window of \(windowBits) bits")
  }

  init(deflating windowBits: Int32, level: Int, memoryLevel: Int) {
    unsafe raw = .allocate(capacity: 1)
    unsafe raw.initialize(to: z_stream())
    unsafe end = deflateEnd
    let status = unsafe cgale_deflate_init(raw, Int32(level), windowBits, Int32(memoryLevel))
    precondition(status == Z_OK, "zlib refuses level \(level), window \(windowBits), memory \(memoryLevel)")
  }

  deinit {
    _ = unsafe end(raw)
    unsafe raw.deallocate()
  }

  func reset(_ function: (UnsafeMutablePointer<z_stream>?) -> Int32) { _ = unsafe function(raw) }

  /// Calls `function` with what is left of `input` after `offset`, and with room in `output`.
  ///
  /// - Parameter room: The most bytes that may be appended, at least 1.
  /// - Returns: zlib's status, and whether the room was filled.
  func run(
    _ function: (UnsafeMutablePointer<z_stream>?, Int32) -> Int32, flush: Int32, _ input: Span<UInt8>,
    _ offset: inout Int, _ output: ByteBuffer, room: Int
  ) -> (status: Int32, isFull: Bool) {
    var status = Z_OK
    var isFull = false
    let start = offset
    // zlib counts in 32 bits.
    let count = min(input.count - start, Int(Int32.max))
    var used = 0
    unsafe input.withUnsafeBufferPointer { bytes in
      unsafe raw.pointee.next_in = bytes.baseAddress.map { unsafe $0 + start }
      unsafe raw.pointee.avail_in = UInt32(count)
      _ = unsafe output.append(minimum: min(room, max(512, count))) { free in
        let size = min(free.count, room, Int(Int32.max))
        unsafe raw.pointee.next_out = free.baseAddress?.assumingMemoryBound(to: UInt8.self)
        unsafe raw.pointee.avail_out = UInt32(size)
        status = unsafe function(raw, flush)
        let left = unsafe Int(raw.pointee.avail_out)
        isFull = left == 0
        return size - left
      }
      used = unsafe count - Int(raw.pointee.avail_in)
      unsafe raw.pointee.next_in = nil
      unsafe raw.pointee.next_out = nil
    }
    offset = start + used
    return (status, isFull)
  }
}
