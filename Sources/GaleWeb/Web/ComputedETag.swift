// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// The entity tag of an answer: what ``RequestHandler/computeETag()`` returns.
public enum ComputedETag: Sendable, Hashable {
  /// The SHA-1 of the body in quotes, as Tornado's `compute_etag` makes it.
  case hashOfBody
  /// A tag of the handler's own, quotes and all. One that may not stand in a header is left out.
  case tag(String)
  /// None, so that the answer is never 304.
  case none
}
