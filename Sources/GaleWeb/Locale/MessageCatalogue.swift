// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// The translations of one language, from whatever kind of file.
protocol MessageCatalogue: Sendable {
  /// The translation of a message, or the message.
  func translation(_ message: String) -> String
  /// The translation that fits `count`, or one of the messages.
  func translation(_ message: String, plural: String, count: Int) -> String
  /// The translation of a message in a context, or the message.
  func translation(_ message: String, context: String, plural: (message: String, count: Int)?) -> String
}
