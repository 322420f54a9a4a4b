// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// Why there is no connection.
public struct TCPClientError: Error, Hashable, CustomStringConvertible {
  /// The kind of failure.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    /// The code's name.
    public let description: String
    /// Every address refused, or could not be reached.
    public static let connectionFailed = Code(description: "connectionFailed")
    /// The time was over; also for a name that was still being looked up.
    public static let timedOut = Code(description: "timedOut")
    /// The client was closed meanwhile, or before.
    public static let clientClosed = Code(description: "clientClosed")
  }

  /// An address that was tried.
  public struct Attempt: Hashable, Sendable, CustomStringConvertible {
    /// Which one.
    public let address: SocketAddress
    /// The system's error number (errno); 0 when there was no answer yet.
    public package(set) var systemError: Int32

    /// The address and what became of it.
    public var description: String {
      "\(address): \(systemError == 0 ? "no answer" : describeSystemError(systemError))"
    }
  }

  /// What is wrong.
  public let code: Code
  /// What was to be connected to: `example.com:80`, `[::1]:80`, `unix:/run/x`.
  public let target: String
  /// Every address that was tried, in the order in which they were; none when the name was not resolved in time.
  public let attempts: [Attempt]
  /// How far it came when the time was over.
  let reason: String

  /// The system's error number of the last attempt that failed, or 0.
  public var systemError: Int32 { attempts.last { $0.systemError != 0 }?.systemError ?? 0 }

  /// The text that logs and messages show.
  public var description: String {
    let details = attempts.map(\.description).joined(separator: "; ")
    return "cannot connect to \(target): \(reason)\(details.isEmpty ? "" : " (\(details))")"
  }
}
