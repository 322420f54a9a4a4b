// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleLoop
public import GalePython

extension AsyncIOLoop {
  /// Runs an asynchronous function of Trio's on this loop's thread, by Trio's guest mode, and awaits its end.
  ///
  /// ```swift
  /// let result = try await asyncio.runTrio { python in
  ///   try python.importModule("crawler").attribute(python, "main")
  /// }
  /// ```
  ///
  /// Trio's tasks run between those of Swift and of asyncio; a helper thread of Trio's waits for its descriptors. When the
  /// calling task is cancelled, everything that runs in Trio is. One run at a time: Trio has one per thread.
  /// - Parameter function: Makes the asynchronous function, which is called without arguments inside of Trio.
  /// - Returns: What the function returns.
  /// - Throws: `CancellationError` when it was cancelled; ``PythonError`` for what it raised, and when Trio is not
  ///   installed.
  @discardableResult
  public func runTrio(_ function: (borrowing Attached) throws -> PythonObject) async throws -> PythonReference
  {
    loop.checkThread()
    try Task.checkCancellation()
    let wait = TrioWait()
    try withPython { python in
      let done = try module.callback.instance(
        python,
        FutureCallback { python, outcome in
          wait.finish(
            Result {
              PythonReference(try outcome.callMethod(python, try python.interned("unwrap")))
            })
        })
      let soon = try module.soonCall.instance(python, SoonCall(self))
      wait.cancel = PythonReference(
        try module.startTrio.object(python).call(python, try function(python), soon, done))
    }
    waits[ObjectIdentifier(wait)] = wait
    defer { waits[ObjectIdentifier(wait)] = nil }
    let confined = LoopConfined((wait: wait, asyncio: self))
    do {
      return try await withTaskCancellationHandler {
        try await wait.result()
      } onCancel: { [loop] in
        loop.addCallback { confined.value.asyncio.cancel(confined.value.wait) }
      }
    } catch let error as PythonError {
      let isCancelled = withPython { python in
        error.matches(module.cancelledError.object(python), python)
      }
      throw isCancelled ? CancellationError() : error
    }
  }

  fileprivate func cancel(_ wait: TrioWait) {
    guard let cancel = wait.cancel else { return }
    withPython { python in
      do throws(PythonError) { _ = try cancel.object(python).call(python) } catch {
        AsyncioLog.error("A run of Trio could not be cancelled: \(error.traceback)")
      }
    }
  }
}

/// One Swift task's wait for a run of Trio's, on the loop's thread.
@safe
final class TrioWait: AbandonedWait {
  var cancel: PythonReference?
  private var ended: Result<PythonReference, any Error>?
  private var continuation: UnsafeContinuation<PythonReference, any Error>?
  private var whenEnded: [Completion<Void>] = []

  func result() async throws -> PythonReference {
    if let ended { return try ended.get() }
    // SAFETY: `finish` resumes it, once, and Trio calls back once.
    return try await unsafe withUnsafeThrowingContinuation { unsafe continuation = $0 }
  }

  func abandon() { finish(.failure(CancellationError())) }

  /// Cancels the run and waits until it has ended.
  func end(_ asyncio: AsyncIOLoop) async {
    guard ended == nil else { return }
    let over = Completion<Void>(on: asyncio.loop)
    whenEnded.append(over)
    asyncio.cancel(self)
    // What cancels this task ends the wait.
    do { try await over.value() } catch {}
  }

  /// Only the first result counts.
  func finish(_ result: Result<PythonReference, any Error>) {
    guard ended == nil else { return }
    cancel = nil
    ended = result
    for over in whenEnded { over.finish(.success(())) }
    whenEnded = []
    guard let waiting = unsafe continuation else { return }
    unsafe continuation = nil
    unsafe waiting.resume(with: result)
  }
}

/// A callable of Python's, for any thread, that has a function called on the loop.
final class SoonCall: Sendable {
  private let loop: IOLoop
  private let asyncio: LoopConfined<AsyncIOLoop>

  init(_ asyncio: AsyncIOLoop) {
    loop = asyncio.loop
    self.asyncio = LoopConfined(asyncio)
  }

  static func makeType(_ python: borrowing Attached) throws(PythonError) -> PythonType<SoonCall> {
    // SAFETY: the function takes the payload that the type is declared with.
    try unsafe PythonType(python, name: "gale.SoonCall", call: call)
  }

  private func post(_ function: PythonReference) {
    loop.addCallback { [asyncio] in
      asyncio.value.withPython { python in
        do throws(PythonError) { _ = try function.object(python).call(python) } catch {
          AsyncioLog.error("A callback raised\n\(error.traceback)")
        }
      }
    }
  }

  private static let call: PythonVectorcall = { instance, arguments, flags, _ in
    unsafe Callback.none { (python) throws in
      guard Callback.argumentCount(flags) == 1, let function = unsafe arguments?[0] else {
        throw PythonException(.typeError, "one function is taken")
      }
      let reference = unsafe PythonReference(PythonObject(borrowing: function))
      unsafe PythonType<SoonCall>.withPayload(of: instance) { $0.post(reference) }
    }
  }
}

#endif
