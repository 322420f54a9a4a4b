// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleAsyncio
package import GalePython
import Logging
import Synchronization

/// What the package `gale` of the wheel offers to programs of Python's.
package enum EmbeddedModule {
  private struct Types: Sendable {
    let server: PythonType<EmbeddedServer>
  }

  private static let types = Mutex<Types?>(nil)

  /// Puts event loops into the package `gale`, and what its servers are made of.
  ///
  /// The second time it does nothing.
  package static func install(_ python: borrowing Attached) throws {
    guard types.withLock({ $0 == nil }) else { return }
    PythonLogging.start()
    try AsyncIOLoop.install(python)
    let server = try makeServerType(python)
    // SAFETY: the function takes the payload that the type is declared with.
    let maker = try unsafe PythonType<ServerMaker>(python, name: "gale.ServerMaker", call: make)
    types.withLock { $0 = Types(server: server) }
    let module = try python.importModule("gale")
    try module.setAttribute(python, "_make_server", to: try maker.instance(python, ServerMaker()))
  }

  private static func makeServerType(
    _ python: borrowing Attached
  ) throws(PythonError) -> PythonType<EmbeddedServer> {
    // SAFETY: the functions take the payload that the type is declared with.
    try unsafe PythonType(
      python, name: "gale.ServerCore", doc: "What a server of Gale's stands on.",
      methods: [
        PythonMethod("start", noArguments: start), PythonMethod("stop", noArguments: stop),
        PythonMethod("release", noArguments: release), PythonMethod("run", unary: run),
      ],
      properties: [PythonProperty("addresses", addresses)])
  }

  private final class ServerMaker {}

  /// Takes the application and a `dict` of settings, each a `str` or a `list` of them.
  private static let make: PythonVectorcall = { _, arguments, flags, _ in
    unsafe Callback.object { (python) throws in
      guard Callback.argumentCount(flags) == 2, let first = unsafe arguments?[0],
        let second = unsafe arguments?[1]
      else { throw PythonException(.typeError, "an application and settings are taken") }
      let application = unsafe PythonReference(PythonObject(borrowing: first))
      let settings = try unsafe layer(python, PythonObject(borrowing: second))
      guard let types = types.withLock({ $0 }) else { throw InterpreterError.notRunning }
      do {
        return try types.server.instance(python, try EmbeddedServer(application, settings))
      } catch let error as ServeError {
        throw PythonException(error.code == .setting ? .valueError : .osError, error.message)
      }
    }
  }

  private static func layer(
    _ python: borrowing Attached, _ settings: borrowing PythonObject
  ) throws -> SettingLayer {
    var layer = SettingLayer()
    let origin = SettingOrigin.file("gale.serve()", line: 0)
    try settings.forEach(python) { (name) throws(PythonError) in
      guard let value = try settings.value(python, for: name) else { return }
      let key = try name.string(python)
      if value.isString { return layer.set(key, .word(try value.string(python)), origin) }
      var texts: [String] = []
      try value.forEach(python) { (item) throws(PythonError) in texts.append(try item.string(python)) }
      layer.set(key, .texts(texts), origin)
    }
    return layer
  }

  private static let start: PythonUnaryFunction = { instance, _ in
    unsafe Callback.object { (python) throws in
      try unsafe PythonType<EmbeddedServer>.withPayload(of: instance) { try $0.start(python) }
    }
  }

  private static let stop: PythonUnaryFunction = { instance, _ in
    unsafe Callback.object { (python) throws in
      try unsafe PythonType<EmbeddedServer>.withPayload(of: instance) { try $0.stop(python) }
    }
  }

  private static let release: PythonUnaryFunction = { instance, _ in
    unsafe Callback.none { (python) throws(PythonError) in
      unsafe PythonType<EmbeddedServer>.withPayload(of: instance) { $0.release() }
    }
  }

  private static let run: PythonUnaryFunction = { instance, hasSignals in
    unsafe Callback.none { (python) throws in
      guard let hasSignals = unsafe hasSignals else { return }
      let answer = try unsafe PythonObject(borrowing: hasSignals).isTrue(python)
      try unsafe PythonType<EmbeddedServer>.withPayload(of: instance) { server in
        try server.run(python, hasSignals: answer)
      }
    }
  }

  private static let addresses: PythonGetter = { instance, _ in
    unsafe Callback.object { (python) throws(PythonError) in
      let list = try python.list()
      let addresses = unsafe PythonType<EmbeddedServer>.withPayload(of: instance) { $0.addresses }
      for (host, port) in addresses {
        try list.append(python, try python.tuple(try python.string(host), try python.int(port)))
      }
      return list
    }
  }
}

/// Sends what is logged to Python's `logging`, under the same names: the program decides what becomes of it.
struct PythonLogging: LogHandler {
  let label: String
  var logLevel = Logger.Level.info
  var metadata: Logger.Metadata = [:]

  init(_ label: String) {
    self.label = label
    // Requests have a log of their own, or none.
    if label == "gale.access" { logLevel = .critical }
  }

  /// For a program of Python's; a server that `gale serve` runs has its logs already.
  static func start() { LoggingStart.once { LoggingSystem.bootstrap { PythonLogging($0) } } }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let text = "\(event.message)"
    let level =
      switch event.level {
      case .trace, .debug: 10
      case .info, .notice: 20
      case .warning: 30
      case .error: 40
      case .critical: 50
      }
    do {
      try Interpreter.current?.attach { python in
        let logger = try python.importModule("logging").attribute(python, "getLogger").call(
          python, try python.string(label))
        _ = try logger.callMethod(
          python, try python.interned("log"), try python.int(level), try python.string(text))
      }
    } catch {
      // Nobody is left who could be told.
    }
  }
}
