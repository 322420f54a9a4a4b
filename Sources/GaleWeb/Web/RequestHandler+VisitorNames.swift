// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

extension RequestHandler {
  /// What templates know of who makes the request.
  func visitorTemplateValue(_ name: String) throws -> TemplateValue? { nil }

  /// The URL of a static file, with its version.
  func staticFileURL(_ path: String) throws -> String { path }
}

final class LinkifyModule: UIModule {}
final class XSRFFormModule: UIModule {}
