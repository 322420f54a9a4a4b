// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// Ends the run with the input at hand unless `condition` holds.
public func check(_ condition: Bool, _ what: @autoclosure () -> String) {
  guard condition else { fatalError(what()) }
}

/// The input of one run.
public struct FuzzInput {
  /// The first byte: which of a target's choices are taken.
  public let flags: UInt8

  /// What follows it.
  public let bytes: [UInt8]

  /// Copies what libFuzzer lends; `nil` for no bytes at all.
  public init?(_ start: UnsafePointer<UInt8>, _ count: Int) {
    // SAFETY: libFuzzer lends `count` bytes for the call.
    let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
    guard let first = input.first else { return nil }
    flags = first
    bytes = Array(input.dropFirst())
  }

  /// The bytes as text, cut at each 0x00.
  public var texts: [String] {
    bytes.split(separator: 0, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
  }
}
