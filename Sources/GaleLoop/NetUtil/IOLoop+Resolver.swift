// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Synchronization

extension IOLoop {
  /// The resolver that this loop's clients share; made at the first use, closed with the loop.
  ///
  /// A ``ThreadedResolver`` unless ``configureResolver(_:)`` chose another.
  public var resolver: any Resolver {
    checkThread()
    if let sharedResolver { return sharedResolver }
    let made = resolverFactory.withLock { $0 }?(self) ?? ThreadedResolver(on: self)
    sharedResolver = made
    return made
  }

  /// Replaces this loop's ``resolver``; the former one is closed.
  public func setResolver(_ resolver: any Resolver) {
    checkThread()
    if let sharedResolver, sharedResolver !== resolver { sharedResolver.close() }
    sharedResolver = resolver
  }

  /// Chooses what loops of this process resolve names with from now on, like Tornado's `Resolver.configure`.
  ///
  /// Loops that have a resolver keep it.
  /// - Parameter make: Called on a loop's thread when it first needs one; `nil` for Gale's own choice.
  public static func configureResolver(_ make: (@Sendable (IOLoop) -> any Resolver)?) {
    resolverFactory.withLock { $0 = make }
  }
}

private let resolverFactory = Mutex<(@Sendable (IOLoop) -> any Resolver)?>(nil)
