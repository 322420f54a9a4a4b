// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleAsyncio
import GaleHTTP
import GaleLoop
import GalePython
import GaleWire

/// One WebSocket, between its connection and an application's `receive` and `send`; first its handshake, which the
/// application may answer like a request instead.
///
/// - Note: Source: the ASGI specification, "HTTP & WebSocket ASGI Message Format", 2.4, and its extension "WebSocket
///   Denial Response".
final class WebSocketExchange: HTTPExchange {
  /// The versions of the protocol that are spoken; 7 and 8 are drafts whose frames are those of 13.
  static let versions = [7, 8, 13]

  private enum Phase {
    /// The application has not answered the handshake yet.
    case connecting
    /// It answers it with an HTTP response.
    case denying
    /// The connection is a WebSocket.
    case open
    /// The application has closed or refused it.
    case ended
  }

  private var phase = Phase.connecting
  private var isConnectReceived = false
  private var connection: WebSocketConnection?
  /// How the connection has ended, as `websocket.disconnect` says it.
  private var ending: (code: Int, reason: String)?
  /// What `send` gave to those who wait for the client.
  private var senders: [PythonReference] = []

  override func scope(
    _ python: borrowing Attached, _ request: HTTPServerRequest
  ) throws(PythonError) -> PythonObject {
    try life.scopes.webSocketScope(python, request)
  }

  override func connectionClosed(_ request: HTTPServerRequest) {
    ending = (1006, "")
    super.connectionClosed(request)
  }

  // MARK: - receive

  override func willWait() {}

  override func nextEvent(_ python: borrowing Attached) throws(PythonError) -> PythonObject? {
    if !isConnectReceived {
      isConnectReceived = true
      return try event(python, names.webSocketConnect)
    }
    if let message = connection?.takeMessage() { return try event(python, message) }
    guard let ending else { return nil }
    let event = try event(python, names.webSocketDisconnect)
    try event.set(python, names.code.object(python), to: try python.int(ending.code))
    try event.set(python, names.reason.object(python), to: try python.string(ending.reason))
    return event
  }

  private func event(_ python: borrowing Attached, _ message: WebSocketMessage) throws(PythonError)
    -> PythonObject
  {
    let event = try event(python, names.webSocketReceive)
    switch message {
    case .text(let text): try event.set(python, names.text.object(python), to: try python.string(text))
    case .binary(let bytes): try event.set(python, names.bytes.object(python), to: try python.bytes(bytes))
    }
    return event
  }

  // MARK: - send

  override func send(
    _ python: borrowing Attached, _ kind: EventKind, _ event: borrowing PythonObject
  ) throws -> PythonObject {
    if phase == .ended {
      throw PythonException(
        .runtimeError, "\"\(kind.rawValue)\" came out of order: the WebSocket was closed before")
    }
    guard ending == nil, let request else {
      throw tellGone()
    }
    switch (phase, kind) {
    case (.open, .webSocketSend): return try send(python, event)
    case (.open, .webSocketClose): try close(python, event)
    case (.connecting, .webSocketAccept): try accept(python, event, request)
    case (.connecting, .webSocketClose):
      phase = .ended
      ending = (1006, "")
      ServerAnswer.send(403, request)
      wakeReceiver()
    case (.connecting, .denialStart):
      _ = try super.send(python, .responseStart, event)
      phase = .denying
    case (.denying, .denialBody):
      let result = try super.send(python, .responseBody, event)
      guard request.responseFinished else { return result }
      phase = .ended
      ending = (1006, "")
      wakeReceiver()
      return result
    default: throw PythonException(.runtimeError, "\"\(kind.rawValue)\" came out of order")
    }
    return names.nothing.object(python)
  }

  private func accept(
    _ python: borrowing Attached, _ event: borrowing PythonObject, _ request: HTTPServerRequest
  ) throws {
    var head = AnswerHead()
    try head.readFields(python, event, names)
    var headers = head.headers
    var subprotocol = headers["Sec-WebSocket-Protocol"]
    for name in ["Sec-WebSocket-Protocol", "Sec-WebSocket-Accept", "Sec-WebSocket-Extensions"] {
      headers.remove(name)
    }
    if let chosen = try event.value(python, for: names.subprotocol.object(python)), !chosen.isNone {
      subprotocol = try chosen.string(python)
    }
    if let subprotocol, !request.offeredSubprotocols.contains(subprotocol) {
      throw PythonException(.valueError, "the client does not offer the subprotocol \"\(subprotocol)\"")
    }
    request.context.appendServerFields(to: &headers, hasDate: head.hasDate, hasServer: head.hasServer)
    let upgraded = try request.upgradeToWebSocket(
      headers, key: request.headers["Sec-WebSocket-Key"] ?? "", subprotocol: subprotocol,
      life.container.webSocket)
    request.logAccess()
    guard let upgraded else {
      ending = (1006, "")
      throw tellGone()
    }
    phase = .open
    connection = upgraded
    upgraded.delegate = self
    upgraded.start()
  }

  private func send(_ python: borrowing Attached, _ event: borrowing PythonObject) throws -> PythonObject {
    guard let connection, connection.isOpen else {
      throw tellGone()
    }
    do {
      try enqueue(python, event, on: connection)
    } catch let error as WebSocketError {
      throw PythonException(.brokenPipeError, error.description)
    }
    guard connection.mustWait else { return names.nothing.object(python) }
    let future = PythonReference(try asyncio.future(python))
    senders.append(future)
    return try delivery(python, future)
  }

  private func enqueue(
    _ python: borrowing Attached, _ event: borrowing PythonObject, on connection: WebSocketConnection
  ) throws {
    if let bytes = try event.value(python, for: names.bytes.object(python)), !bytes.isNone {
      let payload = try bytes.bytes(python)
      return try connection.enqueueMessage(payload.span, isText: false)
    }
    guard let text = try event.value(python, for: names.text.object(python)), !text.isNone else {
      throw PythonException(.valueError, "\"websocket.send\" needs bytes or a text")
    }
    let payload = try text.string(python)
    try connection.enqueueMessage(payload.utf8.span, isText: true)
  }

  private func close(_ python: borrowing Attached, _ event: borrowing PythonObject) throws {
    var code = WebSocketCloseCode.normal
    if let given = try event.value(python, for: names.code.object(python)), !given.isNone {
      let number = try given.int(python)
      guard let raw = UInt16(exactly: number), WebSocketCloseCode(rawValue: raw).isSendable else {
        throw PythonException(.valueError, "the close code \(number) cannot be sent")
      }
      code = WebSocketCloseCode(rawValue: raw)
    }
    let given = try event.value(python, for: names.reason.object(python))
    let reason: String = if let given, !given.isNone { try given.string(python) } else { "" }
    phase = .ended
    connection?.close(code: code, reason: reason)
  }

  // MARK: - The end

  override func ended(_ request: HTTPServerRequest, _ error: PythonError?) {
    guard phase == .open || phase == .ended else { return super.ended(request, error) }
    report(error)
    guard phase == .open, let connection else { return }
    if error == nil { connection.close(code: .normal) } else { connection.failInternally() }
  }

  private func wakeSenders(_ exception: PythonException?) {
    guard !senders.isEmpty else { return }
    let waiting = senders
    senders = []
    asyncio.withPython { python in
      for future in waiting {
        do throws(PythonError) {
          if let exception {
            try asyncio.reject(python, future, exception)
          } else {
            try asyncio.resolveNow(python, future, python.none)
          }
        } catch {
          ASGILog.error("An application's send() failed: \(error.traceback)")
        }
      }
    }
  }
}

extension WebSocketExchange: WebSocketDelegate {
  func messageArrived(_ connection: WebSocketConnection) { wakeReceiver() }

  func pinged(_ connection: WebSocketConnection, _ data: [UInt8]) {}
  func ponged(_ connection: WebSocketConnection, _ data: [UInt8]) {}

  func endWaits(_ connection: WebSocketConnection) {
    // An application need not ask for another message. What it answers to the last one in its next step still goes out.
    asyncio.loop.addLocalCallback { [asyncio] in
      asyncio.loop.addLocalCallback { connection.applyPendingEnd() }
    }
  }

  func drained(_ connection: WebSocketConnection) { wakeSenders(nil) }

  func closed(_ connection: WebSocketConnection) {
    let cause = connection.closeCause
    let code = connection.closeCode ?? cause?.closeCode
    ending = (
      code.map { Int($0.rawValue) } ?? (cause == nil ? 1005 : 1006),
      connection.closeReason ?? cause?.description ?? ""
    )
    self.connection = nil
    wakeSenders(senders.isEmpty ? nil : tellGone())
    wakeReceiver()
  }
}

#endif
