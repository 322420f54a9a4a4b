// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// Takes a stream's bytes as they come, on the loop's thread, without a task: what protocols are built on.
package protocol StreamConsumer: AnyObject {
  /// Shows everything that waits, oldest first.
  /// - Returns: How many bytes were used. The rest is shown again, with what comes after it.
  func streamReceived(_ stream: IOStream, _ bytes: Span<UInt8>) -> Int
  /// The peer will send nothing more. The stream can still be written to.
  func streamEnded(_ stream: IOStream)
  /// The stream is closed. Called once.
  func streamClosed(_ stream: IOStream, _ error: StreamError)
  /// What had to wait for the peer has been sent.
  func streamDrained(_ stream: IOStream)
}
