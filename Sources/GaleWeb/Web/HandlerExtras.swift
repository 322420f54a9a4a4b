// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleWire

/// What few requests need, kept apart so that handlers stay small.
final class HandlerExtras {
  enum User {
    case unknown
    case known((any Sendable)?)
  }

  var user = User.unknown
  var locale: WebLocale?
  var xsrfToken: XSRFToken?
  var xsrfText: String?
  var transforms: [any OutputTransform] = []
  /// What is kept under keys.
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
  /// The extras, made when they are needed.
  var more: HandlerExtras {
    if let extras { return extras }
    let made = HandlerExtras()
    extras = made
    return made
  }
}
