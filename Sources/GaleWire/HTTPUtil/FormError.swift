// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore

/// Why a form was refused, with status 400: Tornado's `HTTPInputError`.
public struct FormError: Error, Hashable, CustomStringConvertible {
  /// A kind of mistake.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    /// What to tell a person.
    public let description: String

    /// More arguments than ``FormBody/Limits/argumentCount``.
    public static let tooManyArguments = Code(description: "too many arguments")
    /// A form with a `Content-Encoding`.
    public static let unsupportedContentEncoding = Code(description: "unsupported Content-Encoding")
    /// A multipart form where ``FormBody/Limits/isMultipartEnabled`` is off.
    public static let multipartDisabled = Code(description: "multipart/form-data is disabled")
    /// A content type that only begins like `multipart/form-data`.
    public static let invalidContentType = Code(description: "invalid content type")
    /// No `boundary` parameter, or an empty one.
    public static let missingBoundary = Code(description: "multipart boundary not found")
    /// A boundary of more than 70 characters or with others than RFC 2046 allows.
    public static let invalidBoundary = Code(description: "invalid multipart boundary")
    /// The body ends before `--boundary--`.
    public static let missingFinalBoundary = Code(description: "no final boundary found")
    /// More parts than ``MultipartFormData/Limits/partCount``.
    public static let tooManyParts = Code(description: "too many parts")
    /// A part's header of more than ``MultipartFormData/Limits/partHeaderByteCount``.
    public static let partHeaderTooLarge = Code(description: "part header too large")
    /// A line in a part's header that is none, or that is not UTF-8.
    public static let invalidPartHeader = Code(description: "invalid part header")
    /// A part without `Content-Disposition: form-data`, or with two of them.
    public static let invalidDisposition = Code(description: "part is not form-data")
    /// A part without a name.
    public static let missingName = Code(description: "part without a name")
  }

  /// The kind of mistake.
  public let code: Code

  /// The value at fault where there is a short one, such as the limit.
  public let detail: String?

  init(_ code: Code, _ detail: String? = nil) {
    self.code = code
    self.detail = detail
  }

  /// What to tell a person.
  public var description: String {
    detail.map { "invalid form: \(code) (\($0))" } ?? "invalid form: \(code)"
  }
}
