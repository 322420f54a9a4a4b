// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Gale
import Logging

let log = Logger(label: "gale.fileupload")

struct Receive: ParsableCommand {
  static let configuration = CommandConfiguration(abstract: "Runs the server, until Ctrl-C.")

  @Option(help: "Where to listen; 0 for any free port.")
  var port: UInt16 = 8888

  @Option(help: "The address to listen on.")
  var address = "127.0.0.1"

  @Option(help: "Where the files go.")
  var directory = "uploads"

  @Option(help: "The most bytes of a file that is PUT, which goes to the disk as it comes.")
  var limit = 4 << 30

  @Option(help: "The most bytes of a form, which is held in memory.")
  var formLimit = 100 << 20

  func run() throws {
    LoggingSystem.bootstrap { PrettyLogHandler(label: $0) }
    let arguments: HandlerArguments = ["folder": try Folder(directory), "limit": limit]
    var settings = Application.Settings()
    settings.maxFormSize = formLimit
    let application = try Application(
      [URLSpec("/post", PostHandler.self, arguments), URLSpec("/(.*)", PutHandler.self, arguments)],
      settings: settings)
    var configuration = HTTPServerConfiguration()
    configuration.limits.body = max(configuration.limits.body, formLimit)
    let loop = IOLoop.current
    let server = try application.listen(port: port, address: address, configuration: configuration)
    for address in server.addresses { log.info("listening on \(address)") }
    for signal in [2, 15] as [Int32] { try loop.addSignalHandler(signal) { loop.stop() } }
    loop.start()
  }
}

/// Takes a form with files in fields `files`, as browsers and `curl -F` send it.
final class PostHandler: RequestHandler {
  private var folder: Folder?

  override func initialize(_ arguments: HandlerArguments) throws { folder = arguments["folder"] as? Folder }

  override func post() async throws {
    let files = files("files")
    guard let folder, !files.isEmpty else { throw HTTPError(400, "no files") }
    let names = try files.map { file in
      guard let name = Folder.name(file.filename) else { throw HTTPError(400, "no name for a file") }
      return name
    }
    for (name, file) in zip(names, files) {
      let upload = try await loop.runInExecutor { try folder.begin(name) }
      try await loop.runInExecutor {
        try upload.write(Array(file.body))
        try upload.finish()
      }
      log.info("POST \"\(name)\" \"\(file.contentType)\" \(file.body.count) bytes")
      write("\(name) \(file.body.count)\n")
    }
  }
}

/// Takes a file of any size as the body of a request, piece by piece.
final class PutHandler: RequestHandler {
  private var folder: Folder?
  private var limit = 0
  private var name = ""
  private var upload: Upload?
  private var count = 0

  override class var streamsRequestBody: Bool { true }

  override func initialize(_ arguments: HandlerArguments) throws {
    folder = arguments["folder"] as? Folder
    limit = arguments["limit"] as? Int ?? 0
  }

  override func prepare() async throws {
    guard request.method == "PUT" else { throw HTTPError(405) }
    guard let folder, let name = Folder.name(try pathArgument(0) ?? "") else {
      throw HTTPError(400, "no name for a file")
    }
    request.maxBodySize = limit
    self.name = name
    upload = try await loop.runInExecutor { try folder.begin(name) }
  }

  override func dataReceived(_ chunk: [UInt8]) async throws {
    guard let upload else { return }
    count += chunk.count
    // The client is held back until the disk has it.
    try await loop.runInExecutor { try upload.write(chunk) }
  }

  override func put() async throws {
    guard let upload else { throw HTTPError(400) }
    try await loop.runInExecutor { try upload.finish() }
    log.info("PUT \"\(name)\" \"\(request.headers["Content-Type"] ?? "")\" \(count) bytes")
    setStatus(201)
    write("\(name) \(count)\n")
  }

  /// What there is of a file that did not become complete is removed.
  override func onFinish() { upload = nil }
}
