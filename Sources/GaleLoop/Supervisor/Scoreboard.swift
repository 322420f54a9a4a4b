// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import CSystem
import Glibc
import Synchronization

/// Memory that a supervisor and its workers share: a page of numbers for each worker, which it alone writes and
/// everybody reads at any time, without asking.
///
/// What a worker has counted is there whatever becomes of the worker. The first page holds what those workers had
/// counted that are gone.
@safe
package final class Scoreboard: @unchecked Sendable {
  // @unchecked Sendable: the numbers are atomic, and the pointer never changes.
  /// How many pages there are: more than a supervisor has workers, with those that are on their way out.
  package static let pageCount = 1025
  static let variable = "GALE_SCOREBOARD"

  fileprivate let numbers: UnsafeMutablePointer<Atomic<UInt64>>
  private let pageCount: Int
  /// The memory's descriptor; −1 for memory that nobody else can map.
  let descriptor: Int32

  /// Memory of this process alone, or that of `descriptor`, which is taken over; `nil` when it cannot be mapped.
  fileprivate init?(mapping descriptor: Int32, pageCount: Int) {
    let flags = descriptor < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED
    let byteCount = pageCount * ScorePage.byteCount
    // SAFETY: the memory stays mapped until deinit, and zeros are valid numbers; pages that nobody touches cost nothing.
    let memory = unsafe mmap(nil, byteCount, PROT_READ | PROT_WRITE, flags, descriptor, 0)
    guard let memory = unsafe memory, unsafe memory != MAP_FAILED else { return nil }
    unsafe numbers = memory.bindMemory(to: Atomic<UInt64>.self, capacity: pageCount * ScorePage.count)
    self.descriptor = descriptor
    self.pageCount = pageCount
  }

  deinit {
    unsafe munmap(numbers, pageCount * ScorePage.byteCount)
    if descriptor >= 0 { _ = gale_close(descriptor) }
  }

  /// One that workers can be given.
  package static func shared() throws(LoopError) -> Scoreboard {
    let byteCount = Int64(pageCount * ScorePage.byteCount)
    return try map(
      try unsafe LoopError.check(gale_shared_memory("gale-scoreboard", byteCount), "memfd_create"))
  }

  /// The one that another process has made.
  static func map(_ descriptor: Int32) throws(LoopError) -> Scoreboard {
    var status = gale_file_status()
    // SAFETY: filled in during the call.
    guard unsafe gale_file_status(descriptor, &status) == 0,
      status.size == Int64(pageCount * ScorePage.byteCount), gale_close_on_exec(descriptor) >= 0
    else { throw LoopError(.invalidArgument, "descriptor \(descriptor) is no scoreboard") }
    guard let board = Scoreboard(mapping: descriptor, pageCount: pageCount) else {
      throw LoopError(systemError: errno, call: "mmap")
    }
    return board
  }

  /// That of this process's supervisor, and the number of the page that is this worker's; taken once.
  private static let mine: (board: Scoreboard, index: Int)? = {
    guard let text = ProcessEnvironment[variable] else { return nil }
    unsafe unsetenv(variable)
    let words = text.split(separator: ":").compactMap { Int32($0) }
    guard words.count == 2, (1..<Int32(pageCount)).contains(words[1]), let board = try? map(words[0]) else {
      return nil
    }
    return (board, Int(words[1]))
  }()

  /// That of this process's supervisor.
  static var ofSupervisor: Scoreboard? { mine?.board }
  /// This worker's page.
  static var ownPage: ScorePage? { mine.map { $0.board[$0.index] } }

  package subscript(index: Int) -> ScorePage {
    precondition((0..<pageCount).contains(index), "there is no page \(index)")
    return ScorePage(self, index)
  }

  /// What workers had counted that are gone, and facts about the supervisor.
  package var past: ScorePage { self[0] }

  /// The pages of the workers that there are.
  package var workers: [ScorePage] {
    (1..<pageCount).lazy.map { self[$0] }.filter { $0[ScorePage.pid] != 0 }
  }

  // MARK: - The supervisor's side

  /// An empty page for a worker that is about to be started.
  func reserve(_ taskID: Int) throws(LoopError) -> ScorePage {
    guard let page = (1..<pageCount).lazy.map({ self[$0] }).first(where: { $0[ScorePage.pid] == 0 }) else {
      throw LoopError(.invalidArgument, "there is no page left for a worker")
    }
    page.clear()
    page[ScorePage.pid] = .max
    page[ScorePage.taskID] = UInt64(taskID)
    page[ScorePage.startSeconds] = UInt64(System.wallSeconds)
    return page
  }

  /// Keeps what a worker had counted that is gone.
  func release(_ page: ScorePage) {
    for index in 0..<ScorePage.counterCount { past.add(page[index], at: index) }
    page.clear()
  }
}

/// One page of a ``Scoreboard``, or of its own.
///
/// Numbers below ``counterCount`` only grow. The others describe the present, and go with the worker.
package struct ScorePage: Sendable {
  package static let count = 512
  package static let counterCount = 384
  static let byteCount = count * 8

  // What the supervisor writes.
  package static let pid = 504
  package static let taskID = 505
  /// A ``State``.
  package static let state = 506
  package static let startSeconds = 507
  /// On the first page: how often workers were started in the place of one that had died, and how many there are to be.
  package static let restarts = 508
  package static let places = 509

  /// What a worker is at.
  package enum State: UInt64, Sendable {
    /// Started, but does not serve yet.
    case starting
    /// Serves.
    case serving
    /// Was asked to end.
    case retiring
  }

  private let board: Scoreboard
  package let index: Int

  fileprivate init(_ board: Scoreboard, _ index: Int) {
    self.board = board
    self.index = index
  }

  /// A page of this process alone.
  package init() {
    guard let board = Scoreboard(mapping: -1, pageCount: 1) else { fatalError("there is no memory left") }
    self.init(board, 0)
  }

  package subscript(number: Int) -> UInt64 {
    get { unsafe board.numbers[place(number)].load(ordering: .relaxed) }
    nonmutating set { unsafe board.numbers[place(number)].store(newValue, ordering: .relaxed) }
  }

  /// Adds where only this thread writes: without a locked instruction.
  @inline(__always)
  package func add(_ amount: UInt64, at number: Int) { self[number] = self[number] &+ amount }

  /// Subtracts where only this thread writes, down to 0.
  @inline(__always)
  package func subtract(_ amount: UInt64, at number: Int) {
    let before = self[number]
    self[number] = before > amount ? before - amount : 0
  }

  /// Adds where several threads write.
  @inline(__always)
  package func count(_ amount: UInt64, at number: Int) {
    unsafe board.numbers[place(number)].wrappingAdd(amount, ordering: .relaxed)
  }

  /// Subtracts where several threads write; what is subtracted was added before.
  ///
  /// Who finds that in ``values`` finds there what this thread had counted until then.
  @inline(__always)
  package func discount(_ amount: UInt64, at number: Int) {
    unsafe board.numbers[place(number)].wrappingSubtract(amount, ordering: .releasing)
  }

  @inline(__always)
  private func place(_ number: Int) -> Int {
    precondition((0..<ScorePage.count).contains(number), "a page has \(ScorePage.count) numbers")
    return index * ScorePage.count + number
  }

  /// All numbers as they are now: those that describe the present are read before those that only grow.
  package var values: [UInt64] {
    var values = [UInt64](repeating: 0, count: ScorePage.count)
    for number in values.indices.reversed() {
      values[number] = unsafe board.numbers[place(number)].load(ordering: .acquiring)
    }
    return values
  }

  func clear() {
    for number in (0..<ScorePage.count).reversed() { self[number] = 0 }
  }

  /// What the worker is at.
  package var workerState: State { State(rawValue: self[ScorePage.state]) ?? .starting }
}
