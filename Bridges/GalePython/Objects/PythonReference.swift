// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import CPython
import Synchronization

/// A reference to a Python object that any thread may keep and drop.
///
/// Dropped on a thread without the lock, the reference waits in a queue until some thread attaches. Dropped after the
/// interpreter stopped, it is forgotten: the object is gone.
@safe
public final class PythonReference: Sendable {
  /// `nonisolated(unsafe)`: the address never changes, and the object behind it is only touched with the lock held.
  private nonisolated(unsafe) let raw: PythonPointer

  /// The sub-interpreter that the object belongs to; `nil` for the first interpreter.
  private let home: SubInterpreterHome?

  /// Takes over `object`.
  public init(_ object: consuming PythonObject) {
    unsafe raw = object.take()
    home = SubInterpreterHome.current
  }

  deinit {
    if let home { unsafe home.drop(raw) } else { unsafe Runtime.drop(raw) }
  }

  /// The object, as a reference of its own.
  public func object(_ python: borrowing Attached) -> PythonObject {
    // SAFETY: this object owns a reference, and the token shows the lock.
    unsafe PythonObject(borrowing: raw)
  }
}

/// References to objects of one interpreter that were dropped where its lock was not held.
struct DroppedReferences: ~Copyable, Sendable {
  /// Addresses, since pointers are not Sendable; each stands for one owned reference.
  private let queue = Mutex<[UInt]>([])
  private let count = Atomic<Int>(0)

  /// Whether ``release(_:)`` has something to do.
  var arePending: Bool { count.load(ordering: .relaxed) > 0 }

  /// Keeps one reference for later.
  func add(_ raw: PythonPointer) {
    let address = UInt(bitPattern: raw)
    queue.withLock { $0.append(address) }
    count.wrappingAdd(1, ordering: .releasing)
  }

  /// Gives up what waited.
  @inline(never)
  func release(_ python: borrowing Attached) {
    // The queue is emptied first: a finaliser may drop further references, or detach.
    let addresses = queue.withLock { queue in
      defer { queue = [] }
      return queue
    }
    count.wrappingSubtract(addresses.count, ordering: .relaxed)
    for address in addresses {
      guard let raw = unsafe PythonPointer(bitPattern: address) else { continue }
      // SAFETY: `add` was given ownership of this reference, and the token shows the lock.
      unsafe cgale_decref(raw)
    }
  }
}

extension Runtime {
  /// Whether references to objects of the first interpreter wait for somebody who attaches.
  static var hasDropped: Bool { dropped.arePending }

  /// Gives up one reference to an object of the first interpreter, now if this thread is attached there and later
  /// otherwise.
  static func drop(_ raw: PythonPointer) {
    guard gate.enter() else { return }
    defer { gate.leave() }
    if cgale_is_attached() != 0, SubInterpreterHome.current == nil {
      // SAFETY: the caller owned the reference, and this thread holds the lock.
      unsafe cgale_decref(raw)
    } else {
      unsafe dropped.add(raw)
    }
  }
}

#endif
