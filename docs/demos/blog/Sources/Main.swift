// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

// A blog, like Tornado's demo:
//   blog [--port 8888] [--database blog.sqlite] [--title "A blog"]
// The first visitor who goes to /auth/create becomes its author.

import ArgumentParser
import Gale
import Logging

@main
struct Blog: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "blog", abstract: "A blog with one author.")

  @Option(help: "Where to listen; 0 for any free port.")
  var port: UInt16 = 8888

  @Option(help: "The address to listen on; 0.0.0.0 for all.")
  var address = "127.0.0.1"

  @Option(help: "The file of the database, which is made when it is missing.")
  var database = "blog.sqlite"

  @Option(help: "What the blog is called.")
  var title = "A blog"

  @Option(help: "The key of signed cookies; one that is kept in the database unless given.")
  var cookieSecret: String?

  @Option(help: "Where the templates and static files are.")
  var files = Blog.directory

  @Flag(help: "Show errors in pages, and read templates again for each request.")
  var debug = false

  func run() throws {
    LoggingSystem.bootstrap { PrettyLogHandler(label: $0) }
    let store = try Store(path: database)
    let arguments: HandlerArguments = ["store": store, "door": Door()]
    var security = SecurityHeaders()
    security.contentSecurityPolicy = .sameOrigin
    security.contentSecurityPolicy?["form-action"] = [.same]
    let application = try Application(
      [
        URLSpec("/", HomeHandler.self, arguments, name: "home"),
        URLSpec("/archive", ArchiveHandler.self, arguments, name: "archive"),
        URLSpec("/feed", FeedHandler.self, arguments, name: "feed"),
        URLSpec("/entry/([^/]+)", EntryHandler.self, arguments, name: "entry"),
        URLSpec("/compose", ComposeHandler.self, arguments, name: "compose"),
        URLSpec("/auth/create", CreateAuthorHandler.self, arguments),
        URLSpec("/auth/login", LoginHandler.self, arguments),
        URLSpec("/auth/logout", LogoutHandler.self, arguments),
      ], middleware: [security], settings: try settings(store, arguments))
    let server = try application.listen(port: port, address: address)
    let host = address.contains(":") ? "[\(address)]" : address
    Logger(label: "gale.blog").info(
      "Open http://\(host):\(server.addresses[0].port)/ (Ctrl-C ends the blog)")
    try Blog.serve(server)
  }

  private func settings(_ store: Store, _ arguments: HandlerArguments) throws -> Application.Settings {
    var settings = Application.Settings()
    settings.templatePath = files + "/templates"
    settings.staticPath = files + "/static"
    settings.uiModules = ["Entry": EntryModule.self]
    settings.xsrfCookies = true
    settings.xsrfCookieAttributes.sameSite = .lax
    settings.cookieSecret = CookieSecret(try cookieSecret ?? store.cookieSecret())
    settings.loginURL = "/auth/login"
    settings.defaultHandler = NotFoundHandler.self
    settings.defaultHandlerArguments = arguments
    settings.compressesResponse = true
    settings.userInfo = ["blog_title": title]
    settings.debug = debug
    return settings
  }

  /// Runs the loop until SIGTERM or SIGINT; what is being answered then is finished.
  private static func serve(_ server: HTTPServer) throws {
    let loop = IOLoop.current
    for signal in [2, 15] as [Int32] {
      try loop.addSignalHandler(signal) {
        loop.spawn {
          await server.shutdown(grace: .seconds(5))
          loop.stop()
        }
      }
    }
    loop.start()
  }

  /// Where the package lies: this file is Sources/Main.swift in it.
  private static var directory: String {
    #filePath.split(separator: "/").dropLast(2).reduce("") { $0 + "/" + $1 }
  }
}
