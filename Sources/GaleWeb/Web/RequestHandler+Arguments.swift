// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleHTTP
import GaleLoop
public import GaleWire

extension RequestHandler {
  // MARK: - The path

  /// What the groups of the route's pattern matched, percent-decoded; `nil` for a group that took no part.
  /// - Throws: ``HTTPError`` 400 when it is not UTF-8.
  public func pathArguments() throws -> [String?] {
    try (0..<captures.count).map { try pathArgument($0) }
  }

  /// What the group at `index` matched, percent-decoded.
  /// - Throws: ``HTTPError`` 400 when it is not UTF-8.
  public func pathArgument(_ index: Int) throws -> String? {
    guard let bytes = request.withPath({ captures.decoded(index, in: $0) }) else { return nil }
    return try decodeArgument(bytes, name: nil)
  }

  /// What the group called `name` matched, percent-decoded.
  /// - Throws: ``HTTPError`` 400 when it is not UTF-8.
  public func pathArgument(_ name: String) throws -> String? {
    guard let index = route?.pattern.groupIndex(named: name) else { return nil }
    return try pathArgument(index)
  }

  /// What the group called `name` matched, as a `T`.
  /// - Throws: ``HTTPError`` 404 when there is none, or it is no such value.
  public func pathArgument<T: PathParameter>(_ name: String, as type: T.Type) throws -> T {
    guard let text = try pathArgument(name), let value = T(pathParameter: text) else { throw HTTPError(404) }
    return value
  }

  // MARK: - Query and body

  /// The last value of an argument, of the body before that of the query: Tornado's `get_argument`.
  ///
  /// Control characters become spaces, and white space at the ends is cut off with `strip`.
  /// - Throws: ``HTTPError`` 400 when it is missing, or not UTF-8.
  public func argument(_ name: String, strip: Bool = true) throws -> String {
    guard let value = try arguments(name, strip: strip).last else { throw HTTPError(missingArgument: name) }
    return value
  }

  /// The last value of an argument, or `default` when it is missing.
  public func argument(_ name: String, default: String, strip: Bool = true) throws -> String {
    try arguments(name, strip: strip).last ?? `default`
  }

  /// All values of an argument, those of the query first: Tornado's `get_arguments`.
  public func arguments(_ name: String, strip: Bool = true) throws -> [String] {
    try queryArguments(name, strip: strip) + bodyArguments(name, strip: strip)
  }

  /// The last value of an argument in the query, or `nil`: Tornado's `get_query_argument`.
  public func queryArgument(_ name: String, strip: Bool = true) throws -> String? {
    try queryArguments(name, strip: strip).last
  }

  /// All values of an argument in the query: Tornado's `get_query_arguments`.
  public func queryArguments(_ name: String, strip: Bool = true) throws -> [String] {
    try values(try parsedQuery(), name, strip)
  }

  /// The last value of an argument in the body, or `nil`: Tornado's `get_body_argument`.
  public func bodyArgument(_ name: String, strip: Bool = true) throws -> String? {
    try bodyArguments(name, strip: strip).last
  }

  /// All values of an argument in the body: Tornado's `get_body_arguments`.
  public func bodyArguments(_ name: String, strip: Bool = true) throws -> [String] {
    try values(form?.arguments ?? [], name, strip)
  }

  /// How many arguments came with the request, by different names.
  public func argumentNames() throws -> Set<String> {
    let all = try parsedQuery() + (form?.arguments ?? [])
    return try Set(all.map { try decodeArgument($0.name, name: nil) })
  }

  /// The files of a form: Tornado's `request.files`.
  public var files: [HTTPFile] { form?.files ?? [] }

  /// The files that came under `name`.
  public func files(_ name: String) -> [HTTPFile] { files.filter { $0.fieldName == name } }

  private func values(_ all: [QueryArgument], _ name: String, _ strip: Bool) throws -> [String] {
    guard !all.isEmpty else { return [] }
    let wanted = Array(name.utf8)
    return try all.filter { $0.name == wanted }.map { argument in
      let text = try decodeArgument(argument.value, name: name)
      return RequestHandler.clean(text, strip: strip)
    }
  }

  func parsedQuery() throws -> [QueryArgument] {
    if let query { return query }
    let all = request.head.bytes
    let bytes = all.span.extracting(request.head.query)
    do {
      let parsed = try parseQueryString(
        bytes, keepingBlankValues: true, limit: application.settings.queryArgumentCount)
      query = parsed
      return parsed
    } catch {
      throw HTTPError(400, "Invalid query: \(error)")
    }
  }

  /// Parses a form before anything of the handler runs, so that a malformed one is 400.
  ///
  /// A long one is parsed on another thread: it would hold up everybody else on this one.
  func decodeForm() async throws {
    guard let type = request.headers.first("Content-Type"), Self.isForm(type) else { return }
    let encoding = request.headers.first("Content-Encoding")
    let (body, limits) = (request.body, application.settings.formLimits)
    do {
      if body.count <= 256 * 1024 {
        form = try FormBody(parsing: body, contentType: type, contentEncoding: encoding, limits: limits)
      } else {
        form = try await loop.runInExecutor {
          try FormBody(parsing: body, contentType: type, contentEncoding: encoding, limits: limits)
        }
      }
    } catch let error as FormError {
      throw HTTPError(400, "Invalid body: \(error)")
    }
  }

  /// Whether a body of this type is a form, or pretends to be one.
  static func isForm(_ contentType: String) -> Bool {
    let type = contentType.lowercased()
    return type.hasPrefix("multipart/form-data") || type.hasPrefix("application/x-www-form-urlencoded")
  }

  /// Strict UTF-8.
  func decodeUTF8(_ bytes: [UInt8], name: String?) throws -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw HTTPError(400, "Invalid unicode in \(name ?? "url"): \(bytes.prefix(40))")
    }
    return text
  }

  /// Tornado's post-processing of arguments.
  static func clean(_ text: String, strip: Bool) -> String {
    var scalars = text.unicodeScalars
    if scalars.contains(where: isControl) {
      scalars = String.UnicodeScalarView(scalars.map { isControl($0) ? " " : $0 })
    }
    guard strip else { return String(scalars) }
    var slice = scalars[...]
    while let first = slice.first, first.properties.isWhitespace { slice.removeFirst() }
    while let last = slice.last, last.properties.isWhitespace { slice.removeLast() }
    return String(slice)
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value <= 0x08 || (0x0E...0x1F).contains(scalar.value)
  }
}
