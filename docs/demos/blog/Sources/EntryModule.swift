// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Gale

/// An entry on a page: `{% module Entry(entry) %}`, with `linked=True` where its title leads to a page of its own.
final class EntryModule: UIModule {
  override func render(_ arguments: TemplateArguments) throws -> any TemplateConvertible {
    let isLinked = arguments["linked"]?.isTrue ?? false
    return try renderString(
      "modules/entry.html", ["entry": try arguments.required(0, "entry"), "linked": isLinked])
  }
}
