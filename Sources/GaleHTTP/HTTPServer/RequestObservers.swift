// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

public import GaleWire

/// Who wants to know how a request is answered, whatever answers it.
package final class RequestObservers {
  fileprivate var heads: [(Int, inout HTTPHeaders) -> Void] = []
  fileprivate var ends: [(HTTPServerRequest) -> Void] = []
}

extension HTTPServerRequest {
  /// Has `body` see the status and change the header of the answer just before it is written, whatever answers the
  /// request: a handler, its error page, a mounted application.
  ///
  /// Fields that steer the connection (`Connection`, `Content-Length`, `Transfer-Encoding`) are not to be changed. What
  /// was added last is called first, so that the outermost has the last word.
  public func onResponseHead(_ body: @escaping (_ status: Int, _ headers: inout HTTPHeaders) -> Void) {
    observed.heads.append(body)
  }

  /// Calls `body` once the answer is complete, or will never be because the connection is gone.
  ///
  /// ``responseStatus`` then says what was answered, 0 if nothing was.
  public func onEnd(_ body: @escaping (HTTPServerRequest) -> Void) {
    observed.ends.append(body)
  }

  private var observed: RequestObservers {
    if let observers { return observers }
    let made = RequestObservers()
    observers = made
    return made
  }

  /// The head of the answer is about to be written.
  func willSend(_ status: Int, _ headers: inout HTTPHeaders) {
    guard let observers else { return }
    let heads = observers.heads
    observers.heads = []
    for body in heads.reversed() { body(status, &headers) }
  }

  /// The request is over, in one way or the other.
  @inline(__always)
  func ended() {
    if context.isWatched, !hasEnded { tellWatchers() }
    if observers != nil { tellEnds() }
  }

  private func tellWatchers() {
    hasEnded = true
    context.statistics?.requestEnded(self)
    context.configuration.requestsInFlight?.ended(self)
  }

  @inline(never)
  private func tellEnds() {
    let ends = observers?.ends ?? []
    observers = nil
    for body in ends { body(self) }
  }
}
