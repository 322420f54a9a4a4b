// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

public import GaleLoop

/// What every stream has to do: checks for a transport of one's own.
///
/// ```swift
/// @Test(.loop, arguments: StreamConformance.allCases)
/// func `my stream does`(_ check: StreamConformance) async throws {
///   try await check.run { try MyStream.pair(on: IOLoop.current) }
/// }
/// ```
///
/// A check is given new streams each time, and closes them.
public enum StreamConformance: String, CaseIterable, Sendable, CustomStringConvertible {
  case bytesArriveInOrder = "bytes arrive in order"
  case bothWays = "bytes go both ways at once"
  case exactCount = "a read of a count waits until all is there"
  case partialRead = "a partial read takes what is there"
  case emptyRead = "a read of nothing returns at once"
  case emptyWrite = "a write of nothing is done at once"
  case delimiter = "a delimiter is found across pieces, and what follows stays"
  case limit = "a delimiter that does not come within the limit closes the stream"
  case untilClose = "reading until the close takes everything that was sent before it"
  case largeTransfer = "a megabyte arrives whole, though the reader is slow"
  case heldBack = "a writer waits while nobody reads"
  case writeLimit = "a full write buffer refuses more, and sends nothing of it"
  case readLimit = "a full read buffer closes the stream"
  case queuedWrites = "writes that wait go out in order"
  case secondRead = "a second read at the same time is refused"
  case closeWakesReader = "closing a stream ends its waiting read"
  case peerCloseWakesReader = "the peer's close ends a waiting read"
  case closeCallback = "the close callback tells of the peer's close while nobody reads"
  case writeAfterPeerClose = "writing to a peer that is gone fails"
  case useAfterClose = "a closed stream refuses reads and writes"
  case closeTwice = "closing twice is closing once"
  case halfClose = "a side that is closed for writing can still read"
  case turns = "a stream that always has something to read lets others run"

  /// The check in words.
  public var description: String { rawValue }

  /// Those for transports that carry bytes one way only, from the first stream to the second.
  public static var oneWay: [StreamConformance] { allCases.filter { !$0.needsBothWays } }

  private var needsBothWays: Bool { self == .bothWays || self == .halfClose }

  /// Does the check.
  /// - Parameter connect: Makes two streams of the present loop, each the other's peer.
  /// - Throws: ``StreamConformanceError``, which says what was not as it must be; what the streams throw.
  public func run(_ connect: () async throws -> (IOStream, IOStream)) async throws {
    let (writer, reader) = try await connect()
    defer {
      writer.close()
      reader.close()
    }
    try await StreamChecks(writer, reader).run(self)
  }
}

/// A stream did not do what it must.
public struct StreamConformanceError: Error, Hashable, CustomStringConvertible {
  /// What was not as it must be.
  public let description: String
}
