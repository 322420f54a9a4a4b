// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import Testing

@testable import GalePython

extension GalePythonTests {
  @Suite("objects")
  struct ObjectTests {
    let interpreter: Interpreter

    init() throws { interpreter = try TestInterpreter.get() }

    @Test func `calls pass their arguments in order`() throws {
      let texts = try interpreter.attach { python in
        let list = try python.evaluate("lambda *a: list(a)")
        let one = try python.int(1)
        let two = try python.int(2)
        let three = try python.int(3)
        return [
          try list.call(python).description(python), try list.call(python, one).description(python),
          try list.call(python, one, two).description(python),
          try list.call(python, one, two, three).description(python),
        ]
      }
      #expect(texts == ["[]", "[1]", "[1, 2]", "[1, 2, 3]"])
    }

    @Test func `methods are called without a bound method`() throws {
      let texts = try interpreter.attach { python in
        let text = try python.string("a-b-c")
        let dash = try python.string("-")
        let dot = try python.string(".")
        return [
          try text.callMethod(python, try python.interned("upper")).string(python),
          try text.callMethod(python, try python.interned("split"), dash).description(python),
          try text.callMethod(python, try python.interned("replace"), dash, dot).string(python),
        ]
      }
      #expect(texts == ["A-B-C", "['a', 'b', 'c']", "a.b.c"])
    }

    @Test func `no reference is lost or gained in 10,000 calls`() throws {
      let (before, after) = try interpreter.attach { python in
        let function = try python.evaluate("lambda a, b: [a, b]")
        let first = try python.evaluate("object()")
        let second = try python.evaluate("object()")
        let name = try python.interned("gale_missing")
        var counts: [[Int]] = []
        for round in 0...10_000 {
          let result = try function.call(python, first, second)
          let copy = result.copy(python)
          _ = try copy.listItem(python, at: 0)
          _ = try result.attributeIfPresent(python, name)
          _ = try? result.attribute(python, name)
          try result.append(python, copy)
          _ = try result.callMethod(python, try python.interned("clear"))
          // After the first round, since CPython's cache of look-ups keeps the name.
          if round == 0 || round == 10_000 {
            counts.append(
              [function.referenceCount, first.referenceCount, second.referenceCount, name.referenceCount])
          }
        }
        return (counts[0], counts[1])
      }
      #expect(before == after)
    }

    @Test func `no memory is left behind by 10,000 calls`() throws {
      let blocks = try interpreter.attach { python in
        let count = try python.evaluate("__import__('sys').getallocatedblocks")
        let function = try python.evaluate("lambda a, b: {a: b}")
        var blocks: [Int] = []
        for _ in 0..<3 {
          for number in 0..<10_000 {
            let result = try function.call(
              python, try python.string("key \(number)"), try python.bytes([1, 2, 3]))
            for key in ["a", "b"] {
              try result.set(python, try python.interned(key), to: try python.int(number))
            }
            try result.forEach(python) { (key) throws(PythonError) in _ = try key.string(python) }
            _ = try python.tuple(result.copy(python), python.none).tupleItem(python, at: 0)
          }
          blocks.append(try count.call(python).int(python))
        }
        return blocks
      }
      #expect(abs(blocks[2] - blocks[1]) < 100)
    }

    @Test func `attributes are read, set and looked for`() throws {
      try interpreter.attach { python in
        let object = try python.evaluate("type('Thing', (), {})()")
        try object.setAttribute(python, "size", to: try python.int(5))
        let size = try object.attribute(python, "size").int(python)
        #expect(size == 5)
        let isMissing = try object.attributeIfPresent(python, try python.interned("weight")) == nil
        #expect(isMissing)
        let error = #expect(throws: PythonError.self) { _ = try object.attribute(python, "weight") }
        #expect(error?.typeName == "AttributeError")
        let name = object.typeName(python)
        #expect(name == "Thing")
      }
    }

    @Test func `a property that fails is no missing attribute`() throws {
      try interpreter.attach { python in
        let object = try python.run(
          "class C:\n  @property\n  def x(self): return 1 / 0\nc = C()", result: "c")
        let error = #expect(throws: PythonError.self) {
          _ = try object.attributeIfPresent(python, try python.interned("x"))
        }
        #expect(error?.typeName == "ZeroDivisionError")
      }
    }

    @Test func `iteration ends, and its errors arrive`() throws {
      try interpreter.attach { python in
        var sum = 0
        try python.evaluate("(n * n for n in range(4))").forEach(python) { (item) throws(PythonError) in
          sum += try item.int(python)
        }
        #expect(sum == 14)
        let failing = try python.evaluate("(1 // n for n in (1, 0))").iterator(python)
        let first = try failing.next(python)?.int(python)
        #expect(first == 1)
        let error = #expect(throws: PythonError.self) { _ = try failing.next(python) }
        #expect(error?.description.contains("ZeroDivisionError") == true)
      }
    }
  }
}

#endif
