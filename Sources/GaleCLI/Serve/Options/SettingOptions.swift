// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import GaleServe

/// Options of `gale serve` that stand for settings of the same names.
///
/// They have no defaults of their own, so that what was not given can come from the environment or a file; what they
/// take is checked there, too.
protocol SettingOptions: ParsableArguments {
  /// Notes the options that were given.
  func collect(in layer: inout SettingLayer)
}

/// A setting whose values are words, on the command line.
extension LaneSettings.Kind: ExpressibleByArgument {}
extension LogSettings.Level: ExpressibleByArgument {}
