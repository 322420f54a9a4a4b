// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleHTTP
import GalePython

final class WorkerPool: Sendable {
  init(_ application: PythonReference, threads: Int, queueLimit: Int) {}
  func stop() {}
}
final class ThreadsLane {
  init(_ workers: WorkerPool, _ context: HTTPServerContext, _ template: EnvironTemplate) {}
  func delegate(for request: HTTPServerRequest) -> any HTTPMessageDelegate { fatalError() }
}

#endif
