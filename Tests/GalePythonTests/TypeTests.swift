// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import Synchronization
import Testing

@testable import GalePython

/// A Swift object behind Python objects.
private final class Counter {
  static let alive = Atomic<Int>(0)

  var total = 0

  init() { Self.alive.wrappingAdd(1, ordering: .relaxed) }

  deinit { Self.alive.wrappingSubtract(1, ordering: .relaxed) }
}

private struct Refusal: Error, CustomStringConvertible {
  let description = "refused by Swift"
}

private let add: PythonFastFunction = { instance, arguments, count in
  unsafe Callback.object { (python) throws(PythonError) in
    var sum = 0
    for index in 0..<count {
      guard let argument = unsafe arguments?[index] else { continue }
      sum += try unsafe PythonObject(borrowing: argument).int(python)
    }
    return try unsafe PythonType<Counter>.withPayload(of: instance) { (counter) throws(PythonError) in
      counter.total += sum
      return try python.int(counter.total)
    }
  }
}

private let call: PythonVectorcall = { instance, arguments, flagged, names in
  unsafe Callback.object { (python) throws in
    guard unsafe names == nil else { throw PythonException(.typeError, "no keyword arguments, please") }
    guard Callback.argumentCount(flagged) == 1, let argument = unsafe arguments?[0] else { throw Refusal() }
    return unsafe PythonObject(borrowing: argument)
  }
}

private let next: PythonReceiverFunction = { instance in
  unsafe Callback.next { (python) throws(PythonError) in
    try unsafe PythonType<Counter>.withPayload(of: instance) { (counter) throws(PythonError) in
      counter.total += 1
      return counter.total > 3 ? nil : try python.int(counter.total)
    }
  }
}

private let pass: PythonUnaryFunction = { _, argument in
  unsafe Callback.object { (python) throws(PythonError) in
    guard let argument = unsafe argument else { return python.none }
    return try unsafe PythonObject(borrowing: argument).call(python)
  }
}

private let reset: PythonUnaryFunction = { instance, _ in
  unsafe Callback.none { (_) throws(PythonError) in
    unsafe PythonType<Counter>.withPayload(of: instance) { $0.total = 0 }
  }
}

private let total: PythonGetter = { instance, _ in
  unsafe Callback.object { (python) throws(PythonError) in
    try python.int(unsafe PythonType<Counter>.withPayload(of: instance) { $0.total })
  }
}

extension GalePythonTests {
  @Suite("types defined in Swift")
  struct TypeTests {
    let interpreter: Interpreter
    private let type: PythonType<Counter>

    private static let shared = Mutex<PythonType<Counter>?>(nil)

    init() throws {
      let interpreter = try TestInterpreter.get()
      self.interpreter = interpreter
      type = try Self.shared.withLock { shared in
        if let shared { return shared }
        let made = try interpreter.attach { python in
          try unsafe PythonType<Counter>(
            python, name: "gale_test.Counter", doc: "Counts.",
            methods: [
              unsafe PythonMethod("add", doc: "Adds.", fast: add), unsafe PythonMethod("pass_", unary: pass),
              unsafe PythonMethod("reset", noArguments: reset),
            ],
            properties: [unsafe PythonProperty("total", total)], call: call, iterator: Callback.receiver,
            next: next)
        }
        shared = made
        return made
      }
    }

    /// The description of `source`, in which `c` is a new instance.
    private func evaluate(_ source: String) throws -> String {
      try interpreter.attach { python in
        let function = try python.evaluate("lambda c: " + source)
        return try function.call(python, try type.instance(python, Counter())).description(python)
      }
    }

    @Test(arguments: [
      ("c.add()", "0"), ("[c.add(1, 2), c.add(3), c.total]", "[3, 6, 6]"), ("c('x')", "x"),
      ("c(*['y'])", "y"),
      ("list(c)", "[1, 2, 3]"), ("iter(c) is c", "True"), ("[c.add(4), c.reset(), c.total]", "[4, None, 0]"),
      ("c.pass_(lambda: 'called back')", "called back"), ("callable(c)", "True"),
      ("type(c).__name__", "Counter"),
      ("type(c).__module__", "gale_test"), ("type(c).__doc__", "Counts."), ("type(c).add.__doc__", "Adds."),
    ])
    func `an instance behaves`(_ source: String, _ result: String) throws {
      #expect(try evaluate(source) == result)
    }

    @Test(arguments: [
      ("c()", "RuntimeError: refused by Swift"), ("c(a=1)", "TypeError: no keyword arguments, please"),
      ("c(**{'a': 1})", "TypeError: no keyword arguments, please"), ("c.add('x')", "TypeError"),
      ("c.pass_(lambda: {}['k'])", "KeyError: 'k'"), ("type(c)()", "TypeError: cannot create"),
      ("object.__new__(type(c))", "TypeError"), ("type(c).add(5)", "TypeError"), ("c.pass_()", "TypeError"),
      ("type('Sub', (type(c),), {})", "TypeError"), ("setattr(c, 'x', 1)", "AttributeError"),
    ])
    func `a Swift error arrives as a Python exception`(_ source: String, _ reason: String) throws {
      let error = #expect(throws: PythonError.self) { try evaluate(source) }
      #expect(error?.description.hasPrefix(reason) == true)
    }

    @Test func `an exception that passes through Swift keeps its identity and traceback`() throws {
      try interpreter.attach { python in
        let function = try python.run(
          """
          def function(c):
            error = ValueError('original')
            def fail(): raise error
            try: c.pass_(fail)
            except ValueError as e: return e is error, e.__traceback__.tb_next.tb_frame.f_code.co_name
          """, result: "function")
        let result = try function.call(python, try type.instance(python, Counter())).description(python)
        #expect(result == "(True, 'fail')")
      }
    }

    @Test func `the Swift object lives exactly as long as its instance`() throws {
      let before = Counter.alive.load(ordering: .relaxed)
      try interpreter.attach { python in
        do {
          let list = try python.list()
          for _ in 0..<100 { try list.append(python, try type.instance(python, Counter())) }
          #expect(Counter.alive.load(ordering: .relaxed) == before + 100)
        }
        #expect(Counter.alive.load(ordering: .relaxed) == before)
      }
    }

    @Test func `the type is not kept alive by dead instances`() throws {
      try interpreter.attach { python in
        let object = type.object(python)
        let before = object.referenceCount
        for _ in 0..<1_000 {
          let instance = try type.instance(python, Counter())
          _ = try instance.call(python, python.none)
          _ = try? instance.call(python)
        }
        let after = object.referenceCount
        #expect(before == after)
      }
    }

    @Test func `a payload is found in its own type only`() throws {
      try interpreter.attach { python in
        let counter = Counter()
        let instance = try type.instance(python, counter)
        #expect(type.payload(of: instance) === counter)
        let other = try python.list()
        #expect(type.payload(of: other) == nil)
      }
    }
  }
}

#endif
