// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
import CPython

/// A method as CPython's fast call hands it over: the receiver, the positional arguments, their number.
///
/// All are borrowed. Returns a new reference, or null with an exception set: ``Callback`` does both.
@usableFromInline
package typealias PythonFastFunction =
  @convention(c) (PythonPointer?, UnsafePointer<PythonPointer?>?, Int) -> PythonPointer?

/// A method with one argument.
@usableFromInline
package typealias PythonUnaryFunction = @convention(c) (PythonPointer?, PythonPointer?) -> PythonPointer?

/// A slot or a property that takes nothing but the receiver.
@usableFromInline
package typealias PythonReceiverFunction = @convention(c) (PythonPointer?) -> PythonPointer?

/// A property's getter; the second argument is unused.
@usableFromInline
package typealias PythonGetter = @convention(c) (PythonPointer?, UnsafeMutableRawPointer?) -> PythonPointer?

/// What calling an instance runs: the instance, the arguments, their number (see
/// ``PythonPointer/argumentCount(_:)``), and the names of keyword arguments, whose values follow the others.
@usableFromInline
package typealias PythonVectorcall =
  @convention(c) (PythonPointer?, UnsafePointer<PythonPointer?>?, Int, PythonPointer?) -> PythonPointer?

/// One method of a ``PythonType``.
@safe
package struct PythonMethod {
  let name: StaticString
  let doc: StaticString
  let flags: Int32
  let function: PyCFunction

  /// A method with positional arguments only.
  package init(_ name: StaticString, doc: StaticString = "", fast function: PythonFastFunction) {
    // SAFETY: CPython calls `ml_meth` with the arguments that `flags` announces.
    unsafe self.init(name, doc, METH_FASTCALL, unsafeBitCast(function, to: PyCFunction.self))
  }

  /// A method with positional and keyword arguments, as a ``PythonVectorcall`` gets them.
  package init(_ name: StaticString, doc: StaticString = "", keywords function: PythonVectorcall) {
    // SAFETY: as above.
    unsafe self.init(name, doc, METH_FASTCALL | METH_KEYWORDS, unsafeBitCast(function, to: PyCFunction.self))
  }

  /// A method with one positional argument.
  package init(_ name: StaticString, doc: StaticString = "", unary function: PythonUnaryFunction) {
    // SAFETY: as above.
    unsafe self.init(name, doc, METH_O, function)
  }

  /// A method without arguments; the second parameter is always null.
  package init(_ name: StaticString, doc: StaticString = "", noArguments function: PythonUnaryFunction) {
    // SAFETY: as above.
    unsafe self.init(name, doc, METH_NOARGS, function)
  }

  private init(_ name: StaticString, _ doc: StaticString, _ flags: Int32, _ function: PyCFunction) {
    self.name = name
    self.doc = doc
    self.flags = flags
    unsafe self.function = function
  }

  var definition: PyMethodDef {
    // SAFETY: static strings live as long as the process and end with a zero byte.
    unsafe PyMethodDef(
      ml_name: name.cString, ml_meth: function, ml_flags: flags, ml_doc: doc.cString)
  }
}

/// One read-only property of a ``PythonType``.
@safe
package struct PythonProperty {
  let name: StaticString
  let getter: PythonGetter

  /// A property that `getter` computes at each access.
  package init(_ name: StaticString, _ getter: PythonGetter) {
    self.name = name
    unsafe self.getter = getter
  }

  var definition: PyGetSetDef {
    // SAFETY: as for methods.
    unsafe PyGetSetDef(name: name.cString, get: getter, set: nil, doc: nil, closure: nil)
  }
}

extension StaticString {
  /// The characters as C wants them.
  var cString: UnsafePointer<CChar> {
    // SAFETY: a static string given as a literal of several characters has a pointer and a zero byte at its end; CChar
    // and UInt8 have the same layout.
    unsafe UnsafeRawPointer(utf8Start).assumingMemoryBound(to: CChar.self)
  }
}

#endif
