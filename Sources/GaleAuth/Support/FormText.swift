// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Auth

import GaleCore

/// Names and values of a query or a form.
typealias FormFields = [(name: String, value: String)]

enum FormText {
  /// `a=b&c=d`.
  static func encode(_ fields: FormFields) -> String {
    fields.map { "\(urlEscape($0.name))=\(urlEscape($0.value))" }.joined(separator: "&")
  }

  /// A URL with more arguments: Tornado's `url_concat`.
  static func append(_ fields: FormFields, to url: String) -> String {
    guard !fields.isEmpty else { return url }
    let parts = url.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
    let base = parts[0]
    let joint = !base.contains("?") ? "?" : base.hasSuffix("?") || base.hasSuffix("&") ? "" : "&"
    let fragment = parts.count > 1 ? "#\(parts[1])" : ""
    return base + joint + encode(fields) + fragment
  }

  /// The fields of a form; `nil` for what is none.
  static func decode(_ bytes: [UInt8]) -> FormFields? {
    guard let arguments = try? parseQueryString(bytes.span, limit: 200) else { return nil }
    var fields: FormFields = []
    for argument in arguments {
      guard let name = String(validating: argument.name, as: UTF8.self),
        let value = String(validating: argument.value, as: UTF8.self)
      else { return nil }
      fields.append((name, value))
    }
    return fields
  }
}

#endif
