// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleASGI
import GaleHTTP
import GaleLoop
import GalePython
import GaleWSGI
import GaleWire
import Logging

/// An application that is loaded again while it is served: WSGI or ASGI, each time as its code says.
///
/// A new ASGI application has its start before it serves. Then the old one gets no more requests, and its end once those
/// that it has are answered, or after ``patience``.
final class ReloadedApplication: HTTPServerConnectionDelegate {
  /// What changes; on the loop's thread only.
  private final class State {
    var present: ASGIContainer?
    var hasNoStart = false
    var isChanging = false
    var mustChangeAgain = false
  }

  private let name: String
  private let index: Int
  private let reloader: LoopConfined<WSGIReloader>
  private let wsgi: WSGIContainer
  private let webSocket: WebSocketConfiguration
  private let state = LoopConfined(State())
  private let log = Logger(label: "gale.general")
  private static let patience = Duration.seconds(5)

  /// - Parameter wsgi: Serves it when it is a WSGI application, and the page that says why there is none.
  init(
    _ name: String, _ index: Int, _ reloader: WSGIReloader, _ wsgi: WSGIContainer,
    _ webSocket: WebSocketConfiguration
  ) {
    self.name = name
    self.index = index
    self.reloader = LoopConfined(reloader)
    self.wsgi = wsgi
    self.webSocket = webSocket
  }

  func startRequest(_ request: HTTPServerRequest) -> any HTTPMessageDelegate {
    let state = state.value
    if let present = state.present,
      !(reloader.value.isFailing && reloader.value.showsTracebacks && wantsPage(request))
    {
      return present.startRequest(request)
    }
    return state.hasNoStart ? NoStart() : wsgi.startRequest(request)
  }

  /// A page says to browsers why new code cannot be imported.
  private func wantsPage(_ request: HTTPServerRequest) -> Bool {
    request.method == "GET" && request.headers["Accept"]?.contains("text/html") ?? false
  }

  /// Takes up what is loaded now.
  func renew(on loop: IOLoop) async {
    let state = state.value
    guard !state.isChanging else {
      state.mustChangeAgain = true
      return
    }
    state.isChanging = true
    repeat {
      state.mustChangeAgain = false
      await change(on: loop)
    } while state.mustChangeAgain
    state.isChanging = false
  }

  private func change(on loop: IOLoop) async {
    let state = state.value
    do {
      guard let fresh = try loaded() else { return await replace(with: nil, on: loop) }
      let container = ASGIContainer(fresh, webSocket: webSocket)
      do {
        try await container.startUp(on: loop)
      } catch {
        state.hasNoStart = state.present == nil
        let consequence = state.hasNoStart ? "" : "; the old code serves on"
        return log.error("\(name): \(error)\(consequence)")
      }
      await replace(with: container, on: loop)
    } catch {
      log.error("\(name): \(error)")
    }
  }

  /// What is loaded, if it is an ASGI application.
  private func loaded() throws -> PythonReference? {
    guard let interpreter = Interpreter.current else { throw InterpreterError.notRunning }
    return try interpreter.attach { python in
      guard let fresh = try reloader.value.loaded(index, python),
        try ASGIContainer.isASGI(python, fresh.object(python))
      else { return nil }
      return fresh
    }
  }

  private func replace(with container: ASGIContainer?, on loop: IOLoop) async {
    let state = state.value
    let old = state.present
    state.present = container
    state.hasNoStart = false
    guard let old else { return }
    await old.shutDown(on: loop, grace: Self.patience)
  }

  /// Runs the end of the present one.
  func shutDown(on loop: IOLoop, grace: Duration) async {
    await state.value.present?.shutDown(on: loop, grace: grace)
  }
}

/// Answers while an application's start has failed.
private final class NoStart: HTTPMessageDelegate {
  func finish(_ request: HTTPServerRequest) {
    ControlAnswer(
      status: 500, type: "text/plain; charset=utf-8",
      body: "The application could not be started. The log says why.\n"
    ).send(request)
    request.logAccess()
  }
}
