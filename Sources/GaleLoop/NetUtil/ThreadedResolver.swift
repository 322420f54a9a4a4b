// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Asks the system (getaddrinfo) on threads, so that the loop goes on: Tornado's `DefaultExecutorResolver`,
/// `ExecutorResolver` and `ThreadedResolver`, and what a loop uses unless told otherwise.
///
/// It knows all that the machine's nsswitch.conf knows. A look-up whose task is cancelled ends at once; its
/// thread is free again when the system gives up (resolv.conf: 5 seconds for each server, twice), and what
/// still waits for a thread is dropped.
public final class ThreadedResolver: Resolver {
  private let loop: IOLoop
  private let executor: ThreadPoolExecutor?
  private let closesExecutor: Bool
  private var isClosed = false

  /// Uses the loop's own threads: see ``IOLoop/runInExecutor(_:_:)``.
  public init(on loop: IOLoop = .current) {
    self.loop = loop
    executor = nil
    closesExecutor = false
  }

  /// Uses the threads of a pool.
  /// - Parameters:
  ///   - executor: The pool.
  ///   - closesExecutor: Whether ``close()`` shuts it down.
  ///   - loop: Where it is asked.
  public init(executor: ThreadPoolExecutor, closesExecutor: Bool = true, on loop: IOLoop = .current) {
    self.loop = loop
    self.executor = executor
    self.closesExecutor = closesExecutor
  }

  /// Uses threads of its own, `threads` at the most (1 or more).
  public convenience init(threads: Int, on loop: IOLoop = .current) {
    self.init(executor: ThreadPoolExecutor(threads: threads), on: loop)
  }

  /// See ``Resolver/resolve(_:port:family:)``.
  public func resolve(_ host: String, port: UInt16, family: AddressFamily?) async throws -> [SocketAddress] {
    loop.checkThread()
    if let address = try SocketAddress.numeric(host, port: port, family: family) { return [address] }
    guard !isClosed else {
      throw LoopError(.resolverFailure, "cannot resolve \(host): the resolver is closed")
    }
    let lookup = Lookup()
    let completion = Completion<[SocketAddress]>(on: loop)
    let confined = LoopConfined(completion)
    submit { [loop] in
      guard !lookup.isAbandoned else { return }
      let result = lookUp(host, port: port, family: family)
      loop.addCallback { confined.value.finish(result.mapError { $0 }) }
    }
    do {
      return try await completion.value()
    } catch {
      lookup.abandon()
      throw error
    }
  }

  private func submit(_ work: @escaping @Sendable () -> Void) {
    if let executor { executor.submit(work) } else { loop.defaultExecutor.submit(work) }
  }

  /// Shuts the threads down if they are the resolver's own; look-ups that were begun go on.
  public func close() {
    guard !isClosed else { return }
    isClosed = true
    if closesExecutor { executor?.shutdown() }
  }
}

/// Whether anybody still waits for a look-up.
private final class Lookup: Sendable {
  private let abandoned = Atomic<Bool>(false)
  var isAbandoned: Bool { abandoned.load(ordering: .relaxed) }
  func abandon() { abandoned.store(true, ordering: .relaxed) }
}

private func lookUp(
  _ host: String, port: UInt16, family: AddressFamily?
) -> Result<[SocketAddress], LoopError> {
  do throws(LoopError) {
    return .success(try resolveBlocking(host, port: port, family: family))
  } catch {
    return .failure(error)
  }
}

/// Asks the system (getaddrinfo) in place, like Tornado's `BlockingResolver`: the loop stands still meanwhile.
///
/// For programs that ask before they serve.
public final class BlockingResolver: Resolver {
  /// Creates one.
  public init() {}

  /// See ``Resolver/resolve(_:port:family:)``.
  public func resolve(_ host: String, port: UInt16, family: AddressFamily?) async throws -> [SocketAddress] {
    if let address = try SocketAddress.numeric(host, port: port, family: family) { return [address] }
    return try resolveBlocking(host, port: port, family: family)
  }
}
