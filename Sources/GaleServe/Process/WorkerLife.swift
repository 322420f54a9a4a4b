// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleHTTP
import GaleLoop

/// Has a worker replaced when it has served, lived or grown enough.
final class WorkerLife {
  private let worker: WorkerProcess
  private let context: HTTPServerContext
  private let loop: IOLoop
  private let requestLimit: Int?
  private let ageLimit: Duration?
  private let memoryLimit: Int?
  private let start: LoopTime
  private var check: PeriodicCallback?

  init(_ settings: WorkerSettings, _ worker: WorkerProcess, _ server: HTTPServer, on loop: IOLoop) {
    self.worker = worker
    self.loop = loop
    context = server.context
    start = loop.time
    let jitter = settings.maxRequestsJitter > 0 ? Int.random(in: 0...settings.maxRequestsJitter) : 0
    requestLimit = settings.maxRequests > 0 ? settings.maxRequests + jitter : nil
    // Spread by a tenth, so that workers that were started together do not go together.
    let spread = Double.random(in: 1...1.1)
    ageLimit = settings.maxAge > 0 ? .seconds(Double(settings.maxAge) * spread) : nil
    memoryLimit = settings.maxMemory > 0 ? settings.maxMemory << 20 : nil
  }

  /// Looks now and then; not at all when there is no limit.
  func watch() {
    guard requestLimit != nil || ageLimit != nil || memoryLimit != nil else { return }
    let check = PeriodicCallback(every: .milliseconds(requestLimit == nil ? 1000 : 100), on: loop) {
      [weak self] in
      guard let self, let reason = reasonToGo else { return }
      self.check?.stop()
      worker.requestReplacement(because: reason)
    }
    check.start()
    self.check = check
  }

  private var reasonToGo: String? {
    if let requestLimit, context.requestCount >= requestLimit { return "\(context.requestCount) requests" }
    if let ageLimit, loop.time - start >= ageLimit {
      return "it is \((loop.time - start).components.seconds) s old"
    }
    if let memoryLimit, System.residentByteCount >= memoryLimit {
      return "it holds \(System.residentByteCount >> 20) MiB"
    }
    return nil
  }
}
