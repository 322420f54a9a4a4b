// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GalePython

/// What is the same in the environs of all requests.
struct EnvironTemplate {
  let serverName: String
  let serverPort: String
  let isMultithreaded: Bool
  let isMultiprocess: Bool
  /// Whether fields whose names have underscores are taken for those with hyphens.
  let mergesUnderscores: Bool

  /// Makes the `dict` that requests copy.
  ///
  /// Keys that each request sets are there already, so that setting them is replacing. With `isRoomy` the table is made
  /// larger than its content needs: CPython copies the table as it is, and adding keys to the copy need not grow it.
  func dictionary(
    _ python: borrowing Attached, _ types: WSGITypes, _ earlyHints: borrowing PythonObject, isRoomy: Bool
  ) throws(PythonError) -> PythonObject {
    let template = try python.dictionary()
    for (key, value) in texts { try set(python, template, key, try python.string(value)) }
    try set(python, template, "wsgi.version", try python.tuple(try python.int(1), try python.int(0)))
    try set(python, template, "wsgi.url_scheme", try python.interned("http"))
    try set(python, template, "wsgi.input", try types.input.instance(python, RequestInput.empty()))
    try set(python, template, "wsgi.errors", try types.errors.instance(python, ErrorStream()))
    try set(python, template, "wsgi.multithread", python.bool(isMultithreaded))
    try set(python, template, "wsgi.multiprocess", python.bool(isMultiprocess))
    try set(python, template, "wsgi.run_once", python.bool(false))
    let factory = FileWrapperFactory(type: types.fileWrapper)
    try set(python, template, "wsgi.file_wrapper", try types.fileWrapperFactory.instance(python, factory))
    try set(python, template, "wsgi.input_terminated", python.bool(true))
    try set(python, template, "wsgi.early_hints", earlyHints.copy(python))
    if isRoomy {
      let extra = ["gale.room.1", "gale.room.2", "gale.room.3", "gale.room.4"]
      for name in extra { try set(python, template, name, python.none) }
      for name in extra { try template.remove(python, try python.interned(name)) }
    }
    return template
  }

  private var texts: [(String, String)] {
    [
      ("REQUEST_METHOD", "GET"), ("SCRIPT_NAME", ""), ("PATH_INFO", "/"), ("QUERY_STRING", ""),
      ("SERVER_NAME", serverName), ("SERVER_PORT", serverPort), ("SERVER_PROTOCOL", "HTTP/1.1"),
      ("SERVER_SOFTWARE", "Gale"), ("REMOTE_ADDR", "127.0.0.1"), ("REMOTE_PORT", "0"),
    ]
  }

  private func set(
    _ python: borrowing Attached, _ template: borrowing PythonObject, _ key: String,
    _ value: consuming PythonObject
  ) throws(PythonError) {
    try template.set(python, try python.interned(key), to: value)
  }
}

#endif
