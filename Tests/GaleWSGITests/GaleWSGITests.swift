// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import Foundation
import GaleHTTP
import GaleLoop
import GalePython
import GaleTesting
import GaleWeb
import Logging
import Synchronization
import Testing

@testable import GaleWSGI

/// Everything in this target: one interpreter serves all, so the tests run one after another.
@Suite("WSGI", .serialized)
struct GaleWSGITests {}

/// The lanes, which all have to behave alike.
enum TestLane: String, CaseIterable, Sendable, CustomTestStringConvertible {
  case inline, threads
  /// One, so that what an application keeps is all in one place.
  case interpreters

  static let allCases: [TestLane] =
    SubInterpreter.areSupported ? [.inline, .threads, .interpreters] : [.inline, .threads]

  var lane: WSGILane {
    switch self {
    case .inline: .inline
    case .threads: .threads(4)
    case .interpreters: .interpreters(1)
    }
  }

  /// A container with an application in this lane.
  func container(_ reference: String) throws -> WSGIContainer {
    _ = try TestServer.interpreter()
    return try WSGIContainer(importing: PythonLocator(reference), lane: lane)
  }

  var testDescription: String { rawValue }
}

/// Records of the log, kept instead of printed.
enum TestLog {
  private static let records = Mutex<[String]>([])

  static let bootstrapped: Void = TestLogging.bootstrap { Handler(label: $0) }

  static func take() -> String {
    records.withLock { records in
      defer { records = [] }
      return records.joined(separator: "\n")
    }
  }

  /// Waits until the log has `text`, for ten seconds at most.
  ///
  /// - Returns: The records since the last look, or `nil` when it did not come.
  static func wait(for text: String) -> String? {
    var seen = ""
    for _ in 0..<500 {
      let new = take()
      if !new.isEmpty { seen += (seen.isEmpty ? "" : "\n") + new }
      if seen.contains(text) { return seen }
      usleep(20_000)
    }
    return nil
  }

  private struct Handler: LogHandler {
    let label: String
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }
    func log(event: LogEvent) {
      records.withLock { $0.append("\(label) \(event.level): \(event.message)") }
    }
  }
}

/// The interpreter of the test process, and servers that run for as long as it does.
enum TestServer {
  static let apps = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("interop/apps").path

  private static let started = Result { () throws(InterpreterError) in
    TestLog.bootstrapped
    var configuration = InterpreterConfiguration()
    configuration.virtualEnvironment = .none
    configuration.pathAdditions = [apps]
    return try Interpreter.start(configuration)
  }

  private static let ports = Mutex<[String: UInt16]>([:])

  static func interpreter() throws -> Interpreter { try started.get() }

  /// The value of an expression, in a namespace that has `torture`.
  static func evaluate(_ expression: String) throws -> String {
    try interpreter().attach { python in
      let globals = try python.dictionary()
      for name in ["torture"] {
        try globals.set(python, try python.interned(name), to: try python.importModule(name))
      }
      let eval = try python.importModule("builtins").attribute(python, "eval")
      return try eval.call(python, try python.string(expression), globals).description(python)
    }
  }

  /// The port of a server for `module:name`, mounted at `mount` if that is given.
  static func port(_ reference: String, _ lane: TestLane, mount: String? = nil, queueLimit: Int? = nil) throws
    -> UInt16
  {
    let key = "\(reference) \(lane) \(mount ?? "") \(queueLimit ?? 0)"
    if let port = ports.withLock({ $0[key] }) { return port }
    _ = try interpreter()
    let wanted = queueLimit.map { WSGILane.threads(1, queueLimit: $0) } ?? lane.lane
    let container = try WSGIContainer(importing: PythonLocator(reference), lane: wanted)
    let delegate: any HTTPServerConnectionDelegate =
      try mount.map { try Application([URLSpec.mount($0, container)]) } ?? container
    let port = try serve(delegate)
    ports.withLock { $0[key] = port }
    return port
  }

  /// The port of a new server for `torture:app` with middleware around it.
  static func port(_ lane: TestLane, middleware: any Middleware) throws -> UInt16 {
    let mounted = URLSpec.mount("/app", try lane.container("torture:app"))
    return try serve(Application([mounted], middleware: [middleware]))
  }

  /// The port of a new server that has `torture:app` twice, at `/a` and `/b`, each in a container of its own.
  static func portOfTwo(_ lane: TestLane) throws -> UInt16 {
    try serve(
      Application(try ["/a", "/b"].map { URLSpec.mount($0, try lane.container("torture:app")) }))
  }

  /// A new server for `torture:app`, and its container.
  static func limited(
    _ lane: WSGILane = .threads(1), timeout: Duration?, grace: Duration = .milliseconds(100),
    page: ScorePage? = nil
  ) throws -> (port: UInt16, container: WSGIContainer) {
    _ = try interpreter()
    let container = try WSGIContainer(
      importing: PythonLocator("torture:app"), lane: lane, multiprocess: true, requestTimeout: timeout,
      interruptGrace: grace, underscores: .drop, page: page
    ) { _, _ in }
    return (try serve(container), container)
  }

  /// The port of a new server for `torture:app` on one thread with a time limit.
  static func port(timeout: Duration) throws -> UInt16 { try limited(timeout: timeout).port }

  /// The port of a new server.
  static func serve(_ delegate: any HTTPServerConnectionDelegate) throws -> UInt16 {
    let ready = Monitor<Result<UInt16, any Error>?>(nil)
    startThread {
      let loop = IOLoop.current
      let server = HTTPServer(delegate, on: loop)
      let result = Result<UInt16, any Error> {
        try server.listen(port: 0, address: "127.0.0.1")
        return server.addresses.first?.port ?? 0
      }
      ready.withLock { $0 = result }
      ready.broadcast()
      loop.start()
    }
    return try ready.waitUntil { $0 }.get()
  }
}

#endif
