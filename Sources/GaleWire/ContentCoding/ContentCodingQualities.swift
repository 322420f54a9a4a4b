// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// What an `Accept-Encoding` field says (RFC 9110, section 12.5.3).
package struct ContentCodingQualities {
  private var qualities: [String: Double] = [:]

  /// Reads the field's value.
  package init(_ field: String) {
    for part in field.split(separator: ",") {
      let pieces = part.split(separator: ";").map { $0.lowercased().filter { $0 != " " && $0 != "\t" } }
      guard let name = pieces.first else { continue }
      let quality = pieces.dropFirst().first { $0.hasPrefix("q=") }.map { Double($0.dropFirst(2)) ?? 0 } ?? 1
      qualities[name == "x-gzip" ? "gzip" : name] = quality
    }
  }

  /// How much a coding is liked, from 0 to 1.
  package func quality(of coding: String) -> Double { qualities[coding] ?? qualities["*"] ?? 0 }

  /// How much no coding at all is liked, as far as that is said.
  package var identity: Double { qualities["identity"] ?? 0 }
}
