// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import GalePython

/// The keys of an environ that are set for each request, interned.
final class EnvironKeys {
  let requestMethod: PythonObject
  let scriptName: PythonObject
  let pathInfo: PythonObject
  let queryString: PythonObject
  let contentLength: PythonObject
  let serverProtocol: PythonObject
  let remoteAddress: PythonObject
  let remotePort: PythonObject
  let urlScheme: PythonObject
  let input: PythonObject
  let earlyHints: PythonObject

  init(_ python: borrowing Attached) throws(PythonError) {
    requestMethod = try python.interned("REQUEST_METHOD")
    scriptName = try python.interned("SCRIPT_NAME")
    pathInfo = try python.interned("PATH_INFO")
    queryString = try python.interned("QUERY_STRING")
    contentLength = try python.interned("CONTENT_LENGTH")
    serverProtocol = try python.interned("SERVER_PROTOCOL")
    remoteAddress = try python.interned("REMOTE_ADDR")
    remotePort = try python.interned("REMOTE_PORT")
    urlScheme = try python.interned("wsgi.url_scheme")
    input = try python.interned("wsgi.input")
    earlyHints = try python.interned("wsgi.early_hints")
  }
}

#endif
