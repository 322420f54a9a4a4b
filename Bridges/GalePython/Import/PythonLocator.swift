// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import CPython

/// Where an app is: `module`, `module:attribute.path`, `module:factory()`, or the path of a file in place of the module.
///
/// The spelling of gunicorn: without a colon the attribute is `application`; in a file `app`, too, if there is no
/// `application`. What has a slash is the path of a file; so is what ends in `.py`, if there is such a file.
public struct PythonLocator: Hashable, Sendable, CustomStringConvertible {
  /// The dotted name of the module, or the path of its file.
  public let module: String

  /// Whether ``module`` is a path.
  public let isFile: Bool

  /// The attributes to follow from the module.
  public let path: [String]

  /// Whether what is found there is called, without arguments, to make the app.
  public let isFactory: Bool

  /// Whether the attribute was left to custom.
  private let isPathImplied: Bool

  /// Parses a locator.
  ///
  /// - Throws: ``PythonLocatorError`` with `.malformed`.
  public init(_ text: String) throws(PythonLocatorError) {
    // A directory's name may have a colon.
    let last = text.lastIndex(of: "/").map { text.index(after: $0) } ?? text.startIndex
    let colon = text[last...].firstIndex(of: ":")
    var attribute = colon.map { text[text.index(after: $0)...] } ?? "application"
    isPathImplied = colon == nil
    isFactory = attribute.hasSuffix("()")
    if isFactory { attribute.removeLast(2) }
    module = String(text[..<(colon ?? text.endIndex)])
    isFile =
      module.contains("/") && !module.hasSuffix("/")
      || module.hasSuffix(".py") && FileSystem.exists(module)
    path = attribute.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    let modules = module.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard ((isFile ? [] : modules) + path).allSatisfy(Self.isIdentifier) else {
      throw PythonLocatorError(
        .malformed,
        "\"\(text)\" is not of the form \"module:attribute\", \"module:factory()\" or \"path/of/file.py:attribute\""
      )
    }
  }

  /// As it was written, with the default attribute filled in.
  public var description: String { "\(module):\(path.joined(separator: "."))\(isFactory ? "()" : "")" }

  /// Whether Python could bind this name; characters beyond ASCII are left to Python to judge.
  private static func isIdentifier(_ name: String) -> Bool {
    guard let first = name.utf8.first, !first.isDigit else { return false }
    return name.utf8.allSatisfy { $0.isDigit || $0 == 0x5F || $0 >= 0x80 || ($0 | 0x20) &- 0x61 < 26 }
  }

  /// Imports the module, follows the path and calls the factory.
  ///
  /// - Returns: An object that can be called.
  /// - Throws: ``PythonLocatorError``.
  public func resolve(_ python: borrowing Attached) throws(PythonLocatorError) -> PythonObject {
    var object = try importTarget(python)
    var reached = module
    let path = if isFile && isPathImplied { try customaryPath(object, python) } else { self.path }
    for name in path {
      object = try follow(name, from: object, reached, python)
      reached += "." + name
    }
    if isFactory { object = try make(by: object, reached, python) }
    guard object.isCallable else {
      throw PythonLocatorError(
        .notCallable, "\(self) is a \(object.typeName(python)), which cannot be called")
    }
    return object
  }

  /// Imports the module or the file.
  ///
  /// - Throws: ``PythonLocatorError``.
  package func importTarget(_ python: borrowing Attached) throws(PythonLocatorError) -> PythonObject {
    if isFile { try importFile(python) } else { try importModule(python) }
  }

  private func importModule(_ python: borrowing Attached) throws(PythonLocatorError) -> PythonObject {
    do throws(PythonError) {
      return try python.importModule(module)
    } catch {
      guard let missing = missingModule(error, python) else {
        throw failure(.importFailed, "importing \(module) failed", error, python)
      }
      throw PythonLocatorError(
        .moduleNotFound, "there is no module named \(missing) on sys.path", error)
    }
  }

  private func importFile(_ python: borrowing Attached) throws(PythonLocatorError) -> PythonObject {
    guard FileSystem.exists(module) else {
      throw PythonLocatorError(.fileNotFound, "there is no file \(module)")
    }
    do throws(PythonError) {
      return try PythonFile.load(module, python)
    } catch {
      throw failure(.importFailed, "importing \(module) failed", error, python)
    }
  }

  /// The error for what Python raised; it has a code of its own when an extension module is the reason.
  private func failure(
    _ code: PythonLocatorError.Code, _ what: String, _ error: PythonError, _ python: borrowing Attached
  ) -> PythonLocatorError {
    guard let name = error.refusedExtension(python) else {
      return PythonLocatorError(code, "\(what): \(error)", error)
    }
    return PythonLocatorError(
      .extensionRefused,
      "\(what): the extension module \(name) does not support interpreters with a lock of their own", error)
  }

  /// Where the app of a file is when nobody said.
  private func customaryPath(
    _ object: borrowing PythonObject, _ python: borrowing Attached
  ) throws(PythonLocatorError) -> [String] {
    for name in ["application", "app"] {
      do throws(PythonError) {
        if try object.attributeIfPresent(python, try python.interned(name)) != nil { return [name] }
      } catch {
        throw PythonLocatorError(.attributeFailed, "looking up \(name) in \(module) failed: \(error)", error)
      }
    }
    throw PythonLocatorError(.attributeMissing, "\(module) has neither application nor app")
  }

  /// The name of the module that `error` says is not there, if that is the one asked for or a package it is in.
  ///
  /// Another name means that the module was found and imports something that is missing.
  private func missingModule(_ error: PythonError, _ python: borrowing Attached) -> String? {
    guard error.typeName == "ModuleNotFoundError", let exception = error.exception?.object(python) else {
      return nil
    }
    guard let name = try? exception.attribute(python, "name").string(python) else { return nil }
    return module == name || module.hasPrefix(name + ".") ? name : nil
  }

  private func follow(
    _ name: String, from object: borrowing PythonObject, _ reached: String, _ python: borrowing Attached
  ) throws(PythonLocatorError) -> PythonObject {
    do throws(PythonError) {
      if let found = try object.attributeIfPresent(python, try python.interned(name)) { return found }
    } catch {
      throw failure(.attributeFailed, "looking up \(name) in \(reached) failed", error, python)
    }
    throw PythonLocatorError(.attributeMissing, "\(reached) has no attribute \(name)")
  }

  private func make(
    by factory: borrowing PythonObject, _ reached: String, _ python: borrowing Attached
  ) throws(PythonLocatorError) -> PythonObject {
    guard factory.isCallable else {
      throw PythonLocatorError(
        .notCallable, "the factory \(reached) is a \(factory.typeName(python)), which cannot be called")
    }
    do throws(PythonError) {
      return try factory.call(python)
    } catch {
      throw failure(.factoryFailed, "the factory \(reached)() failed", error, python)
    }
  }
}

extension UInt8 {
  fileprivate var isDigit: Bool { self &- 0x30 < 10 }
}

#endif
