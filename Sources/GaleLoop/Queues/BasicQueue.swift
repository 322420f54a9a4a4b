// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// First in, first out: Tornado's `queues.Queue`.
public typealias Queue<Element> = BasicQueue<FIFOStorage<Element>>

/// Last in, first out: Tornado's `queues.LifoQueue`.
public typealias LIFOQueue<Element> = BasicQueue<LIFOStorage<Element>>

/// The smallest item first: Tornado's `queues.PriorityQueue`.
public typealias PriorityQueue<Element: Comparable> = BasicQueue<PriorityStorage<Element>>

/// Brings items from tasks that make them to tasks that use them, on one loop: Tornado's `queues`.
///
/// With a ``maxCount`` it holds fast makers back until somebody takes an item.
///
/// ```swift
/// let urls = Queue<String>(maxCount: 100)
/// for _ in 0..<10 {
///   loop.spawn {
///     for await url in urls {
///       defer { urls.taskDone() }
///       try? await fetch(url)
///     }
///   }
/// }
/// for url in list { try await urls.put(url) }
/// try await urls.join()
/// urls.close()
/// ```
public final class BasicQueue<Storage: QueueStorage>: CustomStringConvertible {
  /// What the queue carries.
  public typealias Element = Storage.Element

  private let loop: IOLoop
  private var storage = Storage()
  private let putters: WaiterQueue<Element, Void>
  private let getters: WaiterQueue<Void, Element?>
  private let finished: Event

  /// The most items that it holds; 0 for no limit: Tornado's `maxsize`.
  public let maxCount: Int
  /// Items that were put and not yet reported by ``taskDone()``.
  public private(set) var unfinishedCount = 0
  /// Whether ``close()`` was called.
  public private(set) var isClosed = false

  /// Creates an empty queue for the tasks of `loop`.
  /// - Parameters:
  ///   - maxCount: The most items that it holds; 0 for no limit.
  ///   - loop: The loop of the tasks.
  public init(maxCount: Int = 0, on loop: IOLoop = .current) {
    precondition(maxCount >= 0, "maxCount cannot be negative")
    self.maxCount = maxCount
    self.loop = loop
    putters = WaiterQueue(loop: loop)
    getters = WaiterQueue(loop: loop)
    finished = Event(on: loop)
    finished.set()
  }

  /// How many items there are: Tornado's `qsize`.
  public var count: Int { storage.count }

  /// Whether there is no item: Tornado's `empty`.
  public var isEmpty: Bool { storage.count == 0 }

  /// Whether there is no room: Tornado's `full`.
  public var isFull: Bool { maxCount > 0 && storage.count >= maxCount }

  // MARK: - Putting

  /// Puts an item in, when necessary after others were taken.
  /// - Parameters:
  ///   - item: What to put in.
  ///   - timeout: How long to wait at most; `nil` for no limit, zero or less to give up at once.
  /// - Throws: ``LoopError`` `.timedOut`, `CancellationError`, ``QueueError`` `.closed`. The item is not in
  ///   the queue then.
  public func put(_ item: Element, timeout: Duration? = nil) async throws {
    loop.checkThread()
    guard !isClosed, isFull else { return try putNoWait(item) }
    try await putters.wait(item, timeout: timeout)
  }

  /// Puts an item in: Tornado's `put_nowait`.
  /// - Throws: ``QueueError`` with `.full` or `.closed`.
  public func putNoWait(_ item: Element) throws(QueueError) {
    loop.checkThread()
    if isClosed { throw QueueError(.closed) }
    if isFull { throw QueueError(.full) }
    admit(item)
    // Whoever waits gets an item at once; which one, the storage says.
    if !getters.isEmpty { getters.wakeFirst { [self] in .success(storage.next()) } }
  }

  private func admit(_ item: Element) {
    unfinishedCount += 1
    finished.clear()
    storage.insert(item)
  }

  // MARK: - Getting

  /// Takes the next item, when necessary after one was put in.
  /// - Parameter timeout: How long to wait at most; `nil` for no limit, zero or less to give up at once.
  /// - Throws: ``LoopError`` `.timedOut`, `CancellationError`; ``QueueError`` `.closed` when the queue is
  ///   closed and empty.
  public func get(timeout: Duration? = nil) async throws -> Element {
    loop.checkThread()
    if let item = take() { return item }
    if isClosed { throw QueueError(.closed) }
    guard let item = try await getters.wait((), timeout: timeout) else { throw QueueError(.closed) }
    return item
  }

  /// Takes the next item: Tornado's `get_nowait`.
  /// - Throws: ``QueueError`` with `.empty`, or `.closed` when the queue is closed besides.
  public func getNoWait() throws(QueueError) -> Element {
    loop.checkThread()
    if let item = take() { return item }
    throw QueueError(isClosed ? .closed : .empty)
  }

  /// The next item; the room that this makes goes to the task that waits longest to put one in.
  ///
  /// As in Tornado, that one's item is in the queue before the next item is chosen.
  private func take() -> Element? {
    guard count > 0 else { return nil }
    putters.wakeFirst { [self] item in
      admit(item)
      return .success(())
    }
    return storage.next()
  }

  // MARK: - Ending

  /// Reports that an item which was taken is dealt with: Tornado's `task_done`.
  ///
  /// To report more than were put in is a mistake that stops the program.
  public func taskDone() {
    loop.checkThread()
    precondition(unfinishedCount > 0, "taskDone() called too many times")
    unfinishedCount -= 1
    if unfinishedCount == 0 { finished.set() }
  }

  /// Waits until every item that was put in has been reported by ``taskDone()``.
  /// - Parameter timeout: How long at most; `nil` for no limit, zero or less to give up at once.
  /// - Throws: ``LoopError`` `.timedOut`; `CancellationError`.
  public func join(timeout: Duration? = nil) async throws {
    try await finished.wait(timeout: timeout)
  }

  /// Takes no more items: iteration ends once those inside are taken.
  ///
  /// Whoever waits to put one in gets ``QueueError`` `.closed`, and so does whoever waits for one.
  public func close() {
    loop.checkThread()
    guard !isClosed else { return }
    isClosed = true
    putters.wakeAll { _ in .failure(QueueError(.closed)) }
    getters.wakeAll { .success(nil) }
  }

  /// For debugging: the limit, who waits, and what is unfinished.
  public var description: String {
    var text = "<Queue maxCount=\(maxCount) count=\(count)"
    if !getters.isEmpty { text += " getters[\(getters.count)]" }
    if !putters.isEmpty { text += " putters[\(putters.count)]" }
    if unfinishedCount > 0 { text += " tasks=\(unfinishedCount)" }
    return text + (isClosed ? " closed>" : ">")
  }
}

extension BasicQueue: AsyncSequence {
  /// Takes items until the queue is closed and empty, or the task is cancelled.
  public struct AsyncIterator: AsyncIteratorProtocol {
    let queue: BasicQueue

    /// The next item; `nil` at the end.
    public func next() async -> Element? { try? await queue.get() }
  }

  /// Iterates over the items, taking each out: Tornado's `async for item in queue`.
  public func makeAsyncIterator() -> AsyncIterator { AsyncIterator(queue: self) }
}
