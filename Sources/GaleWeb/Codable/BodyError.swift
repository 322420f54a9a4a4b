// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleHTTP
import GaleWire

/// Why a body is not what a handler wants; it is the client's error, and the answer names the field.
///
/// The page is JSON for clients that accept it, `{"error": {"status": 422, "field": "address.city", "message": "is
/// missing"}}`, and HTML otherwise.
public struct BodyError: StatusError, Hashable, CustomStringConvertible {
  /// The kinds of error.
  public struct Code: Hashable, Sendable, CustomStringConvertible {
    let status: Int
    /// The name of the static member.
    public let description: String

    /// The body has no type, or one that nothing here reads: 415.
    public static let unsupportedMediaType = Code(status: 415, description: "unsupportedMediaType")
    /// It is not in the form that its type says: 400.
    public static let malformed = Code(status: 400, description: "malformed")
    /// A field that is needed is not there: 422.
    public static let missing = Code(status: 422, description: "missing")
    /// A field is not what it must be: 422.
    public static let invalid = Code(status: 422, description: "invalid")
  }

  /// The kind of error.
  public let code: Code
  /// The field, `address.city` or `items[2].price`; `nil` for the whole.
  public let field: String?
  /// What is wrong, for the client: it follows the field's name.
  public let message: String

  /// Creates an error, in a format's `decode` or where a handler checks what it got.
  public init(_ code: Code, field: String?, _ message: String) {
    self.code = code
    self.field = field
    self.message = message
  }

  /// The answer's status.
  public var status: Int { code.status }
  /// For the log.
  public var logMessage: String? { "Invalid body: \(description)" }
  /// `field: message`.
  public var description: String { field.map { "\($0): \(message)" } ?? message }

  init(_ error: DecodingError) {
    switch error {
    case .keyNotFound(let key, let context):
      self.init(.missing, field: Self.name(context.codingPath + [key]), "is missing")
    case .valueNotFound(_, let context), .typeMismatch(_, let context), .dataCorrupted(let context):
      self.init(.invalid, field: Self.name(context.codingPath), context.debugDescription)
    @unknown default:
      self.init(.invalid, field: nil, "is not what is wanted")
    }
  }

  private static func name(_ path: [any CodingKey]) -> String? {
    var name = ""
    for key in path {
      if let index = key.intValue {
        name += "[\(index)]"
      } else {
        name += (name.isEmpty ? "" : ".") + key.stringValue
      }
    }
    return name.isEmpty ? nil : name
  }
}

extension RequestHandler {
  /// The page for a body that is not as it must be.
  func writeBodyError(_ error: BodyError) {
    let ranges = MediaRange.parse(request.headers["Accept"] ?? "*/*")
    let wantsJSON =
      MediaRange.quality(of: "application/json", in: ranges)
      >= max(1, MediaRange.quality(of: "text/html", in: ranges))
    guard wantsJSON else {
      let reason = xhtmlEscape(HTTPStatus(status).reason)
      let text = xhtmlEscape(error.description)
      return write(
        "<html><title>\(status): \(reason)</title><body>\(status): \(reason): \(text)</body></html>")
    }
    var members: [JSONMember] = [JSONMember("status", .int(status))]
    if let field = error.field { members.append(JSONMember("field", .string(field))) }
    members.append(JSONMember("message", .string(error.message)))
    write(.object([JSONMember("error", .object(members))]) as JSONValue)
  }
}
