// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

extension Duration {
  /// So many days of 24 hours.
  public static func days(_ count: Int) -> Duration { .seconds(count * 86_400) }

  /// Whole seconds, rounded down.
  var wholeSeconds: Int { Int(clamping: components.seconds) }
}
