// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleWire

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

/// What few requests need, kept apart so that handlers stay small.
final class HandlerAttachments {
  var values: [ObjectIdentifier: Any] = [:]
  var hasPassedMiddleware = false
  /// Why the handler could not be initialized.
  var failure: (any Error)?
  var hasTakenBody = false
  var bodyByteCount = 0
  var announcedTrailers: [String] = []
  var trailers = HTTPHeaders()
}

extension RequestHandler {
  /// The attachments, made when they are needed.
  var attached: HandlerAttachments {
    if let attachments { return attachments }
    let made = HandlerAttachments()
    attachments = made
    return made
  }

  /// A value that is kept with the request, by its key; `nil` as long as nobody has set it.
  public subscript<Key: HandlerKey>(key: Key.Type) -> Key.Value? {
    get { attachments?.values[ObjectIdentifier(key)] as? Key.Value }
    set { attached.values[ObjectIdentifier(key)] = newValue }
  }
}
