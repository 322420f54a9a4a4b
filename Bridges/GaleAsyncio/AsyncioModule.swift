// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleLoop
import GalePython

/// What the module `gale` gets from the Python text in this target: one serves the process.
final class AsyncioModule: Sendable {
  let core: PythonType<LoopCore>
  let callback: PythonType<FutureCallback>
  let function: PythonType<AsyncFunction>
  let hostCall: PythonType<HostCall>
  let soonCall: PythonType<SoonCall>
  let parts: LoopParts
  /// `gale.EventLoop`.
  let eventLoop: PythonReference
  private let start: PythonReference
  private let shutDown: PythonReference
  private let abandon: PythonReference
  private let variable: PythonReference
  let startTrio: PythonReference
  let host: PythonReference
  let swiftError: PythonReference
  let stopAsyncIteration: PythonReference
  let cancelledError: PythonReference
  /// `asyncio.Task`, and the names of what it gets besides the coroutine.
  let task: PythonReference
  let taskKeywords: PythonReference
  /// `asyncio.Future`, and the name of what it gets.
  let future: PythonReference
  let futureKeywords: PythonReference
  let setRunningLoop: PythonReference
  /// Names of methods.
  let names: Names

  /// Interned names of what is called often.
  final class Names: Sendable {
    let runBatch, addDoneCallback, cancel, cancelled, createFuture, setResult, setException, done, result,
      exception, debug, taskFactory: PythonReference

    init(_ python: borrowing Attached) throws(PythonError) {
      func name(_ text: String, _ python: borrowing Attached) throws(PythonError) -> PythonReference {
        PythonReference(try python.interned(text))
      }
      runBatch = try name("_run_batch", python)
      addDoneCallback = try name("add_done_callback", python)
      cancel = try name("cancel", python)
      cancelled = try name("cancelled", python)
      createFuture = try name("create_future", python)
      setResult = try name("set_result", python)
      setException = try name("set_exception", python)
      done = try name("done", python)
      result = try name("result", python)
      exception = try name("exception", python)
      debug = try name("_debug", python)
      taskFactory = try name("_task_factory", python)
    }
  }

  private enum Making {
    case nobody, somebody
    case done(AsyncioModule)
  }

  private static let making = Monitor(Making.nobody)

  /// The additions, made at the first use.
  static func get(_ python: borrowing Attached) throws(PythonError) -> AsyncioModule {
    while true {
      // Making them runs Python code, which may let another thread in: that one waits.
      let known = making.withLock { making -> Making in
        defer { if case .nobody = making { making = .somebody } }
        return making
      }
      switch known {
      case .done(let module): return module
      case .nobody: return try make(python)
      case .somebody:
        python.detached {
          making.waitUntil { making -> Void? in if case .somebody = making { nil } else { () } }
        }
      }
    }
  }

  private static func make(_ python: borrowing Attached) throws(PythonError) -> AsyncioModule {
    var outcome = Making.nobody
    defer {
      making.withLock { $0 = outcome }
      making.broadcast()
    }
    let module = try AsyncioModule(python)
    outcome = .done(module)
    return module
  }

  private init(_ python: borrowing Attached) throws(PythonError) {
    core = try LoopCore.makeType(python)
    parts = try LoopParts(python)
    callback = try FutureCallback.makeType(python)
    function = try AsyncFunction.makeType(python)
    hostCall = try HostCall.makeType(python)
    soonCall = try SoonCall.makeType(python)
    names = try Names(python)
    let asyncio = try python.importModule("asyncio")
    let builtins = try python.importModule("builtins")
    task = PythonReference(try asyncio.attribute(python, "Task"))
    taskKeywords = PythonReference(try python.tuple(try python.interned("loop"), try python.interned("name")))
    future = PythonReference(try asyncio.attribute(python, "Future"))
    futureKeywords = PythonReference(
      try python.tuple(count: 1) { _ throws(PythonError) in try python.interned("loop") })
    setRunningLoop = PythonReference(
      try python.importModule("asyncio.events").attribute(python, "_set_running_loop"))
    // What is added here joins what the interpreter put there at its start.
    let module = try python.importModule("gale")
    let space = try module.attribute(python, "__dict__")
    let maker = try unsafe PythonType<CoreMaker>(python, name: "gale.CoreMaker", call: CoreMaker.call)
    try space.set(
      python, try python.interned("_make_core"), to: try maker.instance(python, CoreMaker(core: core)))
    try space.set(
      python, try python.interned("_twisted_text"),
      to: try python.string(String(decoding: PackageResources.gale_twisted_py, as: UTF8.self)))
    for text in [PackageResources.gale_asyncio_py, PackageResources.gale_sockets_py] {
      let code = try builtins.attribute(python, "compile").call(
        python, try python.string(String(decoding: text, as: UTF8.self)), try python.string("<gale>"),
        try python.string("exec"))
      _ = try builtins.attribute(python, "exec").call(python, code, space)
    }
    eventLoop = PythonReference(try module.attribute(python, "EventLoop"))
    start = PythonReference(try module.attribute(python, "_start"))
    shutDown = PythonReference(try module.attribute(python, "_shut_down"))
    abandon = PythonReference(try module.attribute(python, "_abandon"))
    variable = PythonReference(try module.attribute(python, "context_variable"))
    startTrio = PythonReference(try module.attribute(python, "_start_trio"))
    host = PythonReference(try module.attribute(python, "_Host"))
    swiftError = PythonReference(try module.attribute(python, "SwiftError"))
    stopAsyncIteration = PythonReference(try builtins.attribute(python, "StopAsyncIteration"))
    cancelledError = PythonReference(try asyncio.attribute(python, "CancelledError"))
  }

  // MARK: - What it is asked for

  /// A future for `awaitable`, with the task-local values that are carried over.
  func future(
    _ python: borrowing Attached, _ loop: borrowing PythonObject, of awaitable: borrowing PythonObject
  ) throws(PythonError) -> PythonObject {
    let values = try python.list()
    for (name, value) in ContextBridge.current() {
      let pair = try python.tuple(try python.string(name), try python.string(value))
      try values.append(python, pair)
    }
    return try start.object(python).call(python, loop, awaitable, values)
  }

  /// The value of a context variable as it is now, if it is a `str`.
  func value(_ python: borrowing Attached, of name: String) throws(PythonError) -> String? {
    let variable = try variable.object(python).call(python, try python.string(name))
    let value = try variable.callMethod(python, try python.interned("get"))
    return value.isString ? try value.string(python) : nil
  }

  /// What an event loop stands on, if it is one of ours.
  func core(_ python: borrowing Attached, of loop: borrowing PythonObject) throws(PythonError) -> LoopCore? {
    guard try loop.isInstance(python, of: eventLoop.object(python)) else { return nil }
    return core.payload(of: try loop.attribute(python, "_core"))
  }

  /// How a future that is done ended.
  func outcome(_ python: borrowing Attached, of future: borrowing PythonObject) throws(PythonError)
    -> FutureOutcome
  {
    if try future.callMethod(python, names.cancelled.object(python)).isTrue(python) { return .cancelled }
    let exception = try future.callMethod(python, names.exception.object(python))
    guard exception.isNone else { return .failure(PythonError(exception: exception, python)) }
    return .result(PythonReference(try future.callMethod(python, names.result.object(python))))
  }

  /// A coroutine that ends all tasks.
  func shutDown(_ python: borrowing Attached, _ loop: borrowing PythonObject) throws(PythonError)
    -> PythonObject
  {
    try shutDown.object(python).call(python, loop)
  }

  /// Cancels all tasks of a loop that will have no turn any more.
  func abandon(_ python: borrowing Attached, _ loop: borrowing PythonObject) throws(PythonError) {
    _ = try abandon.object(python).call(python, loop)
  }
}

/// How a future of Python's ended.
enum FutureOutcome: Sendable {
  case result(PythonReference)
  case failure(PythonError)
  case cancelled
}

/// What `gale.EventLoop()` gets its core from.
final class CoreMaker {
  let core: PythonType<LoopCore>

  init(core: PythonType<LoopCore>) { self.core = core }

  /// The thread's loop if it is free, or one of Python's own.
  fileprivate func make() throws -> LoopCore {
    if let host = IOLoop.currentIfPresent, !host.isRunning, AsyncioHosts.take(host) {
      return LoopCore(host: host, ownsHost: false)
    }
    let host = try IOLoop()
    _ = AsyncioHosts.take(host)
    return LoopCore(host: host, ownsHost: true)
  }

  fileprivate static let call: PythonVectorcall = { instance, _, _, _ in
    unsafe Callback.object { (python) throws in
      try unsafe PythonType<CoreMaker>.withPayload(of: instance) { maker in
        try maker.core.instance(python, try maker.make())
      }
    }
  }
}

#endif
