// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Brotli

import CBrotli
import GaleCore

/// Compresses bytes with brotli (RFC 7932), piece by piece.
@safe
final class BrotliCompressor {
  // SAFETY (this class): the encoder is owned and freed once; its pointers into spans and buffers are for one call.
  private let raw: OpaquePointer

  /// The level whose cost is like that of zlib's usual one.
  private static let quality: UInt32 = 4
  /// Windows of 256 KiB: a larger one costs each answer in progress more memory than it saves bytes.
  private static let windowBits: UInt32 = 18

  /// - Parameter byteCount: How many bytes will come, if that is known.
  init(byteCount: Int? = nil) {
    guard let raw = unsafe BrotliEncoderCreateInstance(nil, nil, nil) else {
      preconditionFailure("no memory for a brotli encoder")
    }
    unsafe self.raw = raw
    unsafe BrotliEncoderSetParameter(raw, BROTLI_PARAM_QUALITY, BrotliCompressor.quality)
    unsafe BrotliEncoderSetParameter(raw, BROTLI_PARAM_LGWIN, BrotliCompressor.windowBits)
    if let byteCount {
      unsafe BrotliEncoderSetParameter(raw, BROTLI_PARAM_SIZE_HINT, UInt32(clamping: byteCount))
    }
  }

  deinit { unsafe BrotliEncoderDestroyInstance(raw) }

  func compress(_ input: Span<UInt8>, into output: ByteBuffer, flush: Deflater.Flush) {
    let operation =
      switch flush {
      case .none: BROTLI_OPERATION_PROCESS
      case .sync: BROTLI_OPERATION_FLUSH
      case .finish: BROTLI_OPERATION_FINISH
      }
    unsafe input.withUnsafeBufferPointer { bytes in
      var left = bytes.count
      var next = bytes.baseAddress
      repeat {
        _ = unsafe output.append(minimum: 1024) { free in
          var room = free.count
          var end = unsafe free.baseAddress?.assumingMemoryBound(to: UInt8.self)
          let status = unsafe BrotliEncoderCompressStream(raw, operation, &left, &next, &room, &end, nil)
          precondition(status != 0, "brotli has no memory left")
          return free.count - room
        }
      } while unsafe left > 0 || BrotliEncoderHasMoreOutput(raw) != 0
    }
  }
}

/// Takes brotli's bytes apart, piece by piece.
@safe
final class BrotliDecompressor: Decompressor {
  // SAFETY (this class): the decoder is owned and freed once; its pointers into spans and buffers are for one call.
  private let raw: OpaquePointer
  private(set) var isAtEnd = false
  private(set) var isBegun = false

  init() {
    guard let raw = unsafe BrotliDecoderCreateInstance(nil, nil, nil) else {
      preconditionFailure("no memory for a brotli decoder")
    }
    unsafe self.raw = raw
  }

  deinit { unsafe BrotliDecoderDestroyInstance(raw) }

  func inflate(_ input: Span<UInt8>, _ offset: inout Int, into output: ByteBuffer, room: Int)
    throws(CompressionError) -> Bool
  {
    var room = room
    while true {
      if isAtEnd {
        guard offset == input.count else {
          throw CompressionError(.trailingData, "Something follows the end of the brotli data")
        }
        return false
      }
      guard room > 0 else { return offset < input.count || isBegun }
      let before = output.count
      let result = step(input, &offset, output, room)
      room -= output.count - before
      switch result {
      case BROTLI_DECODER_RESULT_SUCCESS: isAtEnd = true
      case BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT:
        // It says so too when there was no room for all that came out.
        guard unsafe BrotliDecoderHasMoreOutput(raw) != 0 else { return false }
      case BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT: break
      default: throw CompressionError(.corrupt, "The brotli data are not valid")
      }
    }
  }

  private func step(
    _ input: Span<UInt8>, _ offset: inout Int, _ output: ByteBuffer, _ room: Int
  ) -> BrotliDecoderResult {
    var result = BROTLI_DECODER_RESULT_ERROR
    let start = offset
    var left = input.count - start
    unsafe input.withUnsafeBufferPointer { bytes in
      var next = unsafe bytes.baseAddress.map { unsafe $0 + start }
      _ = unsafe output.append(minimum: min(room, max(512, left))) { free in
        let size = min(free.count, room)
        var available = size
        var end = unsafe free.baseAddress?.assumingMemoryBound(to: UInt8.self)
        unsafe result = BrotliDecoderDecompressStream(raw, &left, &next, &available, &end, nil)
        return size - available
      }
    }
    offset = input.count - left
    isBegun = isBegun || offset > start
    return result
  }
}

#endif
