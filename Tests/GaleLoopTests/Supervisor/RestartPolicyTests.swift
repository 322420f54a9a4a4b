// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import GaleLoop

@Suite("supervisor: restarts")
struct RestartPolicyTests {
  private func time(_ seconds: Double) -> LoopTime { LoopTime(nanoseconds: Int64(seconds * 1e9)) }

  @Test func `a worker that is killed once is started again at once`() {
    var policy = RestartPolicy()
    #expect(policy.died(at: time(5), afterLife: .seconds(1)) == .zero)
  }

  @Test func `one that dies soon each time waits longer and longer`() {
    var policy = RestartPolicy()
    let pauses = (0..<10).map { policy.died(at: time(Double($0)), afterLife: .milliseconds(10)) }
    #expect(
      pauses == [0, 100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000].map { .milliseconds($0) })
  }

  @Test func `one that never serves waits from the first time on`() {
    var policy = RestartPolicy()
    #expect(policy.died(at: time(0), afterLife: nil) == .milliseconds(100))
    #expect(policy.died(at: time(1), afterLife: nil) == .milliseconds(200))
  }

  @Test func `a sound life makes up for what was before`() {
    var policy = RestartPolicy()
    for second in 0..<5 { _ = policy.died(at: time(Double(second)), afterLife: nil) }
    #expect(policy.died(at: time(20), afterLife: .seconds(10)) == .zero)
  }

  @Test func `a crash loop is told of once a minute`() {
    var policy = RestartPolicy()
    var warnings: [Double] = []
    for second in stride(from: 0.0, to: 130, by: 5) {
      _ = policy.died(at: time(second), afterLife: nil)
      if policy.mustWarn(at: time(second)) { warnings.append(second) }
    }
    #expect(warnings == [45, 105])
  }

  @Test(arguments: [
    ("ready", WorkerLink.Word.ready), ("replace 300 requests", .replace(reason: "300 requests")),
  ])
  func `what a worker says is understood`(_ line: String, _ word: WorkerLink.Word) {
    #expect(WorkerLink.Word(line) == word)
    #expect(word.line == line + "\n")
  }

  @Test(arguments: ["", "read", "replace", "ready "])
  func `anything else is not`(_ line: String) { #expect(WorkerLink.Word(line) == nil) }
}
