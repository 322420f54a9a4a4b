// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import GaleCore
import GaleHTTP
import GaleLoop
import GaleServe

/// Which server is meant.
struct ControlOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The server's control socket. (default: that of the only server of this user)", valueName: "path"))
  var control: String?

  @Option(
    name: [.customShort("p"), .long],
    help: ArgumentHelp(
      "The file with the server's process id, if it was started with --pid.", valueName: "file"))
  var pid: String?

  /// Asks the server.
  /// - Throws: ``ServeError`` when there is none, or it refuses.
  func ask(_ method: String, _ path: String, _ body: JSONValue? = nil) throws(ServeError) -> JSONValue {
    try ControlClient(try socketPath).ask(method, path, body)
  }

  /// Where the server is reached.
  var socketPath: String {
    get throws(ServeError) {
      if let control { return control }
      if let pid { return ControlPath.beside(pidFile: pid) }
      let living = ControlPath.known.filter { (try? ControlClient($0).ask("GET", "/status")) != nil }
      if let only = living.first, living.count == 1 { return only }
      guard living.isEmpty else {
        throw ServeError(
          .setting, "several servers run; choose one with --control: \(living.joined(separator: ", "))")
      }
      let place = ControlPath.directory.map { " in \($0)" } ?? ""
      throw ServeError(
        .system, "no server is found\(place); name its socket with --control or its file with --pid")
    }
  }
}

/// Talks to a server over its control socket.
struct ControlClient {
  private let path: String

  init(_ path: String) { self.path = path }

  func ask(_ method: String, _ target: String, _ body: JSONValue? = nil) throws(ServeError) -> JSONValue {
    let response: HTTPResponse
    do {
      response = try fetch(method, target, body)
    } catch let error as HTTPClientError {
      throw ServeError(.system, "nothing answers at \(path): \(error.message)")
    } catch {
      throw ServeError(.system, "nothing answers at \(path): \(error)")
    }
    guard let answer = try? jsonDecode(response.body) else {
      throw ServeError(.system, "\(path) is no control socket of gale")
    }
    if let reason = answer["error"]?.stringValue { throw ServeError(.system, reason) }
    return answer
  }

  private func fetch(_ method: String, _ target: String, _ body: JSONValue?) throws -> HTTPResponse {
    let client = try HTTPClient()
    defer { client.close() }
    var request = HTTPRequest("http://gale\(target)")
    request.method = method
    request.address = SocketAddress(path: path)
    if method == "POST" { request.body = .bytes(Array(jsonEncode(body ?? [:]).utf8)) }
    return try client.fetch(request, raisesErrors: false)
  }
}
