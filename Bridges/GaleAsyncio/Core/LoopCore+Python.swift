// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleLoop
import GalePython

/// What Python sees of a core.
extension LoopCore {
  static func makeType(_ python: borrowing Attached) throws(PythonError) -> PythonType<LoopCore> {
    // SAFETY: the functions take the payload that the type is declared with.
    try unsafe PythonType(
      python, name: "gale.LoopCore", doc: "What an event loop of asyncio stands on.",
      methods: [
        PythonMethod("attach", unary: attach), PythonMethod("watch", fast: watch),
        PythonMethod("unwatch", unary: unwatch), PythonMethod("wait", unary: wait),
        PythonMethod("wake", noArguments: wake), PythonMethod("set_awake", unary: setAwake),
        PythonMethod("arm", unary: arm),
        PythonMethod("time", noArguments: time), PythonMethod("watch_signal", unary: watchSignal),
        PythonMethod("unwatch_signal", unary: unwatchSignal), PythonMethod("stopped", noArguments: stopped),
        PythonMethod("count_work", unary: countWork),
        PythonMethod("check_free", noArguments: checkFree), PythonMethod("close", noArguments: close),
        PythonMethod("call_soon", keywords: callSoon), PythonMethod("run_once", noArguments: runOnce),
        PythonMethod("create_future", noArguments: createFuture),
        PythonMethod("get_debug", noArguments: getDebug),
        PythonMethod("debug", unary: debug), PythonMethod("socket", fast: socket),
      ])
  }

  private static let attach: PythonUnaryFunction = { instance, reference in
    unsafe with(instance, reference) { (core, python, reference) in
      core.attach(reference.copy(python), try AsyncioModule.get(python).parts)
    }
  }

  private static let watch: PythonFastFunction = { instance, arguments, count in
    unsafe Callback.none { (python) throws in
      guard count == 2, let first = unsafe arguments?[0], let second = unsafe arguments?[1] else {
        throw PythonException(.typeError, "watch() takes a descriptor and what to watch it for")
      }
      let descriptor = try unsafe PythonObject(borrowing: first).int32(python)
      let mask = try unsafe PythonObject(borrowing: second).int(python)
      try unsafe PythonType<LoopCore>.withPayload(of: instance) { core in
        try python.translatingSystemErrors { try core.watch(descriptor, mask) }
      }
    }
  }

  private static let unwatch: PythonUnaryFunction = { instance, descriptor in
    unsafe with(instance, descriptor) { (core, python, descriptor) in
      try core.unwatch(try descriptor.int32(python))
    }
  }

  private static let wait: PythonUnaryFunction = { instance, timeout in
    unsafe Callback.object { (python) throws in
      guard let timeout = unsafe timeout else { throw PythonException(.typeError, "wait() takes a time") }
      let seconds = try unsafe PythonObject(borrowing: timeout).double(python)
      return try unsafe PythonType<LoopCore>.withPayload(of: instance) { core in
        try core.wait(python, seconds)
        return try core.takeReady(python)
      }
    }
  }

  private static let wake: PythonUnaryFunction = { instance, _ in
    unsafe with(instance) { (core, _) in core.wake() }
  }

  private static let arm: PythonUnaryFunction = { instance, deadline in
    unsafe with(instance, deadline) { (core, python, deadline) in
      let nanoseconds = try deadline.double(python) * 1e9
      core.arm(nanoseconds < 9e18 ? Int64(nanoseconds.rounded(.up)) : .max)
    }
  }

  private static let time: PythonUnaryFunction = { instance, _ in
    unsafe Callback.object { (python) throws(PythonError) in
      let nanoseconds = unsafe PythonType<LoopCore>.withPayload(of: instance) { $0.host.time.nanoseconds }
      return try python.float(Double(nanoseconds) / 1e9)
    }
  }

  private static let watchSignal: PythonUnaryFunction = { instance, signal in
    unsafe with(instance, signal) { (core, python, signal) in
      let number = try signal.int32(python)
      try python.translatingSystemErrors { try core.watchSignal(number) }
    }
  }

  private static let unwatchSignal: PythonUnaryFunction = { instance, signal in
    unsafe with(instance, signal) { (core, python, signal) in
      try core.unwatchSignal(try signal.int32(python))
    }
  }

  private static let stopped: PythonUnaryFunction = { instance, _ in
    unsafe with(instance) { (core, _) in core.stopAsked?() }
  }

  private static let countWork: PythonUnaryFunction = { instance, change in
    unsafe with(instance, change) { (core, python, change) in core.countWork(try change.int(python)) }
  }

  private static let checkFree: PythonUnaryFunction = { instance, _ in
    unsafe with(instance) { (core, _) in try core.checkFree() }
  }

  private static let setAwake: PythonUnaryFunction = { instance, value in
    unsafe with(instance, value) { (core, python, value) in core.setAwake(try value.isTrue(python)) }
  }

  private static let debug: PythonUnaryFunction = { instance, value in
    unsafe with(instance, value) { (core, python, value) in core.isDebugging = try value.isTrue(python) }
  }

  /// `loop.call_soon` outside of the debug mode; keeps a step of a guest's that is taken at once.
  private static let callSoon: PythonVectorcall = { instance, arguments, count, names in
    unsafe Callback.object { (python) throws in
      try unsafe PythonType<LoopCore>.withPayload(of: instance) { core in
        if core.wantsStep, unsafe core.keep(arguments, count, names) { return python.none }
        return try unsafe core.schedule(python, arguments, count, names)
      }
    }
  }

  private static let runOnce: PythonUnaryFunction = { instance, _ in
    unsafe with(instance) { (core, python) in try core.runOnce(python) }
  }

  private static let createFuture: PythonUnaryFunction = { instance, _ in
    unsafe Callback.object { (python) throws in
      try unsafe PythonType<LoopCore>.withPayload(of: instance) { core in
        guard let parts = core.parts, let loop = core.currentLoop(python) else {
          throw PythonException(.runtimeError, "Event loop is closed")
        }
        return try parts.future.object(python).call(
          python, names: parts.futureKeywords.object(python), loop)
      }
    }
  }

  private static let getDebug: PythonUnaryFunction = { instance, _ in
    unsafe Callback.object { (python) throws(PythonError) in
      python.bool(unsafe PythonType<LoopCore>.withPayload(of: instance) { $0.isDebugging })
    }
  }

  /// What reads and writes for a transport: of its weak reference and its descriptor.
  private static let socket: PythonFastFunction = { instance, arguments, count in
    unsafe Callback.object { (python) throws in
      guard count == 2, let reference = unsafe arguments?[0], let number = unsafe arguments?[1] else {
        throw PythonException(.typeError, "socket() takes a weak reference to a transport, and a descriptor")
      }
      let weak = unsafe PythonObject(borrowing: reference)
      let descriptor = try unsafe PythonObject(borrowing: number).int32(python)
      return try unsafe PythonType<LoopCore>.withPayload(of: instance) { core in
        guard let parts = core.parts, let transport = weak.weakObject(python) else {
          throw PythonException(.runtimeError, "Event loop is closed")
        }
        let socket = try StreamSocket(
          python, core, parts, transport, PythonReference(weak.copy(python)), descriptor)
        return try parts.socket.instance(python, socket)
      }
    }
  }

  /// ``takeReady()`` as a list of Python's, which knows what is to be called.
  func takeReady(_ python: borrowing Attached) throws(PythonError) -> PythonObject {
    let list = try python.list()
    for (descriptor, mask) in takeReady() {
      try list.append(python, try python.tuple(try python.int(Int(descriptor)), try python.int(mask)))
    }
    return list
  }

  /// Keeps a callback with one argument or none, and a context; the caller vouches for the arguments.
  @unsafe
  private func keep(_ arguments: UnsafePointer<PythonPointer?>?, _ count: Int, _ names: PythonPointer?)
    -> Bool
  {
    guard let names = unsafe names, count == 1 || count == 2,
      unsafe PythonObject(borrowing: names).uncheckedTupleCount == 1,
      let callback = unsafe arguments?[0], let context = unsafe arguments?[count]
    else { return false }
    wantsStep = false
    // Without an argument there is something in its place all the same.
    let argument = unsafe count == 2 ? arguments?[1] : context
    step = unsafe LoopStep(
      callback: PythonObject(borrowing: callback), hasArgument: count == 2,
      argument: PythonObject(borrowing: argument ?? context), context: PythonObject(borrowing: context))
    return true
  }

  private static let close: PythonUnaryFunction = { instance, _ in
    unsafe with(instance) { (core, _) in try core.close() }
  }

  private static func with(
    _ instance: PythonPointer?, _ body: (LoopCore, borrowing Attached) throws -> Void
  ) -> PythonPointer? {
    unsafe Callback.none { (python) throws in
      try unsafe PythonType<LoopCore>.withPayload(of: instance) { try body($0, python) }
    }
  }

  private static func with(
    _ instance: PythonPointer?, _ argument: PythonPointer?,
    _ body: (LoopCore, borrowing Attached, borrowing PythonObject) throws -> Void
  ) -> PythonPointer? {
    unsafe Callback.none { (python) throws in
      guard let argument = unsafe argument else {
        throw PythonException(.typeError, "an argument is missing")
      }
      let object = unsafe PythonObject(borrowing: argument)
      try unsafe PythonType<LoopCore>.withPayload(of: instance) { try body($0, python, object) }
    }
  }
}

extension PythonObject {
  /// The value of this `int`, for the numbers of descriptors and signals.
  ///
  /// - Throws: `TypeError` when it is none, `ValueError` when it does not fit.
  borrowing func int32(_ python: borrowing Attached) throws -> Int32 {
    let value = try int(python)
    guard let number = Int32(exactly: value) else {
      throw PythonException(.valueError, "\(value) is out of range")
    }
    return number
  }
}

extension Attached {
  /// Runs `body`; its errors become Python's, as functions raise them that Python calls.
  borrowing func raising(_ body: () throws -> Void) throws(PythonError) {
    do {
      try translatingSystemErrors(body)
    } catch {
      raise(error)
      throw PythonError.fetch(self)
    }
  }

  /// Runs `body`; an error of the system's becomes the `OSError` with its number, so that Python makes a
  /// `PermissionError` of EPERM, and so on.
  borrowing func translatingSystemErrors(_ body: () throws -> Void) throws {
    do {
      try body()
    } catch let error as LoopError where error.systemError != 0 {
      let type = try importModule("builtins").attribute(self, "OSError")
      let exception = try type.call(self, try int(Int(error.systemError)), try string(error.message))
      throw PythonError(exception: exception, self)
    } catch let error as LoopError where error.code == .descriptorAddedTwice {
      throw PythonException(.runtimeError, "\(error.message): it belongs to a native handler of this loop")
    }
  }
}

#endif
