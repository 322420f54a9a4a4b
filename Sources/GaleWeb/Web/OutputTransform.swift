// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

public import GaleWire

/// Changes answers on their way out: Tornado's `OutputTransform`.
///
/// ``Application/addTransform(_:)`` says which; each answer gets its own, and they are applied in order.
public protocol OutputTransform: AnyObject {
  /// Changes the head of the answer and the first piece of its body.
  ///
  /// - Parameters:
  ///   - status: The status.
  ///   - headers: The header. A `Content-Length` that is no longer right must be taken away, or corrected when `isLast`.
  ///   - chunk: What was written so far.
  ///   - isLast: Whether that is the whole body.
  /// - Returns: What is sent for `chunk`.
  func transformFirstChunk(
    _ status: inout Int, _ headers: inout HTTPHeaders, _ chunk: [UInt8], isLast: Bool
  ) throws -> [UInt8]

  /// Changes a further piece of the body, which is empty when the last one came before.
  func transformChunk(_ chunk: [UInt8], isLast: Bool) throws -> [UInt8]

  /// Whether the body is changed, once the first piece was given; files are then not sent by the kernel.
  var changesBody: Bool { get }
}

extension OutputTransform {
  /// Always.
  public var changesBody: Bool { true }
}
