// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Zstd

import CZstd
import GaleCore

/// Compresses bytes with Zstandard (RFC 8878), piece by piece.
@safe
final class ZstdCompressor {
  // SAFETY (this class): the context is owned and freed once; its pointers into spans and buffers are for one call.
  private let raw: OpaquePointer

  /// zstd's usual level: as small as gzip, in less time.
  private static let level: Int32 = 3
  /// Windows of 256 KiB: a larger one costs each answer in progress more memory than it saves bytes.
  private static let windowBits: Int32 = 18

  /// - Parameter byteCount: How many bytes will come, if that is known.
  init(byteCount: Int? = nil) {
    guard let raw = unsafe ZSTD_createCCtx() else { preconditionFailure("no memory for a zstd encoder") }
    unsafe self.raw = raw
    _ = unsafe ZSTD_CCtx_setParameter(raw, ZSTD_c_compressionLevel, ZstdCompressor.level)
    _ = unsafe ZSTD_CCtx_setParameter(raw, ZSTD_c_windowLog, ZstdCompressor.windowBits)
    if let byteCount { _ = unsafe ZSTD_CCtx_setPledgedSrcSize(raw, UInt64(byteCount)) }
  }

  deinit { _ = unsafe ZSTD_freeCCtx(raw) }

  func compress(_ input: Span<UInt8>, into output: ByteBuffer, flush: Deflater.Flush) {
    let operation =
      switch flush {
      case .none: ZSTD_e_continue
      case .sync: ZSTD_e_flush
      case .finish: ZSTD_e_end
      }
    unsafe input.withUnsafeBytes { bytes in
      var source = unsafe ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
      var remaining = 0
      repeat {
        _ = unsafe output.append(minimum: 1024) { free in
          var target = unsafe ZSTD_outBuffer(dst: free.baseAddress, size: free.count, pos: 0)
          unsafe remaining = ZSTD_compressStream2(raw, &target, &source, operation)
          precondition(ZSTD_isError(remaining) == 0, "zstd refuses to compress")
          return unsafe target.pos
        }
      } while unsafe source.pos < source.size || remaining > 0 && flush != .none
    }
  }
}

/// Takes Zstandard's bytes apart, piece by piece.
///
/// Several frames one after the other are one (RFC 8878, section 3.1).
@safe
final class ZstdDecompressor: Decompressor {
  // SAFETY (this class): the context is owned and freed once; its pointers into spans and buffers are for one call.
  private let raw: OpaquePointer
  private(set) var isAtEnd = false
  private(set) var isBegun = false

  /// RFC 9659: larger windows are not for bodies of HTTP.
  private static let largestWindowBits: Int32 = 23

  init() {
    guard let raw = unsafe ZSTD_createDCtx() else { preconditionFailure("no memory for a zstd decoder") }
    unsafe self.raw = raw
    _ = unsafe ZSTD_DCtx_setParameter(raw, ZSTD_d_windowLogMax, ZstdDecompressor.largestWindowBits)
  }

  deinit { _ = unsafe ZSTD_freeDCtx(raw) }

  func inflate(_ input: Span<UInt8>, _ offset: inout Int, into output: ByteBuffer, room: Int)
    throws(CompressionError) -> Bool
  {
    var room = room
    while true {
      guard room > 0 else { return offset < input.count || isBegun && !isAtEnd }
      if isAtEnd, offset == input.count { return false }
      let before = output.count
      let start = offset
      let (status, isFull) = step(input, &offset, output, room)
      guard ZSTD_isError(status) == 0 else {
        throw CompressionError(
          .corrupt, "The zstd data are not valid: \(unsafe String(cString: ZSTD_getErrorName(status)))")
      }
      room -= output.count - before
      isBegun = isBegun || offset > start
      isAtEnd = status == 0
      if !isFull, offset == input.count { return false }
    }
  }

  private func step(
    _ input: Span<UInt8>, _ offset: inout Int, _ output: ByteBuffer, _ room: Int
  ) -> (status: Int, isFull: Bool) {
    var status = 0
    var isFull = false
    let start = offset
    unsafe input.withUnsafeBytes { bytes in
      var source = unsafe ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: start)
      _ = unsafe output.append(minimum: min(room, max(512, input.count - start))) { free in
        let size = min(free.count, room)
        var target = unsafe ZSTD_outBuffer(dst: free.baseAddress, size: size, pos: 0)
        unsafe status = ZSTD_decompressStream(raw, &target, &source)
        unsafe isFull = target.pos == size
        return unsafe target.pos
      }
      unsafe offset = source.pos
    }
    return (status, isFull)
  }
}

#endif
