// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Gale
import GaleAuth
import GalePython

/// Figures about the running process, for the index page, and who is looking at it.
final class StatusHandler: RequestHandler {
  private static let mounts: [JSONValue] = [
    ["path": "/", "kind": "native", "title": "Gale", "detail": "Swift handlers on the event loop"],
    ["path": "/chat/", "kind": "native", "title": "Chat", "detail": "WebSockets, on the event loop"],
    [
      "path": "/members", "kind": "native, login", "title": "Members",
      "detail": "A page for signed-in users",
    ],
    [
      "path": "/flask/", "kind": "WSGI", "title": "Photo wall",
      "detail": "A Flask app, on threads of its own",
    ],
    [
      "path": "/flask-members/", "kind": "WSGI, login", "title": "Photo wall for members",
      "detail": "The same Flask app behind a wall, unchanged; photographers may add to it",
    ],
    [
      "path": "/django/", "kind": "WSGI", "title": "Library",
      "detail": "A Django project with its admin, on SQLite",
    ],
    [
      "path": "/fastapi/", "kind": "ASGI", "title": "Weather station",
      "detail": "A FastAPI app: coroutines between the native handlers, on their thread",
    ],
    ["path": "/starlette/", "kind": "ASGI", "title": "Clock", "detail": "A WebSocket of Starlette's"],
    [
      "path": "/django-asgi/", "kind": "ASGI", "title": "Library, asynchronous",
      "detail": "The same Django project by its other entrance",
    ],
    [
      "path": "/guests/", "kind": "asyncio, Twisted", "title": "Guests",
      "detail": "aiohttp, websockets, psycopg, a web server and an SSH server of Twisted's",
    ],
  ]

  override func get() async throws {
    let context = request.connection.context
    let uptime = Double(System.monotonicNanoseconds - Demo.started) / 1e9
    try setHeader("Cache-Control", "no-store")
    write([
      "version": .string(galeVersion), "uptime_seconds": .double(uptime),
      "requests": .int(context.requestCount),
      "connections": .int(context.connectionCount), "rss_bytes": .int(System.residentByteCount),
      "python": .string(Interpreter.version), "mounts": .array(Self.mounts),
      "lanes": [["name": "flask", "threads": 4], ["name": "django", "threads": 4]],
      "user": loginUser.map { .string($0.displayName) } ?? .null,
    ])
  }
}

/// A body that comes in pieces, each as soon as it is written.
final class StreamHandler: RequestHandler {
  override func get() async throws {
    try setHeader("Content-Type", "text/plain; charset=UTF-8")
    for line in 1...10 {
      write("line \(line) of 10, written while other requests are served\n")
      try await flush()
      try await loop.sleep(for: .milliseconds(150))
    }
  }
}

/// What the provider says of the user: only those who have signed in come here.
final class MembersHandler: RequestHandler {
  override func get() async throws {
    let user = try requireLogin()
    try setHeader("Cache-Control", "no-store")
    try render(
      "members.html",
      ["user": try TemplateValue(encoding: user), "name": TemplateValue.string(user.displayName)])
  }
}
