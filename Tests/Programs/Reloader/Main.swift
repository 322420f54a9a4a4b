// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Gale
import Glibc
import Synchronization

/// A server that is replaced when it changes; `AutoreloadTests` drives it.
///
/// `reloader PORT DIRECTORY COMMAND…`: the directory has a file `version`, which is read once, a directory `pages` and
/// a file `watched`; the command builds.
@main
enum Reloader {
  static func main() throws {
    let arguments = CommandLine.arguments
    let directory = arguments[2]
    let state = State(version: readVersion(directory))
    Autoreload.onChange(in: "\(directory)/pages") { paths in state.changes.withLock { $0 += paths.count } }
    Autoreload.watch("\(directory)/watched")
    Autoreload.onReload { say("closing \(state.version)") }
    Autoreload.start(buildCommand: Array(arguments.dropFirst(3)))
    let application = try Application([URLSpec("/", Page.self, ["state": state])])
    try application.listen(port: UInt16(arguments[1]) ?? 0, address: "127.0.0.1")
    say("serving \(state.version)")
    IOLoop.current.start()
  }

  private static func say(_ text: String) {
    let line = Array("\(text)\n".utf8)
    // SAFETY: the array lends its bytes for the call.
    _ = unsafe line.withUnsafeBytes { unsafe write(STDOUT_FILENO, $0.baseAddress, $0.count) }
  }

  private static func readVersion(_ directory: String) -> String {
    var byte = UInt8(ascii: "?")
    let file = unsafe open("\(directory)/version", O_RDONLY)
    defer { close(file) }
    // SAFETY: the byte is lent for the call.
    _ = unsafe withUnsafeMutableBytes(of: &byte) { unsafe read(file, $0.baseAddress, 1) }
    return String(Unicode.Scalar(byte))
  }
}

/// What one run of the program knows.
private final class State: Sendable {
  let version: String
  let changes = Mutex(0)
  init(version: String) { self.version = version }
}

/// Says which run of the program it is in.
private final class Page: RequestHandler {
  private var state: State?

  override func initialize(_ arguments: HandlerArguments) throws { state = arguments["state"] as? State }

  override func get() async throws {
    write("\(state?.version ?? "?") \(getpid()) \(state?.changes.withLock { $0 } ?? 0)")
  }
}
