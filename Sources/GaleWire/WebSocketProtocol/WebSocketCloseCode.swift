// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// Why a WebSocket connection is closed, as its Close frame says (RFC 6455, section 7.4).
public struct WebSocketCloseCode: RawRepresentable, Hashable, Sendable, ExpressibleByIntegerLiteral,
  CustomStringConvertible
{
  /// The number that travels.
  public let rawValue: UInt16

  /// The code with the number `rawValue`.
  public init(rawValue: UInt16) { self.rawValue = rawValue }
  /// The code with the number `value`.
  public init(integerLiteral value: UInt16) { rawValue = value }

  /// The purpose is fulfilled.
  public static let normal: Self = 1000
  /// The server stops, or the page is left.
  public static let goingAway: Self = 1001
  /// The peer broke the protocol.
  public static let protocolError: Self = 1002
  /// A kind of message that is not understood.
  public static let unsupportedData: Self = 1003
  /// Text that is not UTF-8.
  public static let invalidPayload: Self = 1007
  /// What was asked is not allowed; also: messages are not read quickly enough.
  public static let policyViolation: Self = 1008
  /// A message over the limit.
  public static let messageTooBig: Self = 1009
  /// The server lacks an extension that the client needs.
  public static let missingExtension: Self = 1010
  /// The server failed.
  public static let internalError: Self = 1011
  /// The server restarts.
  public static let serviceRestart: Self = 1012
  /// The server is overloaded: try again later.
  public static let tryAgainLater: Self = 1013
  /// A gateway got no good answer.
  public static let badGateway: Self = 1014

  /// Whether a Close frame may carry it.
  ///
  /// 1004 to 1006 and 1015 only stand for something in programs, 1016 to 2999 are reserved, and below 1000 and
  /// from 5000 on there are none (RFC 6455, section 7.4.2; IANA's registry).
  public var isSendable: Bool {
    switch rawValue {
    case 1000...1003, 1007...1014, 3000...4999: true
    default: false
    }
  }

  /// The number.
  public var description: String { "\(rawValue)" }
}

/// A peer that broke the protocol, and the code with which the connection is closed for it.
package struct WebSocketViolation: Error, Hashable, CustomStringConvertible {
  package let code: WebSocketCloseCode
  /// The reason that the Close frame gives.
  package let description: String

  package init(_ code: WebSocketCloseCode, _ description: String) {
    self.code = code
    self.description = description
  }

  static func `protocol`(_ description: String) -> Self { Self(.protocolError, description) }
}
