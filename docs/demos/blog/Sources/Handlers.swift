// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Gale

/// What all pages have in common: the store, who is signed in, error pages.
class BlogHandler: RequestHandler, UserLoading {
  private static let cookieName = "blog_author"
  private var given: HandlerArguments = [:]

  override func initialize(_ arguments: HandlerArguments) throws { given = arguments }

  var store: Store { get throws { try find("store") } }
  var door: Door { get throws { try find("door") } }

  private func find<Value>(_ name: String) throws -> Value {
    guard let value = given[name] as? Value else { throw HTTPError(500, "no \(name)") }
    return value
  }

  func loadCurrentUser() async throws -> Author? {
    guard let id = try signedCookie(Self.cookieName).flatMap({ Int64($0) }) else { return nil }
    return try await store.author(id: id)
  }

  func signIn(_ author: Author) throws {
    guard let id = author.id else { throw HTTPError(500, "an author without a number") }
    let attributes = CookieAttributes(
      isSecure: request.protocol == "https", isHTTPOnly: true, sameSite: .lax)
    try setSignedCookie(Self.cookieName, String(id), attributes: attributes)
  }

  func signOut() throws { try clearCookie(Self.cookieName) }

  /// What stands in a field of a form: no control characters but line ends, and not too much.
  func field(_ name: String, limit: Int = 200, strip: Bool = true) throws -> String {
    let text = try bodyArgument(name, strip: strip) ?? ""
    guard text.utf8.count <= limit else { throw HTTPError(400, "\(name) is too long") }
    let scalars = text.unicodeScalars.filter { scalar in
      scalar == "\n" || scalar == "\t" || (scalar.value >= 0x20 && scalar.value & 0xFFFE != 0xFFFE)
    }
    return String(String.UnicodeScalarView(scalars))
  }

  override func writeError(_ status: Int, _ error: (any Error)?) throws {
    guard !settings.serveTraceback || error is HTTPError else { return try super.writeError(status, error) }
    do {
      write(try renderString("error.html", ["status": status]))
    } catch {
      logException(error)
      try super.writeError(status, error)
    }
  }
}

final class HomeHandler: BlogHandler {
  override func get() async throws {
    try render("home.html", ["entries": try await store.entries(limit: 5)])
  }
}

final class ArchiveHandler: BlogHandler {
  override func get() async throws {
    try render("archive.html", ["entries": try await store.entries()])
  }
}

final class FeedHandler: BlogHandler {
  override func get() async throws {
    try setHeader("Content-Type", "application/atom+xml; charset=UTF-8")
    let entries = try await store.entries(limit: 10)
    try render(
      "feed.xml",
      ["entries": entries, "base": "\(request.protocol)://\(request.host)", "epoch": Entry.timestamp(0)])
  }
}

final class EntryHandler: BlogHandler {
  override func get() async throws {
    guard let slug = try pathArgument(0), let entry = try await store.entry(slug: slug) else {
      throw HTTPError(404)
    }
    try render("entry.html", ["entry": entry])
  }
}

final class ComposeHandler: BlogHandler {
  override func prepare() async throws { try requireUser() }

  override func get() async throws {
    guard let number = try queryArgument("id") else { return try show() }
    guard let id = Int64(number), let entry = try await store.entry(id: id) else { throw HTTPError(404) }
    try show(id: number, title: entry.title, text: entry.text)
  }

  override func post() async throws {
    let (id, title) = (try field("id"), try field("title"))
    let text = try field("text", limit: 1 << 20, strip: false)
    guard !title.isEmpty, !text.allSatisfy(\.isWhitespace) else {
      setStatus(422)
      return try show(id: id, title: title, text: text, problem: "An entry needs a title and a text.")
    }
    guard let author = try user?.id else { throw HTTPError(403) }
    if id.isEmpty {
      try redirect(to: "/entry/" + (try await store.addEntry(by: author, title: title, text: text)).slug)
    } else {
      guard let number = Int64(id),
        let entry = try await store.changeEntry(id: number, title: title, text: text)
      else { throw HTTPError(404) }
      try redirect(to: "/entry/" + entry.slug)
    }
  }

  private func show(id: String = "", title: String = "", text: String = "", problem: String? = nil) throws {
    try render("compose.html", ["id": id, "title": title, "text": text, "problem": problem])
  }
}

/// Any other path.
final class NotFoundHandler: BlogHandler {
  override func prepare() async throws { throw HTTPError(404) }

  override func checkXSRFCookie() throws {}
}
