// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

public import Gale

/// Who is in the chat, and what was said last.
private final class ChatRoom {
  /// How many messages newcomers see.
  static let cacheCount = 200
  private var cache: [JSONValue] = []
  private var present: [ObjectIdentifier: ChatHandler] = [:]
  private var nextID = 1

  func enter(_ handler: ChatHandler) throws(WebSocketError) {
    try handler.writeMessageNoWait(["type": "history", "messages": .array(cache)])
    present[ObjectIdentifier(handler)] = handler
    sayWhoIsHere()
  }

  func leave(_ handler: ChatHandler) {
    guard present.removeValue(forKey: ObjectIdentifier(handler)) != nil else { return }
    sayWhoIsHere()
  }

  func say(_ text: String, as name: String) {
    let message: JSONValue = [
      "type": "message", "id": .int(nextID), "name": .string(name), "text": .string(text),
    ]
    nextID += 1
    cache.append(message)
    if cache.count > ChatRoom.cacheCount { cache.removeFirst(cache.count - ChatRoom.cacheCount) }
    broadcast(message)
  }

  private func sayWhoIsHere() { broadcast(["type": "present", "count": .int(present.count)]) }

  private func broadcast(_ message: JSONValue) {
    let text = jsonEncode(message)
    for handler in present.values {
      // Who is too slow is closed by its connection, and leaves through onClose().
      do throws(WebSocketError) { try handler.writeMessageNoWait(text) } catch { continue }
    }
  }
}

/// One visitor of the chat, who says `{"name": …, "text": …}`.
public final class ChatHandler: WebSocketHandler {
  // Belongs to the one loop that serves.
  private nonisolated(unsafe) static let room = ChatRoom()
  private var room: ChatRoom { unsafe ChatHandler.room }

  /// Messages of a chat are much alike.
  public override var compressionOptions: WebSocketCompression? { WebSocketCompression() }
  /// Finds visitors that are gone without a word.
  public override var pingInterval: Duration? { .seconds(30) }
  /// Nobody types more.
  public override var maxMessageByteCount: Int { 16 * 1024 }

  /// Shows what was said, and that somebody has come.
  public override func open() async throws { try room.enter(self) }

  /// Gives what is said to everybody.
  public override func onMessage(_ message: WebSocketMessage) async throws {
    let said = message.text.flatMap { try? jsonDecode($0) }
    guard let text = said?["text"]?.stringValue, !text.isEmpty else {
      return close(code: .unsupportedData, reason: #"say {"name": …, "text": …}"#)
    }
    let name = said?["name"]?.stringValue ?? ""
    room.say(String(text.prefix(2000)), as: name.isEmpty ? "somebody" : String(name.prefix(40)))
  }

  /// Shows that somebody has left.
  public override func onClose() { room.leave(self) }
}
