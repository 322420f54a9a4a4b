// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Gale

/// The first one becomes the author; there is no second.
final class CreateAuthorHandler: BlogHandler {
  private static let shortest = 8

  override func prepare() async throws {
    guard try await !store.hasAuthor() else { throw HTTPError(403, "there is an author already") }
  }

  override func get() async throws { try show() }

  override func post() async throws {
    let (email, name) = (try field("email"), try field("name"))
    let password = try field("password", limit: 1024, strip: false)
    guard email.contains("@"), !name.isEmpty, password.count >= Self.shortest else {
      setStatus(422)
      return try show(
        email: email, name: name,
        problem:
          "An author has an e-mail address, a name, and a password of \(Self.shortest) characters or more.")
    }
    let hash = try await door.hash(password)
    guard let author = try await store.addFirstAuthor(email: email, name: name, passwordHash: hash) else {
      throw HTTPError(403, "there is an author already")
    }
    try signIn(author)
    try redirect(to: try nextURL(), status: 303)
  }

  private func show(email: String = "", name: String = "", problem: String? = nil) throws {
    try render(
      "create_author.html", ["email": email, "name": name, "next": try nextURL(), "problem": problem])
  }
}

final class LoginHandler: BlogHandler {
  override func get() async throws {
    guard try await store.hasAuthor() else {
      return try redirect(to: "/auth/create?next=" + urlEscape(try nextURL()))
    }
    try show()
  }

  override func post() async throws {
    let email = try field("email")
    let password = try field("password", limit: 1024, strip: false)
    let author = try await store.author(email: email)
    let isRight = try await door.check(password, of: author, from: request.remoteIP)
    guard isRight, let author else {
      setStatus(403)
      return try show(email: email, problem: "E-mail address and password do not fit together.")
    }
    try signIn(author)
    try redirect(to: try nextURL(), status: 303)
  }

  private func show(email: String = "", problem: String? = nil) throws {
    try render("login.html", ["email": email, "next": try nextURL(), "problem": problem])
  }
}

/// A POST, so that no link or image of another page signs the author out.
final class LogoutHandler: BlogHandler {
  override func post() async throws {
    try signOut()
    try redirect(to: try nextURL(), status: 303)
  }
}
