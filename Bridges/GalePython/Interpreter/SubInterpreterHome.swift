// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import CPython
import Synchronization

/// A sub-interpreter as references to its objects know it: whether the objects are still there, and where those wait that
/// were dropped without its lock.
@safe
final class SubInterpreterHome: Sendable {
  /// The interpreter's state.
  ///
  /// `nonisolated(unsafe)`: the address never changes, and CPython guards what is behind it.
  nonisolated(unsafe) let raw: OpaquePointer
  /// Open until the interpreter ends.
  let gate = UsageGate()
  /// What waits for somebody who attaches.
  let dropped = DroppedReferences()

  /// Whether this process ever had one.
  ///
  /// Looked at where objects are kept: until then nothing else is.
  private static let exist = Atomic<Bool>(false)
  /// Those that run, by address.
  private static let all = Mutex<[UInt: SubInterpreterHome]>([:])

  /// Registers an interpreter that was made just now.
  init(_ raw: OpaquePointer) {
    unsafe self.raw = raw
    gate.open()
    Self.exist.store(true, ordering: .relaxed)
    Self.all.withLock { $0[address] = self }
  }

  private var address: UInt { unsafe UInt(bitPattern: raw) }

  /// Forgets the interpreter: the address may become another one's.
  func forget() { Self.all.withLock { $0[address] = nil } }

  /// The one whose lock this thread holds; `nil` for the first interpreter.
  ///
  /// Only for threads that are attached.
  static var current: SubInterpreterHome? { exist.load(ordering: .relaxed) ? find() : nil }

  private static func find() -> SubInterpreterHome? {
    // SAFETY: the thread is attached, so it has an interpreter.
    guard let raw = unsafe PyInterpreterState_Get(), unsafe raw != PyInterpreterState_Main() else {
      return nil
    }
    if let home = PinnedThreadState.present?.home, unsafe home.raw == raw { return home }
    // Threads that Python code has started.
    let address = UInt(bitPattern: raw)
    return all.withLock { $0[address] }
  }

  /// Whether this thread, attached or not, may not attach to the first interpreter.
  static var hasThisThread: Bool { exist.load(ordering: .relaxed) && isAmongThreads }

  private static var isAmongThreads: Bool {
    if let pinned = PinnedThreadState.present { return pinned.home != nil }
    return cgale_is_attached() != 0 && find() != nil
  }

  /// Gives up one reference, now if this thread is attached here and later otherwise.
  func drop(_ raw: PythonPointer) {
    guard gate.enter() else { return }
    defer { gate.leave() }
    // SAFETY: only asked when the thread is attached, so it has an interpreter.
    if cgale_is_attached() != 0, unsafe PyInterpreterState_Get() == self.raw {
      // SAFETY: the caller owned the reference, and this thread holds the lock.
      unsafe cgale_decref(raw)
    } else {
      unsafe dropped.add(raw)
    }
  }
}

#endif
