// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import Testing

@testable import GalePython

extension GalePythonTests {
  @Suite("errors")
  struct ErrorTests {
    let interpreter: Interpreter

    init() throws { interpreter = try TestInterpreter.get() }

    /// What running `source` throws, having left the lock's scope.
    private func error(of source: String) throws -> PythonError {
      let error = #expect(throws: PythonError.self) {
        try interpreter.attach { python in _ = try python.run(source, result: "x") }
      }
      return try #require(error)
    }

    @Test func `an exception brings its type, its message and its traceback`() throws {
      let error = try error(
        of: "def outer():\n  inner()\ndef inner():\n  raise ValueError('no good')\nouter()")
      #expect(error.typeName == "ValueError")
      #expect(error.message == "no good")
      #expect("\(error)" == "ValueError: no good")
      #expect(error.traceback.hasPrefix("Traceback (most recent call last):\n"))
      #expect(error.traceback.contains("in outer\n"))
      #expect(error.traceback.contains("in inner\n"))
      #expect(error.traceback.hasSuffix("ValueError: no good\n"))
      #expect(!error.isSystemExit && !error.isKeyboardInterrupt)
    }

    @Test func `causes are part of the traceback`() throws {
      let error = try error(
        of: "try:\n  {}['key']\nexcept KeyError as e:\n  raise RuntimeError('outer') from e")
      #expect(error.traceback.contains("KeyError: 'key'\n"))
      #expect(error.traceback.contains("The above exception was the direct cause"))
    }

    @Test(arguments: [
      ("sys.exit()", 0), ("sys.exit(3)", 3), ("sys.exit('message')", 1), ("raise SystemExit(None)", 0),
    ])
    func `SystemExit is recognised`(_ source: String, _ status: Int32) throws {
      let error = try error(of: "import sys\n" + source)
      #expect(error.isSystemExit)
      #expect(error.exitStatus == status)
    }

    @Test func `KeyboardInterrupt is recognised`() throws {
      let error = try error(of: "raise KeyboardInterrupt")
      #expect(error.isKeyboardInterrupt)
      #expect(error.exitStatus == nil)
      #expect("\(error)" == "KeyboardInterrupt")
    }

    @Test func `an exception that cannot be printed is still reported`() throws {
      let error = try error(
        of: "class Bad(Exception):\n  def __str__(self): raise TypeError('no')\nraise Bad()")
      #expect(error.typeName == "Bad")
      #expect(error.message == "<its __str__ raised TypeError>")
      #expect(error.traceback.contains("Bad"))
    }

    @Test func `an exception that no longer has its traceback module is still reported`() throws {
      let error = try error(
        of:
          "import sys\nsys.unraisablehook = lambda _: None\nsys.modules['traceback'] = None\nraise ValueError('v')"
      )
      try interpreter.attach { python in
        _ = try python.run(
          "import sys\ndel sys.modules['traceback']\nsys.unraisablehook = sys.__unraisablehook__", result: "x"
        )
      }
      #expect(error.traceback == "ValueError: v\n")
    }

    @Test func `a surrogate in the message is escaped`() throws {
      let error = try error(of: #"raise ValueError('\udc80')"#)
      #expect(error.message == #"\udc80"#)
    }

    @Test func `an error matches its classes`() throws {
      let error = try error(of: "raise KeyError('k')")
      try interpreter.attach { python in
        let lookup = try python.evaluate("LookupError")
        let value = try python.evaluate("ValueError")
        let isLookupError = error.matches(lookup, python)
        let isValueError = error.matches(value, python)
        #expect(isLookupError && !isValueError)
      }
    }

    @Test func `an error that nobody can be told about reaches the unraisable hook`() throws {
      let seen = try interpreter.attach { python in
        let seen = try python.run(
          "import sys\nseen = []\nsys.unraisablehook = lambda u: seen.append((u.exc_type, str(u.exc_value), u.object))",
          result: "seen")
        python.reportUnraisable(PythonException(.osError, "lost"), in: try python.string("place"))
        python.reportUnraisableError(in: python.none)
        _ = try python.run("import sys\nsys.unraisablehook = sys.__unraisablehook__", result: "x")
        return try seen.description(python)
      }
      #expect(seen == "[(<class 'OSError'>, 'lost', 'place')]")
    }
  }
}

#endif
