// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleHTTP
import GaleWire

extension RequestHandler {
  /// Reads the body of the request as a `T`, from whatever form its `Content-Type` names.
  ///
  /// The forms are those of ``Application/Settings/contentFormats``. The body must be there: a handler that takes it in
  /// pieces collects it, and calls ``decodeBody(as:from:)``.
  ///
  /// ```swift
  /// struct SignUp: Decodable { var name: String, age: Int?, tags: [String] }
  /// let form = try decodeBody(as: SignUp.self)
  /// ```
  /// - Throws: ``BodyError`` 415 for a form that nothing here reads, 400 for a body that is not in it, 422 for a field
  ///   that is missing or wrong; what the type's initializer throws.
  public func decodeBody<T: Decodable>(as type: T.Type = T.self) throws -> T {
    precondition(bodyQueue == nil, "decodeBody(as:) needs the whole body, which this handler takes in pieces")
    return try decodeBody(type, request.body, parsed: form)
  }

  /// Reads `body`, which was taken from ``requestBody``, as a `T`, as ``decodeBody(as:)`` does.
  public func decodeBody<T: Decodable>(as type: T.Type = T.self, from body: [UInt8]) throws -> T {
    try decodeBody(type, body, parsed: nil)
  }

  private func decodeBody<T: Decodable>(_ type: T.Type, _ body: [UInt8], parsed: FormBody?) throws -> T {
    guard let field = request.headers.first("Content-Type"), let media = MediaType(parsing: field) else {
      throw BodyError(.unsupportedMediaType, field: nil, "The body needs a Content-Type")
    }
    guard let format = settings.contentFormats.reader(of: media) else {
      throw BodyError(.unsupportedMediaType, field: nil, "Bodies of type \(media.essence) are not read here")
    }
    return try decoding {
      guard let format = format as? FormFormat else { return try format.decode(type, from: body) }
      // A form that came whole was parsed before the handler ran.
      let form = try parsed ?? parseForm(body, field)
      return try format.decode(type, arguments: form.arguments)
    }
  }

  private func parseForm(_ body: [UInt8], _ contentType: String) throws -> FormBody {
    do throws(FormError) {
      return try FormBody(
        parsing: body, contentType: contentType, contentEncoding: request.headers.first("Content-Encoding"),
        limits: settings.formLimits)
    } catch {
      throw BodyError(.malformed, field: nil, "\(error)")
    }
  }

  /// Reads the arguments of the query as a `T`, as those of a form: see ``FormFormat``.
  /// - Throws: ``BodyError`` as ``decodeBody(as:)``; ``HTTPError`` 400 for a query with too many arguments.
  public func decodeQuery<T: Decodable>(as type: T.Type = T.self) throws -> T {
    let arguments = try parsedQuery()
    return try decoding { try FormFormat().decode(type, arguments: arguments) }
  }

  private func decoding<T>(_ body: () throws -> T) throws -> T {
    do {
      return try body()
    } catch let error as DecodingError {
      throw BodyError(error)
    }
  }

  /// Adds `value` to the body in the form that the client prefers (`Accept`), and says so in the header: `Content-Type`,
  /// and `Vary` when there is a choice.
  /// - Throws: ``HTTPError`` 406 when the client accepts none of ``Application/Settings/contentFormats``;
  ///   what the format throws.
  public func write<T: Encodable>(encoding value: T) throws {
    let formats = settings.contentFormats
    guard let format = formats.writer(for: request.headers["Accept"]) else { throw HTTPError(406) }
    let bytes = try format.encode(value)
    try setHeader("Content-Type", format.contentType)
    if formats.count > 1 { headers.addVary("Accept") }
    write(bytes)
  }
}

extension HTTPHeaders {
  /// Says in `Vary` that the answer depends on a field of the request, unless it says so already.
  mutating func addVary(_ name: String) {
    let listed = values("Vary").flatMap { $0.split(separator: ",") }
    let isListed = listed.contains { part in
      let known = part.drop { $0 == " " }
      return known == "*" || known.lowercased() == name.lowercased()
    }
    if !isListed { append(uncheckedName: "Vary".utf8, uncheckedValue: name.utf8) }
  }
}
