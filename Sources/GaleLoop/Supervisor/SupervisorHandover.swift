// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Glibc

/// What a supervisor leaves to the next run of its program.
struct SupervisorHandover {
  static let variable = "GALE_SUPERVISOR"

  struct Worker {
    let taskID: Int
    let pid: Int32
    let link: Int32
    /// The number of its page on the scoreboard.
    let page: Int
    /// Whether it was asked to end; asked again, it would end at once.
    var isRetiring = false
  }

  let workers: [Worker]
  /// The scoreboard's descriptor.
  let board: Int32

  init(_ workers: [Worker], board: Int32) {
    self.workers = workers
    self.board = board
  }

  /// What the new run gets beside the sockets.
  var descriptors: [Int32] { workers.map(\.link) + [board] }

  /// What the former run left; taken from the environment once.
  static func take() -> SupervisorHandover? {
    guard let text = ProcessEnvironment[variable] else { return nil }
    unsafe unsetenv(variable)
    let words = text.split(separator: " ")
    guard words.first.flatMap({ Int32($0) }) == getpid() else { return nil }
    return SupervisorHandover(
      words.dropFirst(2).compactMap { word in
        let numbers = word.split(separator: ":").compactMap { Int($0) }
        guard numbers.count == 5, (1..<Scoreboard.pageCount).contains(numbers[3]) else { return nil }
        return Worker(
          taskID: numbers[0], pid: Int32(numbers[1]), link: Int32(numbers[2]), page: numbers[3],
          isRetiring: numbers[4] != 0)
      }, board: words.dropFirst().first.flatMap { Int32($0) } ?? -1)
  }

  /// The process comes first: a child that inherits the variable has inherited nothing else.
  var text: String {
    let words = workers.map { "\($0.taskID):\($0.pid):\($0.link):\($0.page):\($0.isRetiring ? 1 : 0)" }
    return ([String(getpid()), String(board)] + words).joined(separator: " ")
  }
}
