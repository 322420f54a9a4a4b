// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

public import GaleCore

/// A file that came with a form: Tornado's `HTTPFile`.
public struct HTTPFile: Sendable, Hashable {
  /// The name of the form's field.
  public let fieldName: String

  /// The name of the file as the peer sent it: text to show, not a path to open.
  public let filename: String

  /// The part's `Content-Type`, or `application/unknown`.
  public let contentType: String

  /// The content: a slice of the request's body, not a copy.
  public let body: ArraySlice<UInt8>
}

/// What a form says: Tornado's `parse_body_arguments`.
public struct FormBody: Sendable {
  /// How much is read at most: Tornado's `ParseBodyConfig`.
  public struct Limits: Sendable, Hashable {
    /// The most arguments of a URL-encoded form.
    public var argumentCount: Int

    /// The limits of multipart forms.
    public var multipart: MultipartFormData.Limits

    /// Whether multipart forms are read; if not they are refused.
    public var isMultipartEnabled: Bool

    /// Makes limits; Tornado's by default.
    public init(
      argumentCount: Int = 1000, multipart: MultipartFormData.Limits = .init(),
      isMultipartEnabled: Bool = true
    ) {
      self.argumentCount = argumentCount
      self.multipart = multipart
      self.isMultipartEnabled = isMultipartEnabled
    }
  }

  /// The arguments in their order, blank ones included.
  public private(set) var arguments: [QueryArgument] = []

  /// The files in their order.
  public private(set) var files: [HTTPFile] = []

  /// Reads a body of type `application/x-www-form-urlencoded` or `multipart/form-data`; of every other type
  /// there are no arguments and no files.
  ///
  /// - Parameters:
  ///   - body: The whole body.
  ///   - contentType: The `Content-Type` field.
  ///   - contentEncoding: The `Content-Encoding` field; a form that has one is refused.
  ///   - limits: How much is read at most.
  /// - Throws: ``FormError`` at the first mistake.
  /// - Complexity: O(*n*).
  public init(
    parsing body: [UInt8], contentType: String?, contentEncoding: String? = nil, limits: Limits = Limits()
  ) throws(FormError) {
    guard let contentType else { return }
    let type = HeaderParameters(parsing: contentType)
    let essence = type.value.lowercased()
    let isMultipart = essence.hasPrefix("multipart/form-data")
    guard isMultipart || essence.hasPrefix("application/x-www-form-urlencoded") else { return }
    if let contentEncoding {
      throw FormError(.unsupportedContentEncoding, String(contentEncoding.prefix(40)))
    }
    if isMultipart {
      try readMultipart(body, type: type, essence: essence, limits: limits)
    } else {
      try readURLEncoded(body, limits: limits)
    }
  }

  private mutating func readURLEncoded(_ body: [UInt8], limits: Limits) throws(FormError) {
    do throws(QueryStringError) {
      arguments = try parseQueryString(body.span, limit: limits.argumentCount)
    } catch {
      throw FormError(.tooManyArguments, "limit \(error.limit)")
    }
  }

  private mutating func readMultipart(
    _ body: [UInt8], type: HeaderParameters, essence: String, limits: Limits
  ) throws(FormError) {
    guard limits.isMultipartEnabled else { throw FormError(.multipartDisabled) }
    guard essence == "multipart/form-data" else { throw FormError(.invalidContentType) }
    guard let boundary = type["boundary"] else { throw FormError(.missingBoundary) }
    let form = try MultipartFormData(parsing: body, boundary: boundary, limits: limits.multipart)
    for part in form.parts { add(part) }
  }

  private mutating func add(_ part: MultipartFormData.Part) {
    guard let filename = part.filename else {
      arguments.append(QueryArgument(name: Array(part.name.utf8), value: Array(part.body)))
      return
    }
    files.append(
      HTTPFile(
        fieldName: part.name, filename: filename, contentType: part.contentType ?? "application/unknown",
        body: part.body))
  }
}
