// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleLoop
public import GalePython

extension AsyncIOLoop {
  /// The items of an asynchronous iterator or generator of Python's.
  /// - Parameters:
  ///   - iterable: Makes the object with `__aiter__`; called at once.
  ///   - convert: Makes a Swift value of an item, with the lock held.
  public func sequence<Element: Sendable>(
    _ iterable: (borrowing Attached) throws -> PythonObject,
    _ convert: @escaping (borrowing Attached, borrowing PythonObject) throws -> Element
  ) throws -> PythonAsyncSequence<Element> {
    let iterator = try withPython { python in
      let iterable = try iterable(python)
      return PythonReference(try iterable.callMethod(python, try python.interned("__aiter__")))
    }
    return PythonAsyncSequence(asyncio: self, iterator: iterator, convert: convert)
  }
}

/// The items of an asynchronous iterator of Python's; can be iterated over once.
///
/// When the loop over it ends early, a generator is closed: its `finally` runs on the loop, soon afterwards.
public struct PythonAsyncSequence<Element: Sendable>: AsyncSequence {
  let asyncio: AsyncIOLoop
  let iterator: PythonReference
  let convert: (borrowing Attached, borrowing PythonObject) throws -> Element

  /// Begins.
  public func makeAsyncIterator() -> Iterator { Iterator(self) }

  /// Asks Python for one item after the other.
  public final class Iterator: AsyncIteratorProtocol {
    private let sequence: PythonAsyncSequence<Element>
    private var isOver = false

    init(_ sequence: PythonAsyncSequence<Element>) { self.sequence = sequence }

    deinit { if !isOver { sequence.closeLater() } }

    /// The next item, or `nil` at the end.
    ///
    /// - Throws: ``PythonError`` for what the generator raised, and what the conversion throws.
    public func next() async throws -> Element? {
      guard !isOver else { return nil }
      do {
        return try await sequence.asyncio.run(
          { [sequence] python in
            try sequence.iterator.object(python).callMethod(python, try python.interned("__anext__"))
          }, sequence.convert)
      } catch let error as PythonError {
        isOver = true
        let isEnd = sequence.asyncio.withPython { python in
          error.matches(sequence.asyncio.module.stopAsyncIteration.object(python), python)
        }
        if isEnd { return nil }
        throw error
      }
    }
  }

  /// Runs a generator's `aclose`.
  private func closeLater() {
    let confined = LoopConfined(self)
    asyncio.loop.addCallback {
      let sequence = confined.value
      let asyncio = sequence.asyncio
      asyncio.loop.spawn {
        let close: PythonReference? = try asyncio.withPython { python in
          let iterator = sequence.iterator.object(python)
          guard let close = try iterator.attributeIfPresent(python, try python.interned("aclose")) else {
            return nil
          }
          return PythonReference(close)
        }
        guard let close else { return }
        try await asyncio.run { python in try close.object(python).call(python) }
      }
    }
  }
}

#endif
