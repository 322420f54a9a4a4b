// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import Testing

@testable import GalePython

extension GalePythonTests {
  @Suite("conversions")
  struct ConversionTests {
    let interpreter: Interpreter

    init() throws { interpreter = try TestInterpreter.get() }

    @Test(arguments: [[], [0], [1, 2, 0, 255], Array(repeating: 7, count: 100_000)] as [[UInt8]])
    func `bytes go in and come out`(_ content: [UInt8]) throws {
      try interpreter.attach { python in
        let object = try python.bytes(content)
        let copy = try object.bytes(python)
        #expect(copy == content)
        let viewed = unsafe object.withUnsafeBytes { unsafe [UInt8]($0) }
        #expect(viewed == content)
        let view = try python.evaluate("lambda b: memoryview(bytearray(b))").call(python, object).bytes(
          python)
        #expect(view == content)
      }
    }

    @Test(arguments: [0, 1, 5, 10])
    func `bytes are filled in place`(_ count: Int) throws {
      try interpreter.attach { python in
        let object = try unsafe python.bytes(capacity: 10) { buffer throws(PythonError) in
          for index in 0..<count { unsafe buffer[index] = UInt8(index) }
          return count
        }
        let content = try object.bytes(python)
        #expect(content == (0..<count).map { UInt8($0) })
      }
    }

    @Test func `something without a buffer has no bytes`() throws {
      try interpreter.attach { python in
        let error = #expect(throws: PythonError.self) { _ = try python.int(5).bytes(python) }
        #expect(error?.typeName == "TypeError")
      }
    }

    @Test(arguments: ["", "a", "plain", "é", "naïve ÿ", "日本語", "🐍 and 🦅", "nul \0 inside"])
    func `strings go in and come out`(_ text: String) throws {
      try interpreter.attach { python in
        let object = try python.string(text)
        let back = try object.string(python)
        #expect(back == text)
        let interned = try python.interned(text)
        let again = try python.interned(text)
        let (isSame, isEqual) = (interned.isIdentical(to: again), try interned.string(python) == text)
        #expect(isSame && isEqual)
        let scalars = try object.count(python)
        #expect(scalars == text.unicodeScalars.count)
      }
    }

    @Test func `every byte becomes its Latin-1 character and comes back`() throws {
      let all = (0...255).map { UInt8($0) }
      try interpreter.attach { python in
        let object = try python.string(latin1: all.span)
        let encoded = try object.callMethod(
          python, try python.interned("encode"), try python.string("latin-1"))
        let bytes = try encoded.bytes(python)
        #expect(bytes == all)
        let viewed = unsafe object.withUnsafeLatin1(python) { unsafe [UInt8]($0) }
        #expect(viewed == all)
        let isString = object.isString
        #expect(isString)
      }
    }

    @Test func `ASCII is copied as it is`() throws {
      try interpreter.attach { python in
        for text in ["", "x", "GET /index.html"] {
          let bytes = [UInt8](text.utf8)
          let object = try unsafe bytes.withUnsafeBytes { buffer in
            PythonReference(try unsafe python.string(ascii: buffer))
          }.object(python)
          let back = try object.string(python)
          #expect(back == text)
        }
      }
    }

    @Test(arguments: ["日本", "\u{100}"])
    func `what is beyond Latin-1 has no Latin-1 form`(_ text: String) throws {
      try interpreter.attach { python in
        let bytes = unsafe try python.string(text).withUnsafeLatin1(python) { $0.count }
        #expect(bytes == nil)
        let number = unsafe try python.int(1).withUnsafeLatin1(python) { $0.count }
        #expect(number == nil)
      }
    }

    @Test func `half a surrogate pair is an error as text and escaped in a description`() throws {
      try interpreter.attach { python in
        let object = try python.evaluate(#""a\ud800""#)
        let error = #expect(throws: PythonError.self) { _ = try object.string(python) }
        #expect(error?.typeName == "UnicodeEncodeError")
        let description = try object.description(python)
        #expect(description == #"a\ud800"#)
      }
    }

    @Test(arguments: [0, 1, -1, Int.max, Int.min])
    func `integers go in and come out`(_ number: Int) throws {
      let back = try interpreter.attach { python in try python.int(number).int(python) }
      #expect(back == number)
    }

    @Test func `integers that do not fit and other things are errors`() throws {
      try interpreter.attach { python in
        let tooLarge = #expect(throws: PythonError.self) { _ = try python.evaluate("2 ** 63").int(python) }
        #expect(tooLarge?.typeName == "OverflowError")
        let text = #expect(throws: PythonError.self) { _ = try python.string("5").int(python) }
        #expect(text?.typeName == "TypeError")
      }
    }

    @Test func `dictionaries are filled, copied and searched`() throws {
      try interpreter.attach { python in
        let dictionary = try python.dictionary()
        let key = try python.interned("key")
        let other = try python.interned("other")
        try dictionary.set(python, key, to: try python.int(1))
        let copy = try dictionary.dictionaryCopy(python)
        try copy.set(python, other, to: python.none)
        let (count, copied) = (try dictionary.count(python), try copy.count(python))
        #expect(count == 1 && copied == 2)
        let value = try copy.value(python, for: key)?.int(python)
        #expect(value == 1)
        let isMissing = try dictionary.value(python, for: other) == nil
        #expect(isMissing)
        try copy.remove(python, other)
        let error = #expect(throws: PythonError.self) { try copy.remove(python, other) }
        try dictionary.set(python, other, to: python.none)
        try copy.update(python, from: dictionary)
        let updated = try copy.count(python)
        #expect(updated == 2)
        #expect(error?.typeName == "KeyError")
        let unhashable = #expect(throws: PythonError.self) { try copy.set(python, copy, to: key) }
        #expect(unhashable?.typeName == "TypeError")
        let wrong = #expect(throws: PythonError.self) { try key.set(python, key, to: key) }
        #expect(wrong?.typeName == "SystemError")
      }
    }

    @Test func `lists and tuples are built and read`() throws {
      try interpreter.attach { python in
        let list = try python.list()
        for number in 0..<3 { try list.append(python, try python.int(number)) }
        let last = try list.listItem(python, at: 2).int(python)
        #expect(last == 2)
        let error = #expect(throws: PythonError.self) { _ = try list.listItem(python, at: 3) }
        #expect(error?.typeName == "IndexError")
        let tuple = try python.tuple(count: 3) { (index) throws(PythonError) in try python.int(index * 10) }
        let text = try tuple.description(python)
        #expect(text == "(0, 10, 20)")
        let counts = unsafe (list.uncheckedListCount, tuple.uncheckedTupleCount)
        #expect(counts == (3, 3))
        let pair = try python.tuple(python.bool(true), python.none).description(python)
        #expect(pair == "(True, None)")
      }
    }

    @Test func `a tuple whose making fails leaves nothing behind`() throws {
      try interpreter.attach { python in
        let error = #expect(throws: PythonError.self) {
          _ = try python.tuple(count: 3) { (index) throws(PythonError) in
            try index == 2 ? python.evaluate("1 / 0") : python.int(index)
          }
        }
        #expect(error?.typeName == "ZeroDivisionError")
      }
    }
  }
}

#endif
