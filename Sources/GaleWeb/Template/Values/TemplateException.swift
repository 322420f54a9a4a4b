// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleTemplate

/// An error of the template language, which `{% except %}` can catch by its Python name.
///
/// Functions of the application throw it to be caught that way; any other Swift error is an `Exception`.
public struct TemplateException: Error, CustomStringConvertible {
  /// Which of Python's exceptions it is.
  public struct Kind: Sendable, Hashable {
    /// Python's name.
    public let name: String
    /// The names of what it derives from, nearest first.
    let parents: [String]

    private init(_ name: String, _ parents: String...) {
      self.name = name
      self.parents = parents + ["Exception", "BaseException"]
    }

    /// `Exception` itself.
    public static let exception = Kind("Exception")
    /// An attribute that is not there.
    public static let attributeError = Kind("AttributeError")
    /// An assertion that does not hold.
    public static let assertionError = Kind("AssertionError")
    /// A module that is not offered, or a name that it does not have.
    public static let importError = Kind("ImportError")
    /// A module that is not offered.
    public static let moduleNotFoundError = Kind("ModuleNotFoundError", "ImportError")
    /// An index outside a sequence.
    public static let indexError = Kind("IndexError", "LookupError")
    /// A key that is not there.
    public static let keyError = Kind("KeyError", "LookupError")
    /// What both of these are.
    public static let lookupError = Kind("LookupError")
    /// A name that nothing gave a value.
    public static let nameError = Kind("NameError")
    /// A local name that has no value yet.
    public static let unboundLocalError = Kind("UnboundLocalError", "NameError")
    /// A number that does not fit.
    public static let overflowError = Kind("OverflowError", "ArithmeticError")
    /// A division by zero.
    public static let zeroDivisionError = Kind("ZeroDivisionError", "ArithmeticError")
    /// What both of these are.
    public static let arithmeticError = Kind("ArithmeticError")
    /// Calls that go too deep.
    public static let recursionError = Kind("RecursionError", "RuntimeError")
    /// Something that is to be overridden.
    public static let notImplementedError = Kind("NotImplementedError", "RuntimeError")
    /// Anything else that is wrong.
    public static let runtimeError = Kind("RuntimeError")
    /// An iterator at its end.
    public static let stopIteration = Kind("StopIteration")
    /// A value of the wrong type.
    public static let typeError = Kind("TypeError")
    /// A wrong value of the right type.
    public static let valueError = Kind("ValueError")
    /// Bytes that are not UTF-8.
    public static let unicodeDecodeError = Kind("UnicodeDecodeError", "UnicodeError", "ValueError")

    static let all: [Kind] = [
      .exception, .attributeError, .assertionError, .importError, .moduleNotFoundError, .indexError,
      .keyError,
      .lookupError, .nameError, .unboundLocalError, .overflowError, .zeroDivisionError, .arithmeticError,
      .recursionError, .notImplementedError, .runtimeError, .stopIteration, .typeError, .valueError,
      .unicodeDecodeError,
    ]

    /// Whether `except name` catches it.
    func isCaught(by name: String) -> Bool { self.name == name || parents.contains(name) }
  }

  /// Which exception it is.
  public let kind: Kind
  /// What it says, as `str` and as `repr`: values stay on their loop, and errors may leave it.
  private let arguments: [(text: String, representation: String)]

  /// Makes an exception that says `message`.
  public init(_ kind: Kind, _ message: String) {
    self.kind = kind
    arguments = [(message, pythonLiteral(message))]
  }

  /// A local name that has no value yet.
  init(unbound name: String) {
    self.init(
      .unboundLocalError, "cannot access local variable '\(name)' where it is not associated with a value")
  }

  init(_ kind: Kind, arguments: [TemplateValue]) {
    self.kind = kind
    self.arguments = arguments.map { ($0.text, $0.representation) }
  }

  /// Python's `str(…)` of it.
  public var message: String {
    switch arguments.count {
    case 0: ""
    case 1: kind == .keyError ? arguments[0].representation : arguments[0].text
    default: "(\(arguments.map(\.representation).joined(separator: ", ")))"
    }
  }

  /// Python's `repr(…)` of it.
  var representation: String { "\(kind.name)(\(arguments.map(\.representation).joined(separator: ", ")))" }

  /// What it was made with.
  var texts: [TemplateValue] { arguments.map { .string($0.text) } }

  /// The last line of Python's traceback.
  public var description: String { message.isEmpty ? kind.name : "\(kind.name): \(message)" }
}

/// What `{% except E as e %}` calls `e`.
struct CaughtException: TemplateObject {
  let error: any Error

  private var exception: TemplateException? { error as? TemplateException }

  var templateTypeName: String { exception?.kind.name ?? String(describing: type(of: error)) }

  var templateText: String { exception?.message ?? String(describing: error) }

  var templateRepresentation: String {
    exception?.representation ?? "\(templateTypeName)(\(pythonLiteral(templateText)))"
  }

  func templateAttribute(_ name: String) -> TemplateValue? {
    name == "args" ? .tuple(exception?.texts ?? [.string(templateText)]) : nil
  }
}
