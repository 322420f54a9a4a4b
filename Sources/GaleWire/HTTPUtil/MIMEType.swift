// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore

/// Media types by file name, like Python's `mimetypes.guess_type`.
public enum MIMEType {
  /// The `Content-Type` of a static file: Tornado's `StaticFileHandler.get_content_type`.
  ///
  /// - Parameter path: A file's name or path; only what stands behind the last slash counts.
  /// - Returns: A type without charset. Of a compressed file it is that of the compression, not of what is in
  ///   it: `application/gzip` for gzip (RFC 6713), otherwise `application/octet-stream`, which also stands for
  ///   whatever is unknown.
  public static func contentType(forPath path: String) -> String {
    let (type, encoding) = guess(path)
    switch encoding {
    case "gzip": return "application/gzip"
    case .some: return unknown
    case nil: return type ?? unknown
    }
  }

  /// The type and the compression that a file's name stands for: `("application/x-tar", "gzip")` for `a.tgz`.
  ///
  /// - Parameter path: A file's name or path; only what stands behind the last slash counts.
  public static func guess(_ path: String) -> (type: String?, encoding: String?) {
    var name =
      path.utf8.split(separator: ASCII.slash, omittingEmptySubsequences: false).last ?? path.utf8[...]
    guard var ending = takeEnding(&name) else { return (nil, nil) }
    if let (inner, encoding) = shortForms[ending] { return (types[inner], encoding) }
    let encoding = encodings[ending]
    if encoding != nil {
      guard let inner = takeEnding(&name) else { return (nil, encoding) }
      ending = inner
    }
    return (types[ending], encoding)
  }

  private static let unknown = "application/octet-stream"

  /// Cuts the ending off, without its dot and in lower case; a name that begins with its last dot has none.
  private static func takeEnding(_ name: inout Substring.UTF8View) -> String? {
    guard let dot = name.lastIndex(of: 0x2E), name[..<dot].contains(where: { $0 != 0x2E }) else { return nil }
    let ending = name[dot...].dropFirst()
    name = name[..<dot]
    // No known ending is longer; do not copy what a peer made long.
    guard ending.count <= 16 else { return nil }
    return String(decoding: ending, as: UTF8.self).lowercased()
  }

  private static let encodings = [
    "gz": "gzip", "z": "compress", "bz2": "bzip2", "xz": "xz", "br": "br", "zst": "zstd",
  ]

  /// Endings that stand for two.
  private static let shortForms: [String: (type: String, encoding: String)] = [
    "svgz": ("svg", "gzip"), "tgz": ("tar", "gzip"), "taz": ("tar", "gzip"), "tz": ("tar", "gzip"),
    "tbz2": ("tar", "bzip2"), "txz": ("tar", "xz"),
  ]

  private static let types: [String: String] = {
    var types: [String: String] = [:]
    for line in MIMETypeTable.lines.split(separator: "\n") {
      let words = line.split(separator: " ")
      for ending in words.dropFirst() { types[String(ending)] = String(words[0]) }
    }
    return types
  }()
}
