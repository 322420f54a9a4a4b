// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// What becomes of the bytes that a ``MemoryStream`` is sent: in which pieces they arrive, when, and what goes wrong.
///
/// ```swift
/// let slow: MemoryScript = [.piece(10), .delay(.seconds(20)), .piece(1), .reset]
/// ```
///
/// Once the steps are over, the rest arrives as it was sent, or in pieces of ``pieceSize`` bytes.
public struct MemoryScript: Sendable, Hashable, ExpressibleByArrayLiteral {
  /// A step of a script.
  public enum Step: Sendable, Hashable {
    /// The next bytes, so many or as many as are there if that is less, arrive together, apart from others.
    case piece(Int)
    /// Everything that follows arrives that much later.
    case delay(Duration)
    /// Nothing more arrives, as if the sender had closed its side. What it sends is lost.
    case end
    /// The connection is reset, for both ends.
    case reset
    /// A read fails with this error number of the system (errno), and the stream is closed by it.
    case error(Int32)
  }

  /// What happens, in order.
  public var steps: [Step]
  /// How many bytes arrive together at the most once the steps are over.
  public var pieceSize: Int
  /// How many bytes may be on their way, or wait to be read, until the sender is held back.
  public var capacity = 65536

  /// Creates a script.
  /// - Parameters:
  ///   - steps: What happens, in order.
  ///   - pieceSize: How many bytes arrive together at the most once the steps are over; 1 or more.
  public init(_ steps: [Step], pieceSize: Int = .max) {
    precondition(pieceSize >= 1, "a piece has at least one byte")
    precondition(
      !steps.contains { if case .piece(let count) = $0 { count < 1 } else { false } }, "an empty piece")
    self.steps = steps
    self.pieceSize = pieceSize
  }

  /// Creates a script of `elements`.
  public init(arrayLiteral elements: Step...) { self.init(elements, pieceSize: .max) }

  /// Everything arrives as it is sent.
  public static let whole = MemoryScript([])

  /// Each byte arrives alone.
  public static let byteByByte = pieces(of: 1)

  /// `count` bytes at the most arrive together.
  public static func pieces(of count: Int) -> MemoryScript { MemoryScript([], pieceSize: count) }

  /// Everything arrives `delay` after it was sent.
  ///
  /// The delay counts from the first byte on, as the steps do.
  public static func late(_ delay: Duration) -> MemoryScript { [.delay(delay)] }
}
