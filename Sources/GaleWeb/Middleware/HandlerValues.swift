// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// Names a value that is kept with a request, in its own type.
///
/// ```swift
/// enum TenantKey: HandlerKey { typealias Value = Tenant }
/// handler[TenantKey.self] = tenant   // in a middleware
/// let tenant = handler[TenantKey.self]   // in the handler
/// ```
public protocol HandlerKey {
  /// What is kept.
  associatedtype Value
}

extension RequestHandler {
  /// A value that is kept with the request, by its key; `nil` as long as nobody has set it.
  public subscript<Key: HandlerKey>(key: Key.Type) -> Key.Value? {
    get { extras?.values[ObjectIdentifier(key)] as? Key.Value }
    set { more.values[ObjectIdentifier(key)] = newValue }
  }
}
