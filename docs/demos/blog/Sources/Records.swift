// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
import Gale

/// Who writes the blog.
struct Author: Codable, Sendable, FetchableRecord, MutablePersistableRecord {
  var id: Int64?
  var email: String
  var name: String
  var passwordHash: String

  mutating func didInsert(_ inserted: InsertionSuccess) { id = inserted.rowID }
}

extension Author: TemplateObject {
  func templateAttribute(_ name: String) -> TemplateValue? {
    switch name {
    case "name": .string(self.name)
    default: nil
    }
  }
}

/// What is written in it.
struct Entry: Codable, Sendable, FetchableRecord, MutablePersistableRecord {
  var id: Int64?
  var authorID: Int64
  var slug: String
  var title: String
  var text: String
  /// Seconds since 1970, as all times here.
  var published: Int
  var updated: Int

  mutating func didInsert(_ inserted: InsertionSuccess) { id = inserted.rowID }

  /// The text with its paragraphs, everything escaped, and URLs as links.
  var html: String {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let paragraphs = lines.split { $0.allSatisfy(\.isWhitespace) }
    return paragraphs.map { lines in
      "<p>" + linkify(lines.joined(separator: "\n"), extraParameters: #"rel="nofollow""#) + "</p>"
    }.joined(separator: "\n")
  }

  /// What the entry's address ends with: the letters and digits of its title, as far as ASCII has them.
  static func slug(of title: String) -> String {
    let words = title.decomposedStringWithCompatibilityMapping.lowercased().unicodeScalars.split { scalar in
      scalar.isASCII && !scalar.properties.isAlphabetic && scalar.properties.numericType == nil
    }
    let plain = words.map { word in String(String.UnicodeScalarView(word.filter(\.isASCII))) }
    let slug = plain.filter { !$0.isEmpty }.joined(separator: "-")
    return slug.isEmpty ? "entry" : String(slug.prefix(80))
  }
}

extension Entry: TemplateObject {
  func templateAttribute(_ name: String) -> TemplateValue? {
    switch name {
    case "id": .int(Int(id ?? 0))
    case "slug": .string(slug)
    case "title": .string(title)
    case "text": .string(text)
    case "html": .string(html)
    case "published": .int(published)
    case "published_iso": .string(Entry.timestamp(published))
    case "updated": .int(updated)
    case "updated_iso": .string(Entry.timestamp(updated))
    default: nil
    }
  }

  /// A time as Atom writes it (RFC 3339).
  static func timestamp(_ seconds: Int) -> String {
    Date(timeIntervalSince1970: TimeInterval(seconds)).ISO8601Format()
  }
}
