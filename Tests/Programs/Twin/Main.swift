// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

// The Swift twin: the application of interop/twins/twin.py, written with Gale.
//   twin PORT STATIC TRANSLATIONS

import Gale

class Base: RequestHandler {
  override func checkXSRFCookie() throws {}

  func reply(_ value: JSONValue) throws {
    try setHeader("Content-Type", "application/json; charset=UTF-8")
    write(jsonEncode(value))
  }

  func list(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }
}

final class Hello: Base {
  override func get() async throws { write("Hello, world") }
}

final class Args: Base {
  override func get() async throws {
    try reply([
      "all": list(try arguments("a")), "body": list(try bodyArguments("a")),
      "last": .string(try argument("a", default: "none")), "names": list(try argumentNames().sorted()),
      "query": list(try queryArguments("a")), "raw": list(try arguments("a", strip: false)),
      "required": .string(try argument("r", default: "none")),
    ])
  }
  override func post() async throws { try await get() }
  override func put() async throws { try await get() }
  override func patch() async throws { try await get() }
  override func delete() async throws { try await get() }
}

final class Required: Base {
  override func get() async throws { write(try argument("r")) }
}

final class Files: Base {
  override func post() async throws {
    let all = files.enumerated().sorted {
      ($0.element.fieldName, $0.offset) < ($1.element.fieldName, $1.offset)
    }
    try reply(
      .array(
        all.map { _, file in
          let body = String(String.UnicodeScalarView(file.body.map { Unicode.Scalar($0) }))
          return list([file.filename, file.contentType, body, file.fieldName])
        }))
  }
}

final class Path: Base {
  override func get() async throws {
    try reply(.array(try pathArguments().map { $0.map { .string($0) } ?? .null }))
  }
}

final class Status: Base {
  override func get() async throws {
    let status = try pathArgument(0).flatMap { Int($0) } ?? 500
    setStatus(status, reason: try queryArgument("reason"))
    if status != 204, status != 304 { write("status") }
  }
}

final class Headers: Base {
  override func get() async throws {
    try setHeader("X-One", try argument("v", default: "1"))
    try addHeader("X-Two", "a")
    try addHeader("X-Two", "b")
    try setHeader("X-Gone", "x")
    clearHeader("X-Gone")
    try setHeader("Content-Type", "text/plain")
    write("headers")
  }
}

final class SetCookies: Base {
  override func get() async throws {
    try setCookie("plain", try argument("v", default: "1"))
    try setCookie(
      SetCookie(
        "full", "a;b", domain: "x.example", path: "/p", expires: HTTPDate(unixSeconds: 1_767_225_600),
        maxAge: 5, isSecure: true, isHTTPOnly: true, sameSite: .lax))
    try setCookie("plain", try argument("v", default: "2"))
  }
}

final class GetCookies: Base {
  override func get() async throws {
    try reply(["a": text("a"), "b": text("b"), "c": text("c")])
  }
  private func text(_ name: String) -> JSONValue { cookie(name).map { .string($0) } ?? .null }
}

final class SetSigned: Base {
  override func get() async throws {
    let version =
      Int(try argument("version", default: "2")).flatMap { SignedValue.Version(rawValue: $0) } ?? .v2
    try setSignedCookie("s", try argument("v", default: "value"), expiresIn: nil, version: version)
  }
}

final class GetSigned: Base {
  override func get() async throws {
    try reply([
      "key": try signedCookieKeyVersion("s").map { .int($0) } ?? .null,
      "value": try signedCookie("s").map { .string($0) } ?? .null,
    ])
  }
}

final class XSRF: RequestHandler {
  override func get() async throws { write(try xsrfFormHTML()) }
  override func post() async throws { write("posted") }
  override func put() async throws { write("posted") }
  override func delete() async throws { write("posted") }
  override func patch() async throws { write("posted") }
}

final class User: Base {
  override func getCurrentUser() throws -> (any Sendable)? { cookie("user") }
  override func get() async throws { write("\(try requireUser())") }
  override func head() async throws { try await get() }
  override func post() async throws { try await get() }
}

final class AddSlash: Base {
  override func get() async throws {
    try addSlash()
    write("slash")
  }
  override func head() async throws { try await get() }
  override func post() async throws { try await get() }
}

final class RemoveSlash: Base {
  override func get() async throws {
    try removeSlash()
    write("no slash")
  }
  override func head() async throws { try await get() }
  override func post() async throws { try await get() }
}

final class Redirect: Base {
  override func get() async throws {
    try redirect(
      to: try argument("to"), permanent: try argument("permanent", default: "") == "1",
      status: try queryArgument("status").flatMap { Int($0) })
  }
}

final class Fail: Base {
  override func get() async throws {
    throw HTTPError(Int(try argument("status")) ?? 500, "not <for> you", reason: try queryArgument("reason"))
  }
}

struct Broken: Error {}

final class Crash: Base {
  override func get() async throws {
    write("lost")
    throw Broken()
  }
}

final class Done: Base {
  override func get() async throws {
    setStatus(202)
    write("so far")
    throw Finish(" and the end")
  }
}

final class Prepared: Base {
  override func prepare() async throws { try finish("prepared") }
  override func get() async throws { write("never") }
}

final class JSON: Base {
  override func get() async throws {
    write(["text": "</script>é", "list": [1, 2.5, nil, true], "nested": ["a": "b"]])
  }
}

final class Stream: Base {
  override func get() async throws {
    for piece in ["one ", "two ", "three"] {
      write(piece)
      try await flush()
    }
  }
}

final class Text: Base {
  override func get() async throws {
    try setHeader("Content-Type", try argument("type", default: "text/plain"))
    if let vary = try queryArgument("vary") { try setHeader("Vary", vary) }
    if let encoding = try queryArgument("encoding") { try setHeader("Content-Encoding", encoding) }
    write(String(repeating: "x", count: try pathArgument(0).flatMap { Int($0) } ?? 0))
  }
  override func head() async throws { try await get() }
}

final class ETag: Base {
  private var tag: String?
  override func computeETag() -> ComputedETag { tag.map { .tag($0) } ?? .none }
  override func get() async throws {
    tag = try queryArgument("tag")
    write("tagged")
  }
}

final class StaticURL: Base {
  override func get() async throws {
    write(try staticURL(try argument("path"), includeHost: try argument("host", default: "") == "1"))
  }
}

final class Locale: Base {
  override func get() async throws {
    let locale = try locale
    try reply([
      .string(locale.code), .string(locale.name), .bool(locale.isRightToLeft),
      .string(locale.translate("January")),
      .string(locale.translate("school")), .string(locale.list(["A", "B", "C"])),
      .string(locale.friendlyNumber(1_234_567)),
      .string(locale.translate("1 minute ago", plural: "%(minutes)d minutes ago", count: 5)),
    ])
  }
}

final class Linkify: Base {
  override func get() async throws {
    write(linkify(try argument("text"), shorten: try argument("shorten", default: "") == "1"))
  }
}

final class Remote: Base {
  override func get() async throws {
    try reply(list([request.remoteIP, request.protocol, request.host, request.fullURL]))
  }
}

final class Reverse: Base {
  override func get() async throws { write(try reverseURL("path", "a b", "c/d")) }
}

final class Methods: Base {
  override class var extraMethods: [String] { ["PROPFIND"] }
  override func get() async throws { write(request.method) }
  override func post() async throws { write(request.method) }
  override func put() async throws { write(request.method) }
  override func patch() async throws { write(request.method) }
  override func delete() async throws { write(request.method) }
  override func options() async throws { write(request.method) }
  override func other(method: String) async throws { write(method) }
}

final class Body: Base {
  override func post() async throws {
    let text = String(String.UnicodeScalarView(request.body.map { Unicode.Scalar($0) }))
    try reply([.int(request.body.count), .string(text)])
  }
}

@main
struct Twin {
  static func main() throws {
    let arguments = CommandLine.arguments
    guard arguments.count == 4, let port = UInt16(arguments[1]) else {
      return print("usage: twin PORT STATIC TRANSLATIONS")
    }
    try WebLocale.loadTranslations(directory: arguments[3])
    var settings = Application.Settings()
    settings.cookieSecret = "twin secret"
    settings.xsrfCookies = true
    settings.loginURL = "/login"
    settings.staticPath = arguments[2]
    settings.compressesResponse = true
    let application = try Application(
      [
        URLSpec("/hello", Hello.self), URLSpec("/args", Args.self), URLSpec("/required", Required.self),
        URLSpec("/files", Files.self), URLSpec("/path/([^/]*)/(.*)", Path.self, name: "path"),
        URLSpec("/status/([0-9]+)", Status.self), URLSpec("/headers", Headers.self),
        URLSpec("/cookies/set", SetCookies.self), URLSpec("/cookies/get", GetCookies.self),
        URLSpec("/signed/set", SetSigned.self), URLSpec("/signed/get", GetSigned.self),
        URLSpec("/xsrf", XSRF.self), URLSpec("/user", User.self), URLSpec("/slash/add.*", AddSlash.self),
        URLSpec("/slash/remove.*", RemoveSlash.self), URLSpec("/redirect", Redirect.self),
        URLSpec("/fail", Fail.self), URLSpec("/crash", Crash.self), URLSpec("/done", Done.self),
        URLSpec("/prepared", Prepared.self), URLSpec("/json", JSON.self), URLSpec("/stream", Stream.self),
        URLSpec("/text/([0-9]+)", Text.self), URLSpec("/etag", ETag.self),
        URLSpec("/static_url", StaticURL.self), URLSpec("/locale", Locale.self),
        URLSpec("/linkify", Linkify.self), URLSpec("/remote", Remote.self), URLSpec("/reverse", Reverse.self),
        URLSpec("/methods", Methods.self), URLSpec("/body", Body.self),
        URLSpec("/old/(.*)", RedirectHandler.self, ["url": "/new/{0}"]),
        URLSpec("/gone", ErrorHandler.self, ["status": 410]),
      ], settings: settings)
    var configuration = HTTPServerConfiguration()
    configuration.trustedProxies = try TrustedProxies("127.0.0.1")
    configuration.decompressesRequests = true
    configuration.limits.body = 100_000
    try application.listen(port: port, address: "127.0.0.1", configuration: configuration)
    IOLoop.current.start()
  }
}
