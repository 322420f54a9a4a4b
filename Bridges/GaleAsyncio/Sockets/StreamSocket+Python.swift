// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GaleLoop
import GalePython

/// What a transport sees of its socket.
extension StreamSocket {
  static func makeType(_ python: borrowing Attached) throws(PythonError) -> PythonType<StreamSocket> {
    // SAFETY: the functions take the payload that the type is declared with.
    try unsafe PythonType(
      python, name: "gale.StreamSocket", doc: "What reads and writes for a transport.",
      methods: [
        PythonMethod("write", doc: "Sends data, or keeps it until it can be sent.", unary: write),
        PythonMethod("read", unary: read), PythonMethod("perform", unary: perform),
        PythonMethod("block", unary: block), PythonMethod("buffered", unary: buffered),
        PythonMethod("pending", noArguments: pending), PythonMethod("clear", noArguments: clear),
        PythonMethod("close", noArguments: close), PythonMethod("begin_to_close", noArguments: beginToClose),
        PythonMethod("is_closing", noArguments: isClosing),
      ])
  }

  private static let write: PythonUnaryFunction = { instance, data in
    unsafe with(instance, data) { (socket, python, data) in try socket.write(python, data) }
  }

  private static let read: PythonUnaryFunction = { instance, value in
    unsafe with(instance, value) { (socket, python, value) in
      let isWanted = try value.isTrue(python)
      try python.translatingSystemErrors { try socket.read(isWanted) }
    }
  }

  private static let perform: PythonUnaryFunction = { instance, value in
    unsafe with(instance, value) { (socket, python, value) in
      try socket.perform(python, IOEvents(rawValue: UInt32(truncatingIfNeeded: try value.int(python))))
    }
  }

  private static let block: PythonUnaryFunction = { instance, value in
    unsafe with(instance, value) { (socket, python, value) in socket.isBlocked = try value.isTrue(python) }
  }

  private static let buffered: PythonUnaryFunction = { instance, value in
    unsafe with(instance, value) { (socket, python, value) in socket.isBuffered = try value.isTrue(python) }
  }

  private static let pending: PythonUnaryFunction = { instance, _ in
    unsafe Callback.object { (python) throws(PythonError) in
      try python.int(unsafe PythonType<StreamSocket>.withPayload(of: instance) { $0.pendingCount })
    }
  }

  private static let clear: PythonUnaryFunction = { instance, _ in
    unsafe Callback.none { (python) throws in
      try unsafe PythonType<StreamSocket>.withPayload(of: instance) { socket in
        try python.translatingSystemErrors { try socket.clear() }
      }
    }
  }

  private static let isClosing: PythonUnaryFunction = { instance, _ in
    unsafe Callback.object { (python) throws(PythonError) in
      python.bool(unsafe PythonType<StreamSocket>.withPayload(of: instance) { $0.isClosing })
    }
  }

  private static let beginToClose: PythonUnaryFunction = { instance, _ in
    unsafe Callback.none { (python) throws in
      try unsafe PythonType<StreamSocket>.withPayload(of: instance) { socket in
        try python.translatingSystemErrors { try socket.beginToClose() }
      }
    }
  }

  private static let close: PythonUnaryFunction = { instance, _ in
    unsafe Callback.none { (python) throws in
      try unsafe PythonType<StreamSocket>.withPayload(of: instance) { socket in
        try python.translatingSystemErrors { try socket.close() }
      }
    }
  }

  private static func with(
    _ instance: PythonPointer?, _ argument: PythonPointer?,
    _ body: (StreamSocket, borrowing Attached, borrowing PythonObject) throws -> Void
  ) -> PythonPointer? {
    unsafe Callback.none { (python) throws in
      guard let argument = unsafe argument else {
        throw PythonException(.typeError, "an argument is missing")
      }
      let object = unsafe PythonObject(borrowing: argument)
      try unsafe PythonType<StreamSocket>.withPayload(of: instance) { try body($0, python, object) }
    }
  }
}

#endif
