// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleTemplate

/// What one page is made in.
@safe
final class Frame {
  // SAFETY (this file): `slots` and `loops` own as many values as the layout says, all of them initialised, until
  // `deinit`. Indices come from the compiler, which counted them for the layout.

  /// How many values a template's pages need.
  struct Layout {
    var slotCount = 0
    var loopCount = 0
    /// Whether something is escaped by `xhtml_escape`.
    var escapes = false
  }

  private let slots: UnsafeMutablePointer<TemplateValue?>
  private let loops: UnsafeMutablePointer<LoopState>
  private let layout: Layout
  final let output: TemplateOutput
  final let namespace: TemplateNamespace
  /// Whether `xhtml_escape` is the one that everybody has.
  final let escapesAsUsual: Bool
  private final let options: TemplateOptions
  private final lazy var common = options.namespace?()
  /// Whether the page is made: names have no values any more.
  private(set) final var isComplete = false
  /// How many lambdas are running inside each other.
  final var callDepth = 0
  static let callLimit = 60
  /// How many more rounds loops may take.
  private final var roundsLeft: Int

  init(_ layout: Layout, namespace: TemplateNamespace, options: TemplateOptions, capacity: Int) throws {
    self.layout = layout
    unsafe slots = .allocate(capacity: max(layout.slotCount, 1))
    unsafe slots.initialize(repeating: nil, count: layout.slotCount)
    unsafe loops = .allocate(capacity: max(layout.loopCount, 1))
    unsafe loops.initialize(repeating: LoopState(), count: layout.loopCount)
    output = TemplateOutput(capacity: capacity)
    self.namespace = namespace
    self.options = options
    roundsLeft = options.roundLimit ?? .max
    if layout.escapes {
      let common = options.namespace?()
      var isReplaced = false
      for name in ["xhtml_escape", "escape"] {
        if try namespace.value(name) != nil || common?.value(name) != nil { isReplaced = true }
      }
      escapesAsUsual = !isReplaced
    } else {
      escapesAsUsual = false
    }
  }

  deinit {
    unsafe slots.deinitialize(count: layout.slotCount).deallocate()
    unsafe loops.deinitialize(count: layout.loopCount).deallocate()
  }

  /// Lets go of all values: a lambda among them would keep the others.
  func complete() {
    isComplete = true
    for slot in 0..<layout.slotCount { unsafe slots[slot] = nil }
    for loop in 0..<layout.loopCount { unsafe loops[loop] = LoopState() }
  }

  // MARK: - Names

  /// The value of a name: of a local, or of a global once it was looked up.
  @inline(__always)
  final subscript(slot: Int) -> TemplateValue? {
    get { unsafe slots[slot] }
    set { unsafe slots[slot] = newValue }
  }

  /// Where the value of a name is, until a name gets a value; `nil` when it has none.
  @inline(__always)
  final func address(_ slot: Int) -> ValueAddress? {
    if case .none = unsafe slots[slot] { return nil }
    // SAFETY: an optional that has a value begins with it.
    return unsafe ValueAddress(UnsafeRawPointer(slots + slot).assumingMemoryBound(to: TemplateValue.self))
  }

  /// The value of a name that the template does not set.
  func global(_ name: String, _ builtIn: TemplateValue?) throws -> TemplateValue {
    if let value = try namespace.value(name) ?? common?.value(name) ?? builtIn { return value }
    throw TemplateException(.nameError, "name '\(name)' is not defined")
  }

  /// A module for `{% import %}`.
  func module(_ name: String) throws -> TemplateValue {
    if let value = options.modules?(name) ?? TemplateLibrary.module(name) { return value }
    throw TemplateException(.moduleNotFoundError, "No module named '\(name)'")
  }

  // MARK: - Loops

  /// Begins a loop.
  final func begin(_ loop: Int, _ sequence: TemplateValue) throws {
    unsafe loops[loop] = try LoopState(sequence)
  }

  /// Gives the next element of a loop to `slot`.
  /// - Returns: `false` at the end.
  @inline(__always)
  final func next(_ loop: Int, into slot: Int) -> Bool {
    unsafe loops[loop].next { value in unsafe slots[slot] = value }
  }

  /// The next element of a loop.
  final func next(_ loop: Int) -> TemplateValue? {
    var found: TemplateValue?
    _ = unsafe loops[loop].next { found = $0 }
    return found
  }

  /// Counts a round of a loop.
  @inline(__always)
  final func countRound() throws {
    roundsLeft &-= 1
    if roundsLeft < 0 {
      throw TemplateException(.runtimeError, "the page takes more rounds than its options allow")
    }
  }

  // MARK: - Output

  /// What `body` writes.
  func captured(_ body: () throws -> Void) rethrows -> [UInt8] {
    let start = output.count
    do { try body() } catch {
      output.truncate(to: start)
      throw error
    }
    return output.take(from: start)
  }
}

/// How far a loop is.
struct LoopState {
  private enum Sequence {
    /// The list may grow while it is gone through, as in Python.
    case list(TemplateList)
    case range(TemplateRange)
    case elements([TemplateValue])
  }

  private var sequence = Sequence.elements([])
  private var index = 0

  init() {}

  init(_ value: TemplateValue) throws {
    if case .list(let list) = value {
      sequence = .list(list)
    } else if case .object(let object) = value, let range = object as? TemplateRange {
      sequence = .range(range)
    } else {
      sequence = .elements(try value.iterated())
    }
  }

  /// Takes the next element.
  @inline(__always)
  mutating func next(_ take: (TemplateValue) -> Void) -> Bool {
    let place = index
    switch sequence {
    case .list(let list):
      guard place < list.elements.count else { return false }
      take(list.elements[place])
    case .range(let range):
      guard place < range.count else { return false }
      take(.int(range[place]))
    case .elements(let elements):
      guard place < elements.count else { return false }
      take(elements[place])
    }
    index = place &+ 1
    return true
  }
}

/// Where a value is that somebody else keeps: to look at it there spares counting references.
@safe
struct ValueAddress {
  private let pointer: UnsafePointer<TemplateValue>

  /// - Parameter pointer: Good as long as the address is used: until code of an application, or of a template, runs.
  @unsafe
  init(_ pointer: UnsafePointer<TemplateValue>) { unsafe self.pointer = pointer }

  /// The value.
  @inline(__always)
  var value: TemplateValue {
    // SAFETY: whoever made the address says so.
    unsafe pointer.pointee
  }

  /// Calls `body` with the dictionary that the value is.
  @inline(__always)
  func withDictionary<Result>(_ body: (TemplateDictionary) -> Result?) -> Result? {
    guard case .dictionary(let dictionary) = unsafe pointer.pointee else { return nil }
    // SAFETY: the value keeps the dictionary.
    return unsafe Unmanaged.passUnretained(dictionary)._withUnsafeGuaranteedRef { body($0) }
  }
}

/// An error on its way out of a page.
struct TracedError: Error {
  let error: any Error
  let location: TemplateLocation
}
