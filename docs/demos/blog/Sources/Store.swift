// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB

/// The blog's data in SQLite.
///
/// GRDB runs queries on threads of its own, so that the event loop goes on meanwhile; who awaits one resumes on the loop.
struct Store: Sendable {
  private let pool: DatabasePool

  /// Opens the database, and makes the tables that are missing.
  init(path: String) throws {
    pool = try DatabasePool(path: path)
    var migrator = DatabaseMigrator()
    migrator.registerMigration("first") { database in
      try database.create(table: "author") { table in
        table.autoIncrementedPrimaryKey("id")
        table.column("email", .text).notNull().unique().collate(.nocase)
        table.column("name", .text).notNull()
        table.column("passwordHash", .text).notNull()
      }
      try database.create(table: "entry") { table in
        table.autoIncrementedPrimaryKey("id")
        table.column("authorID", .integer).notNull().references("author")
        table.column("slug", .text).notNull().unique()
        table.column("title", .text).notNull()
        table.column("text", .text).notNull()
        table.column("published", .integer).notNull().indexed()
        table.column("updated", .integer).notNull()
      }
      try database.create(table: "secret") { table in table.column("value", .text).notNull() }
    }
    try migrator.migrate(pool)
  }

  /// What cookies are signed with: made once and kept, so that users stay signed in when the program is restarted.
  ///
  /// Blocks: for the time before the loop runs.
  func cookieSecret() throws -> String {
    try pool.write { database in
      if let known = try String.fetchOne(database, sql: "SELECT value FROM secret") { return known }
      let made = randomBytes(32).base64EncodedString()
      try database.execute(sql: "INSERT INTO secret (value) VALUES (?)", arguments: [made])
      return made
    }
  }

  // MARK: - Authors

  func hasAuthor() async throws -> Bool {
    try await pool.read { try Author.fetchCount($0) > 0 }
  }

  func author(id: Int64) async throws -> Author? {
    try await pool.read { try Author.fetchOne($0, key: id) }
  }

  func author(email: String) async throws -> Author? {
    try await pool.read { try Author.filter(Column("email") == email).fetchOne($0) }
  }

  /// Adds the author, or returns `nil` when there is one already.
  func addFirstAuthor(email: String, name: String, passwordHash: String) async throws -> Author? {
    try await pool.write { database in
      guard try Author.fetchCount(database) == 0 else { return nil }
      var author = Author(email: email, name: name, passwordHash: passwordHash)
      try author.insert(database)
      return author
    }
  }

  // MARK: - Entries

  /// The newest entries, or all of them.
  func entries(limit: Int? = nil) async throws -> [Entry] {
    try await pool.read { database in
      let all = Entry.order(Column("published").desc, Column("id").desc)
      return try (limit.map { all.limit($0) } ?? all).fetchAll(database)
    }
  }

  func entry(slug: String) async throws -> Entry? {
    try await pool.read { try Entry.filter(Column("slug") == slug).fetchOne($0) }
  }

  func entry(id: Int64) async throws -> Entry? {
    try await pool.read { try Entry.fetchOne($0, key: id) }
  }

  /// Adds an entry under a slug of its own.
  func addEntry(by author: Int64, title: String, text: String) async throws -> Entry {
    try await pool.write { database in
      let wanted = Entry.slug(of: title)
      var (slug, number) = (wanted, 2)
      while try Entry.filter(Column("slug") == slug).fetchCount(database) > 0 {
        slug = "\(wanted)-\(number)"
        number += 1
      }
      let now = Int(Date().timeIntervalSince1970)
      var entry = Entry(
        authorID: author, slug: slug, title: title, text: text, published: now, updated: now)
      try entry.insert(database)
      return entry
    }
  }

  /// Changes an entry, which keeps its address; `nil` when there is none.
  func changeEntry(id: Int64, title: String, text: String) async throws -> Entry? {
    try await pool.write { database in
      guard var entry = try Entry.fetchOne(database, key: id) else { return nil }
      entry.title = title
      entry.text = text
      entry.updated = Int(Date().timeIntervalSince1970)
      try entry.update(database)
      return entry
    }
  }
}
