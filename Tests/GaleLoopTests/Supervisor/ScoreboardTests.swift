// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

@testable import GaleLoop

@Suite("supervisor: the scoreboard")
struct ScoreboardTests {
  @Test func `a page begins with zeros`() {
    #expect(ScorePage().values == [UInt64](repeating: 0, count: ScorePage.count))
  }

  @Test func `numbers are added and subtracted, not below zero`() {
    let page = ScorePage()
    page.add(5, at: 0)
    page.add(6, at: 0)
    page.subtract(4, at: 0)
    page.subtract(1, at: 511)
    #expect(page[0] == 7)
    #expect(page[511] == 0)
  }

  @Test func `who maps the same memory sees the same numbers`() throws {
    let board = try Scoreboard.shared()
    let other = try Scoreboard.map(dup(board.descriptor))
    board[3][7] = 42
    #expect(other[3][7] == 42)
    other[3].add(1, at: 7)
    #expect(board[3][7] == 43)
    #expect(board[2][7] == 0)
  }

  @Test func `what is no scoreboard is refused`() throws {
    var ends: [Int32] = [0, 0]
    #expect(unsafe pipe(&ends) == 0)
    defer { for end in ends { close(end) } }
    let error = #expect(throws: LoopError.self) { try Scoreboard.map(ends[0]) }
    #expect(error?.code == .invalidArgument)
    #expect(throws: LoopError.self) { try Scoreboard.map(1_000_000) }
  }

  @Test func `a worker that is gone leaves its counters, not its gauges, and its page is free`() throws {
    let board = try Scoreboard.shared()
    let page = try board.reserve(5)
    #expect(page[ScorePage.taskID] == 5)
    #expect(page.workerState == .starting)
    #expect(board.workers.count == 1)
    let second = try board.reserve(6)
    #expect(second.index != page.index)
    board.past[3] = 1
    page[3] = 2
    page[ScorePage.counterCount - 1] = 3
    page[ScorePage.counterCount] = 4
    board.release(page)
    #expect(board.past[3] == 3)
    #expect(board.past[ScorePage.counterCount - 1] == 3)
    #expect(board.past[ScorePage.counterCount] == 0)
    #expect(board.workers.map(\.index) == [second.index])
    #expect(try board.reserve(7).index == page.index)
  }
}
