// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
public import GalePython

/// Twisted on an event loop, through Twisted's own asyncio reactor: Tornado's `tornado.platform.twisted`.
///
/// The reactor runs for as long as the loop does, without `reactor.run()`. A Deferred is awaited like everything else, with
/// ``AsyncIOLoop/run(_:_:)``; cancelling the task cancels it.
///
/// ```swift
/// let twisted = try TwistedReactor.install(on: AsyncIOLoop.of(loop))
/// let page = try await twisted.asyncio.run { python in
///   try python.importModule("pages").attribute(python, "fetch").call(python, twisted.reactor.object(python))
/// } _: { python, result in
///   try result.string(python)
/// }
/// ```
///
/// In Python it is `gale.twisted.of(loop)` and `gale.twisted.install(loop)`. What calls `reactor.stop()` asks the loop to stop,
/// see ``AsyncIOLoop/stopRequested``. `AsyncIOLoop.close()` ends the reactor too, as ``stop()`` does.
public final class TwistedReactor {
  /// The loop's asyncio.
  public let asyncio: AsyncIOLoop
  /// The reactor, for Twisted's functions that take one.
  public let reactor: PythonReference

  /// The reactor of `asyncio`'s loop, made at the first use: each loop may have its own.
  ///
  /// - Throws: ``PythonError``, an `ImportError` when there is no Twisted.
  public convenience init(on asyncio: AsyncIOLoop) throws { try self.init(asyncio, by: "of") }

  /// The same, as Twisted's `twisted.internet.reactor`, which most programs import: of one loop in a process.
  ///
  /// - Throws: ``PythonError``, a `RuntimeError` when Twisted has another reactor already.
  public static func install(on asyncio: AsyncIOLoop) throws -> TwistedReactor {
    try TwistedReactor(asyncio, by: "install")
  }

  private init(_ asyncio: AsyncIOLoop, by name: String) throws {
    self.asyncio = asyncio
    reactor = try asyncio.withPython { (python) throws(PythonError) in
      let module = try Self.module(python)
      let made = try module.attribute(python, name).call(python, asyncio.asyncioLoop.object(python))
      return PythonReference(made)
    }
  }

  /// `gale.twisted`.
  static func module(_ python: borrowing Attached) throws(PythonError) -> PythonObject {
    try python.importModule("gale").attribute(python, "twisted")
  }

  /// Ends the reactor, and waits for what was to be done at its end; the loop goes on.
  public func stop() async throws {
    try await asyncio.run { python in
      try reactor.object(python).callMethod(python, try python.interned("_end"))
    }
  }
}

#endif
