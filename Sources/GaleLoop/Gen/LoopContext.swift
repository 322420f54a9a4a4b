// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Has task-local values follow what is started now and runs later: what Tornado 5 did with
/// `stack_context`, and contextvars do for its successors.
///
/// Tasks, and so `spawn`, `Task` and task groups, inherit every task-local value by themselves. Plain
/// callbacks belong to no task. A task-local that is declared here once, at the start of the program,
/// follows them too: those of `addCallback`, `addLocalCallback`, `callLater`, `callAt`, `addHandler`,
/// `addSignalHandler` and `PeriodicCallback`, and the work of `runInExecutor`.
///
/// ```swift
/// enum Request { @TaskLocal static var id = "-" }
/// LoopContext.carry(Request.$id)
/// Request.$id.withValue("42") {
///   loop.callLater(.seconds(1)) { print(Request.id) }  // 42
/// }
/// ```
///
/// Without any declared task-local a callback costs nothing more than before.
public enum LoopContext {
  /// Declares that `local` follows callbacks, on all loops of the process.
  ///
  /// To declare it again changes nothing.
  public static func carry<Value: Sendable>(_ local: TaskLocal<Value>) {
    registry.withLock { carriers in
      guard !carriers.contains(where: { $0.identity == ObjectIdentifier(local) }) else { return }
      carriers.append(
        Carrier(identity: ObjectIdentifier(local)) { next in
          let value = local.get()
          return { local.withValue(value, operation: next) }
        })
    }
    isActive.store(true, ordering: .releasing)
  }

  /// `body` with the declared task-locals as they are now, whenever it is called: Tornado's
  /// `stack_context.wrap`.
  public static func capture(_ body: @escaping () -> Void) -> () -> Void {
    guard isActive.load(ordering: .acquiring), !isSuspended else { return body }
    return registry.withLock { $0 }.reduce(body) { next, carrier in carrier.wrap(next) }
  }

  /// The same for work that goes to another thread.
  static func captureWork(_ work: @escaping @Sendable () -> Void) -> @Sendable () -> Void {
    guard isActive.load(ordering: .acquiring), !isSuspended else { return work }
    // `work` is @Sendable, and so are the values that the carriers hold.
    let confined = LoopConfined(capture(work))
    return { confined.value() }
  }

  /// The same for a descriptor's handler.
  static func capture(_ body: @escaping (Int32, IOEvents) -> Void) -> (Int32, IOEvents) -> Void {
    guard isActive.load(ordering: .acquiring), !isSuspended else { return body }
    // The arguments differ from call to call, the context does not.
    let now = CallArguments()
    let run = capture { body(now.descriptor, now.events) }
    return { descriptor, events in
      now.descriptor = descriptor
      now.events = events
      run()
    }
  }

  private final class CallArguments {
    var descriptor: Int32 = -1
    var events: IOEvents = []
  }

  /// Runs `body` so that what it starts does not inherit the declared task-locals: Tornado's `NullContext`.
  ///
  /// For callbacks; a task without context is `Task.detached(executorPreference:)`.
  public static func withoutContext<Result>(_ body: () throws -> Result) rethrows -> Result {
    try $isSuspended.withValue(true, operation: body)
  }

  @TaskLocal private static var isSuspended = false
  private static let isActive = Atomic(false)
  private static let registry = Mutex<[Carrier]>([])

  private struct Carrier: Sendable {
    let identity: ObjectIdentifier
    /// A closure that runs another one with the present value.
    let wrap: @Sendable (_ next: @escaping () -> Void) -> () -> Void

    init(
      identity: ObjectIdentifier, _ wrap: @escaping @Sendable (@escaping () -> Void) -> () -> Void
    ) {
      self.identity = identity
      self.wrap = wrap
    }
  }

  // MARK: - Errors

  /// Runs `operation` so that `handler` gets the errors of what is spawned inside, however deep: Tornado 5's
  /// `ExceptionStackContext`.
  ///
  /// It gets those that would otherwise only be logged: of `spawn` and `PeriodicCallback`.
  /// - Parameters:
  ///   - handler: Called on the loop's thread. It returns whether it dealt with the error; if not, the
  ///     handler around this one gets it, and at last the log.
  ///   - operation: What starts the work.
  public static func withErrorHandler<Result>(
    _ handler: @escaping (any Error) -> Bool, _ operation: () throws -> Result
  ) rethrows -> Result {
    carry($errorHandler)
    return try $errorHandler.withValue(ErrorHandler(handler, outer: errorHandler), operation: operation)
  }

  /// As the other one, for an operation that waits.
  public static func withErrorHandler<Result>(
    _ handler: @escaping (any Error) -> Bool, _ operation: () async throws -> Result
  ) async rethrows -> Result {
    carry($errorHandler)
    return try await $errorHandler.withValue(
      ErrorHandler(handler, outer: errorHandler), operation: operation)
  }

  @TaskLocal private static var errorHandler: ErrorHandler?

  private final class ErrorHandler: @unchecked Sendable {
    // @unchecked Sendable: only called where the loop reports an error, which is on its own thread.
    private let handler: (any Error) -> Bool
    private let outer: ErrorHandler?

    init(_ handler: @escaping (any Error) -> Bool, outer: ErrorHandler?) {
      self.handler = handler
      self.outer = outer
    }

    func handle(_ error: any Error) -> Bool { handler(error) || outer?.handle(error) ?? false }
  }

  /// Shows an error to the handlers around the running code.
  static func handle(_ error: any Error) -> Bool { errorHandler?.handle(error) ?? false }
}
