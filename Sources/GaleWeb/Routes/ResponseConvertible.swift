// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

public import GaleCore

/// What a closure may return as the answer to its request.
///
/// Text is sent as HTML unless the handler says otherwise, bytes as `application/octet-stream`, a ``/GaleCore/JSONValue``
/// as JSON; a ``Response`` says status and header too. `nil` is 404.
public protocol ResponseConvertible {
  /// Writes the answer; it is completed afterwards.
  func write(to handler: RequestHandler) async throws
}

extension String: ResponseConvertible {
  /// Writes the text.
  public func write(to handler: RequestHandler) async throws { handler.write(self) }
}

extension [UInt8]: ResponseConvertible {
  /// Writes the bytes.
  public func write(to handler: RequestHandler) async throws {
    handler.proposeContentType("application/octet-stream")
    handler.write(self)
  }
}

extension JSONValue: ResponseConvertible {
  /// Writes the value as JSON.
  public func write(to handler: RequestHandler) async throws {
    handler.proposeContentType("application/json; charset=UTF-8")
    handler.write(jsonEncode(self))
  }
}

extension Optional: ResponseConvertible where Wrapped: ResponseConvertible {
  /// Writes what is there, or throws 404.
  public func write(to handler: RequestHandler) async throws {
    guard let answer = self else { throw HTTPError(404) }
    try await answer.write(to: handler)
  }
}

extension RequestHandler {
  /// Sets the type of the content, unless it was set to something else than the default.
  func proposeContentType(_ type: StaticString) {
    guard responseHeader("Content-Type") == "text/html; charset=UTF-8" else { return }
    headers.replaceContentType(type)
  }
}
