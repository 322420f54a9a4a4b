// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// An application and how it is served.
package struct MountSettings: Sendable, Hashable {
  /// Where the application is found: `module:attribute`.
  package var application: String
  /// Where it runs.
  package var lane: LaneSettings

  package init(application: String, lane: LaneSettings) {
    self.application = application
    self.lane = lane
  }
}
