// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GalePython
import Glibc

/// What `wsgi.file_wrapper` returns: an iterable over a file's blocks, which lanes recognise and send by sendfile.
final class FileWrapper {
  private let file: PythonObject
  private let blockSize: Int

  init(_ file: consuming PythonObject, blockSize: Int) {
    self.file = file
    self.blockSize = blockSize
  }

  /// The next block; `nil` at the end.
  func next(_ python: borrowing Attached) throws(PythonError) -> PythonObject? {
    let block = try file.callMethod(python, try python.interned("read"), try python.int(blockSize))
    guard try block.isTrue(python) else { return nil }
    return block
  }

  /// Closes the file, if it can be closed.
  func close(_ python: borrowing Attached) throws(PythonError) {
    if let close = try file.attributeIfPresent(python, try python.interned("close")) {
      _ = try close.call(python)
    }
  }

  /// A part of a file that the kernel can send by itself.
  struct Region {
    let descriptor: Int32
    let offset: Int64
    let count: Int
  }

  /// The rest of the file, with a descriptor of its own; `nil` when this is no regular file.
  ///
  /// Only objects with `tell()` will do: a reader's position is not that of its descriptor.
  func region(_ python: borrowing Attached) throws(PythonError) -> Region? {
    guard let fileno = try file.attributeIfPresent(python, try python.interned("fileno")),
      let tell = try file.attributeIfPresent(python, try python.interned("tell")),
      let descriptor = try? fileno.call(python).int(python), let offset = try? tell.call(python).int(python)
    else { return nil }
    var status = stat()
    // SAFETY: `status` is filled by the call.
    guard unsafe fstat(Int32(truncatingIfNeeded: descriptor), &status) == 0,
      status.st_mode & S_IFMT == S_IFREG,
      offset >= 0
    else { return nil }
    let copy = fcntl(Int32(truncatingIfNeeded: descriptor), F_DUPFD_CLOEXEC, 0)
    guard copy >= 0 else { return nil }
    return Region(descriptor: copy, offset: Int64(offset), count: max(0, Int(status.st_size) - offset))
  }

  /// Its type.
  static func makeType(_ python: borrowing Attached) throws(PythonError) -> PythonType<FileWrapper> {
    // SAFETY: the functions take the payload that the type is declared with.
    try unsafe PythonType(
      python, name: "gale.FileWrapper", doc: "A file as the body of an answer.",
      methods: [PythonMethod("close", noArguments: closeMethod)], iterator: Callback.receiver, next: nextSlot)
  }

  private static let closeMethod: PythonUnaryFunction = { instance, _ in
    unsafe Callback.none { (python) throws(PythonError) in
      try unsafe PythonType<FileWrapper>.withPayload(of: instance) { (wrapper) throws(PythonError) in
        try wrapper.close(python)
      }
    }
  }

  private static let nextSlot: PythonReceiverFunction = { instance in
    unsafe Callback.next { (python) throws(PythonError) in
      let wrapper = unsafe PythonType<FileWrapper>.withPayload(of: instance) { $0 }
      return try wrapper.next(python)
    }
  }
}

/// `environ["wsgi.file_wrapper"]` itself.
final class FileWrapperFactory {
  private let type: PythonType<FileWrapper>

  init(type: PythonType<FileWrapper>) { self.type = type }

  /// `wsgi.file_wrapper(file, block_size=8192)`.
  static let call: PythonVectorcall = { instance, arguments, flagged, names in
    unsafe Callback.object { (python) throws in
      let factory = unsafe PythonType<FileWrapperFactory>.withPayload(of: instance) { $0 }
      var count = Callback.argumentCount(flagged)
      if let names = unsafe names { count += unsafe PythonObject(borrowing: names).uncheckedTupleCount }
      guard count == 1 || count == 2, let file = unsafe arguments?[0] else {
        throw PythonException(.typeError, "file_wrapper() takes a file and a block size")
      }
      var size = 8192
      if count == 2, let given = unsafe arguments?[1] {
        size = try unsafe PythonObject(borrowing: given).int(python)
      }
      let wrapper = FileWrapper(unsafe PythonObject(borrowing: file), blockSize: size)
      return try factory.type.instance(python, wrapper)
    }
  }
}

#endif
