// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// A message: text or bytes.
public enum WebSocketMessage: Hashable, Sendable {
  /// Text.
  case text(String)
  /// Bytes.
  case binary([UInt8])

  /// The text; `nil` for bytes.
  public var text: String? {
    if case .text(let text) = self { text } else { nil }
  }

  /// The bytes, those of text as UTF-8.
  public var bytes: [UInt8] {
    switch self {
    case .text(let text): Array(text.utf8)
    case .binary(let bytes): bytes
    }
  }

  /// How many bytes it has.
  public var byteCount: Int {
    switch self {
    case .text(let text): text.utf8.count
    case .binary(let bytes): bytes.count
    }
  }
}
