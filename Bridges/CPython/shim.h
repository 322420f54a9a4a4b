// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

// What Swift sees of libpython: Python.h itself, and a `static inline` function for everything in it that Swift
// cannot import. Swift imports functions; it does not import function-like macros, variadic functions or mutable
// globals (Swift 6 refuses those as unsafe to share). Logic is Swift's; here stand one-line translations and the
// version guards that need the preprocessor. Written for CPython 3.9 and later.

#ifndef GALE_CPYTHON_SHIM_H
#define GALE_CPYTHON_SHIM_H

// The libc headers come first. Python.h includes <sys/select.h>, and if it did so first, `fd_set` would belong to
// this module and no longer to Glibc: two modules would define it, and neither would be importable.
#include <stdio.h>
#include <stdlib.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/types.h>
#include <sys/select.h>

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#if PY_VERSION_HEX < 0x030C0000
// Python.h brings PyMemberDef and its kinds since 3.12.
#include <structmember.h>
#endif

// `interop/gale/link_python.py` leaves this header beside python3-embed.pc: the interpreter that was chosen.
#if defined(__has_include)
#if __has_include("gale_python_build.h")
#include "gale_python_build.h"
#endif
#endif
#ifndef CGALE_PYTHON_EXECUTABLE
#define CGALE_PYTHON_EXECUTABLE ""
#endif

#if PY_VERSION_HEX < 0x03090000
#error "Gale needs CPython 3.9 or later"
#endif
#ifdef Py_GIL_DISABLED
#error "Gale's `Attached` token stands for the interpreter lock, which this free-threaded CPython does not have"
#endif

#pragma clang assume_nonnull begin

// Instances of types defined in Swift ------------------------------------------------------------------------

/// An instance of a Python type whose methods are Swift functions.
typedef struct {
  PyObject_HEAD
  /// What a call of the instance runs; NULL when its type is not callable.
  vectorcallfunc _Nullable vectorcall;
  /// The Swift object, one reference of which belongs to this instance.
  void *_Nullable payload;
} cgale_instance;

// layout_check: what the functions below and the Swift code take for granted.
_Static_assert(offsetof(cgale_instance, vectorcall) == sizeof(PyObject), "vectorcall follows the object's head");
_Static_assert(offsetof(cgale_instance, payload) == sizeof(PyObject) + sizeof(void *), "no padding");
_Static_assert(sizeof(vectorcallfunc) == sizeof(void *), "function pointers are as wide as data pointers");
_Static_assert(sizeof(Py_ssize_t) == sizeof(intptr_t), "Py_ssize_t is Swift's Int");
_Static_assert(sizeof(Py_hash_t) == sizeof(intptr_t), "Py_hash_t is Swift's Int");
_Static_assert(sizeof(long long) == 8, "long long is Swift's Int64");
_Static_assert(sizeof(Py_UCS1) == 1, "a Latin-1 string is an array of bytes");

/// Py_TPFLAGS_… are macros with casts, which Swift does not import.
static inline unsigned int cgale_type_flags(int callable) {
  unsigned long flags = Py_TPFLAGS_DEFAULT;
#ifdef Py_TPFLAGS_DISALLOW_INSTANTIATION
  flags |= Py_TPFLAGS_DISALLOW_INSTANTIATION;
#endif
#ifdef Py_TPFLAGS_IMMUTABLETYPE
  flags |= Py_TPFLAGS_IMMUTABLETYPE;
#endif
  if (callable) flags |= Py_TPFLAGS_HAVE_VECTORCALL;
  return (unsigned int)flags;
}

/// T_PYSSIZET and READONLY became Py_T_PYSSIZET and Py_READONLY in 3.12; CPython finds vectorcall by this member.
static inline PyMemberDef cgale_vectorcall_member(void) {
  PyMemberDef member = {0};
  member.name = "__vectorcalloffset__";
#if PY_VERSION_HEX >= 0x030C0000
  member.type = Py_T_PYSSIZET;
  member.flags = Py_READONLY;
#else
  member.type = T_PYSSIZET;
  member.flags = READONLY;
#endif
  member.offset = offsetof(cgale_instance, vectorcall);
  return member;
}

/// PyObject_New is a macro. The payload stays empty until the caller fills it; NULL with MemoryError set on failure.
static inline PyObject *_Nullable cgale_instance_new(PyTypeObject *type, vectorcallfunc _Nullable vectorcall) {
  cgale_instance *instance = PyObject_New(cgale_instance, type);
  if (instance == NULL) return NULL;
  instance->vectorcall = vectorcall;
  instance->payload = NULL;
  return (PyObject *)instance;
}

// References and types ---------------------------------------------------------------------------------------

// Macros in 3.9, macros over functions later.
static inline void cgale_incref(PyObject *object) { Py_INCREF(object); }
static inline void cgale_decref(PyObject *object) { Py_DECREF(object); }
static inline Py_ssize_t cgale_reference_count(PyObject *object) { return Py_REFCNT(object); }
static inline PyTypeObject *cgale_type(PyObject *object) { return Py_TYPE(object); }
/// PyTypeObject's first field is a PyObject; Swift would need a pointer cast for it at each use.
static inline PyObject *cgale_type_object(PyTypeObject *type) { return (PyObject *)type; }

// Py_None and its like are macros over mutable globals. All borrowed.
static inline PyObject *cgale_none(void) { return Py_None; }
static inline PyObject *cgale_true(void) { return Py_True; }
static inline PyObject *cgale_false(void) { return Py_False; }
static inline PyObject *cgale_not_implemented(void) { return Py_NotImplemented; }

// Py…_Check are macros (over type flags, or over a mutable global for the exact ones).
static inline int cgale_is_str(PyObject *object) { return PyUnicode_Check(object); }
static inline int cgale_is_bytes(PyObject *object) { return PyBytes_Check(object); }
static inline int cgale_is_int(PyObject *object) { return PyLong_Check(object); }
static inline int cgale_is_coroutine(PyObject *object) { return PyCoro_CheckExact(object); }
static inline int cgale_is_dict(PyObject *object) { return PyDict_Check(object); }
static inline int cgale_is_list(PyObject *object) { return PyList_Check(object); }
static inline int cgale_is_tuple(PyObject *object) { return PyTuple_Check(object); }
static inline int cgale_is_exact_str(PyObject *object) { return PyUnicode_CheckExact(object); }
static inline int cgale_is_exact_bytes(PyObject *object) { return PyBytes_CheckExact(object); }
static inline int cgale_is_exact_dict(PyObject *object) { return PyDict_CheckExact(object); }
static inline int cgale_is_exact_list(PyObject *object) { return PyList_CheckExact(object); }
static inline int cgale_is_exact_tuple(PyObject *object) { return PyTuple_CheckExact(object); }
static inline int cgale_is_exception(PyObject *object) { return PyExceptionInstance_Check(object); }
static inline int cgale_is_iterator(PyObject *object) { return PyIter_Check(object); }

// bytes, str, list, tuple: unchecked access to their storage --------------------------------------------------

// Macros in 3.9 and 3.10, and casts inside macros later.
static inline const uint8_t *cgale_bytes_data(PyObject *bytes) { return (const uint8_t *)PyBytes_AS_STRING(bytes); }
static inline Py_ssize_t cgale_bytes_count(PyObject *bytes) { return PyBytes_GET_SIZE(bytes); }

/// The Latin-1 storage of a str, or NULL when it holds a character above U+00FF. Before 3.12 a str made by the old
/// API may have no storage yet: PyUnicode_READY, a macro, makes it (NULL with an exception set when that fails).
__attribute__((always_inline)) static inline const uint8_t *_Nullable cgale_str_latin1(PyObject *string, Py_ssize_t *count) {
#if PY_VERSION_HEX < 0x030C0000
  if (PyUnicode_READY(string) < 0) return NULL;
#endif
  if (PyUnicode_KIND(string) != PyUnicode_1BYTE_KIND) return NULL;
  *count = PyUnicode_GET_LENGTH(string);
  return (const uint8_t *)PyUnicode_DATA(string);
}
/// Only for a str that has its storage, as all have since 3.12.
static inline int cgale_str_is_ascii(PyObject *string) { return PyUnicode_IS_ASCII(string); }
/// Where the characters of a str fresh from PyUnicode_New(n, 127) or (n, 255) go.
static inline uint8_t *cgale_str_storage(PyObject *string) { return (uint8_t *)PyUnicode_1BYTE_DATA(string); }

static inline Py_ssize_t cgale_list_count(PyObject *list) { return PyList_GET_SIZE(list); }
static inline PyObject *cgale_list_item(PyObject *list, Py_ssize_t i) { return PyList_GET_ITEM(list, i); }
static inline Py_ssize_t cgale_tuple_count(PyObject *tuple) { return PyTuple_GET_SIZE(tuple); }
static inline PyObject *cgale_tuple_item(PyObject *tuple, Py_ssize_t i) { return PyTuple_GET_ITEM(tuple, i); }
/// Steals `item`; only for a tuple that nobody else has seen yet.
static inline void cgale_tuple_fill(PyObject *tuple, Py_ssize_t i, PyObject *item) { PyTuple_SET_ITEM(tuple, i, item); }

// Calls ------------------------------------------------------------------------------------------------------

// PY_VECTORCALL_ARGUMENTS_OFFSET is a macro with a cast, and the argument array with the free place in front has to
// live on the stack, which Swift offers only through closures.
static inline PyObject *_Nullable cgale_call0(PyObject *f) { return PyObject_CallNoArgs(f); }
static inline PyObject *_Nullable cgale_call1(PyObject *f, PyObject *a) {
  PyObject *arguments[2] = {NULL, a};
  return PyObject_Vectorcall(f, arguments + 1, 1 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
}
static inline PyObject *_Nullable cgale_call2(PyObject *f, PyObject *a, PyObject *b) {
  PyObject *arguments[3] = {NULL, a, b};
  return PyObject_Vectorcall(f, arguments + 1, 2 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
}
static inline PyObject *_Nullable cgale_call3(PyObject *f, PyObject *a, PyObject *b, PyObject *c) {
  PyObject *arguments[4] = {NULL, a, b, c};
  return PyObject_Vectorcall(f, arguments + 1, 3 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
}
static inline PyObject *_Nullable cgale_method0(PyObject *self, PyObject *name) {
  PyObject *arguments[2] = {NULL, self};
  return PyObject_VectorcallMethod(name, arguments + 1, 1 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
}
static inline PyObject *_Nullable cgale_method1(PyObject *self, PyObject *name, PyObject *a) {
  PyObject *arguments[3] = {NULL, self, a};
  return PyObject_VectorcallMethod(name, arguments + 1, 2 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
}
static inline PyObject *_Nullable cgale_method2(PyObject *self, PyObject *name, PyObject *a, PyObject *b) {
  PyObject *arguments[4] = {NULL, self, a, b};
  return PyObject_VectorcallMethod(name, arguments + 1, 3 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
}
/// One argument and two keyword arguments, whose names are a tuple.
static inline PyObject *_Nullable cgale_call1_keywords2(
    PyObject *f, PyObject *a, PyObject *names, PyObject *first, PyObject *second) {
  PyObject *arguments[4] = {NULL, a, first, second};
  return PyObject_Vectorcall(f, arguments + 1, 1 | PY_VECTORCALL_ARGUMENTS_OFFSET, names);
}
/// One keyword argument, whose name is in a tuple.
static inline PyObject *_Nullable cgale_call0_keywords1(PyObject *f, PyObject *names, PyObject *first) {
  PyObject *arguments[2] = {NULL, first};
  return PyObject_Vectorcall(f, arguments + 1, 0 | PY_VECTORCALL_ARGUMENTS_OFFSET, names);
}
/// Passes arguments on as they came.
static inline PyObject *_Nullable cgale_call_vector(
    PyObject *f, PyObject *_Nullable const *_Nullable arguments, size_t count, PyObject *_Nullable names) {
  return PyObject_Vectorcall(f, arguments, count, names);
}
/// PyVectorcall_NARGS is a macro in places, and its mask too.
static inline Py_ssize_t cgale_argument_count(size_t nargsf) { return PyVectorcall_NARGS(nargsf); }

/// The attribute, or NULL: without an exception when there is none, with one when looking it up failed. Never
/// creates the AttributeError that nobody would read. The name became public in 3.13.
static inline PyObject *_Nullable cgale_optional_attribute(PyObject *object, PyObject *name) {
  PyObject *result = NULL;
#if PY_VERSION_HEX >= 0x030D0000
  (void)PyObject_GetOptionalAttr(object, name, &result);
#else
  (void)_PyObject_LookupAttr(object, name, &result);
#endif
  return result;
}

// Objects of classes with __slots__ ----------------------------------------------------------------------------

/// Where instances keep what `descriptor`, found in their class, stands for: an offset, or 0 when it is not a slot.
static inline Py_ssize_t cgale_slot_offset(PyObject *descriptor) {
  if (!Py_IS_TYPE(descriptor, &PyMemberDescr_Type)) return 0;
  PyMemberDef *member = ((PyMemberDescrObject *)descriptor)->d_member;
#if PY_VERSION_HEX >= 0x030C0000
  return member->type == Py_T_OBJECT_EX ? member->offset : 0;
#else
  return member->type == T_OBJECT_EX ? member->offset : 0;
#endif
}
/// Borrowed; NULL when it is empty.
static inline PyObject *_Nullable cgale_slot(PyObject *object, Py_ssize_t offset) {
  return *(PyObject **)((char *)object + offset);
}
/// Steals `value`; only for an object that nobody else has seen yet, whose slot is empty.
static inline void cgale_slot_fill(PyObject *object, Py_ssize_t offset, PyObject *value) {
  *(PyObject **)((char *)object + offset) = value;
}
/// An instance whose `__init__` did not run: all slots are empty.
static inline PyObject *_Nullable cgale_allocate(PyObject *type) {
  return ((PyTypeObject *)type)->tp_alloc((PyTypeObject *)type, 0);
}
/// What a weak reference refers to, or NULL; never an error for an object that is a weak reference.
static inline PyObject *_Nullable cgale_weak_object(PyObject *reference) {
  PyObject *object = NULL;
#if PY_VERSION_HEX >= 0x030D0000
  (void)PyWeakref_GetRef(reference, &object);
#else
  object = PyWeakref_GetObject(reference);
  if (object == Py_None) return NULL;
  Py_XINCREF(object);
#endif
  return object;
}
static inline int cgale_is_weak_reference(PyObject *object) { return PyWeakref_Check(object); }
/// What asyncio's transports take: bytes, bytearray or memoryview.
static inline int cgale_is_bytes_like(PyObject *object) {
  return PyBytes_Check(object) || PyByteArray_Check(object) || PyMemoryView_Check(object);
}

// Threads and the lock ---------------------------------------------------------------------------------------

/// Whether this thread holds the lock. PyGILState_Check answers "yes" to everybody once a sub-interpreter exists.
static inline int cgale_is_attached(void) {
#if PY_VERSION_HEX >= 0x030D0000
  return PyThreadState_GetUnchecked() != NULL;
#elif PY_VERSION_HEX >= 0x030C0000
  return _PyThreadState_UncheckedGet() != NULL;
#else
  // Until 3.11 this is whoever holds the lock, on whatever thread.
  PyThreadState *holder = _PyThreadState_UncheckedGet();
  return holder != NULL && holder == PyGILState_GetThisThreadState();
#endif
}

/// PyFrameObject is incomplete since 3.11 and complete before, and Swift has different pointers for the two. A new reference.
static inline PyObject *_Nullable cgale_thread_frame(PyThreadState *state) {
  return (PyObject *)PyThreadState_GetFrame(state);
}

// Sub-interpreters -------------------------------------------------------------------------------------------

/// Whether interpreters can have locks of their own (PEP 684): since 3.12.
static inline int cgale_has_own_locks(void) { return PY_VERSION_HEX >= 0x030C0000; }

/// Whether CPython runs what an extension module does when it is loaded in the first interpreter before it says whether
/// others may have it: since 3.13.
static inline int cgale_loads_extensions_first(void) { return PY_VERSION_HEX >= 0x030D0000; }

/// Makes an interpreter with a lock of its own, which this thread holds afterwards, and returns the thread's state; NULL
/// with a message otherwise. PyInterpreterConfig and PyInterpreterConfig_OWN_GIL are not there before 3.12.
static inline PyThreadState *_Nullable cgale_new_interpreter(const char *_Nullable *_Nonnull message) {
#if PY_VERSION_HEX >= 0x030C0000
  PyInterpreterConfig config = {0};
  config.allow_threads = 1;
  config.allow_daemon_threads = 1;
  config.check_multi_interp_extensions = 1;
  config.gil = PyInterpreterConfig_OWN_GIL;
  PyThreadState *state = NULL;
  PyStatus status = Py_NewInterpreterFromConfig(&state, &config);
  if (!PyStatus_Exception(status)) return state;
  *message = status.err_msg;
#else
  *message = "it is older than 3.12";
#endif
  return NULL;
}

/// What C++ uses for its thread-local objects: runs `body` when this thread ends, before the destructors of
/// pthread_key_create, which glibc runs in the order of the keys. 0 if it will. __dso_handle is the linker's.
extern int __cxa_thread_atexit_impl(void (*body)(void *), void *value, void *library);
extern void *_Nullable __dso_handle __attribute__((visibility("hidden")));
static inline int cgale_at_thread_end(void (*body)(void *), void *value) {
  return __cxa_thread_atexit_impl(body, value, &__dso_handle);
}

// Modules ----------------------------------------------------------------------------------------------------

/// The extension module `_gale`, whose `main` takes one argument, and whose `prepare` takes none; a process has it once.
/// PyModuleDef_HEAD_INIT and PyModule_Create are macros, and both definitions must stay where they are for ever.
static inline PyObject *_Nullable cgale_module(PyCFunction main, PyCFunction prepare) {
  static PyMethodDef methods[3];
  static PyModuleDef definition = {PyModuleDef_HEAD_INIT, "_gale", NULL, -1, methods, NULL, NULL, NULL, NULL};
  methods[0] = (PyMethodDef){"main", main, METH_O, NULL};
  methods[1] = (PyMethodDef){"prepare", prepare, METH_NOARGS, NULL};
  return PyModule_Create(&definition);
}

// Errors -----------------------------------------------------------------------------------------------------

/// Takes the exception that is set, normalised and with its traceback; NULL when none is. Before 3.12 that needed
/// three calls with three out-parameters.
static inline PyObject *_Nullable cgale_error_take(void) {
#if PY_VERSION_HEX >= 0x030C0000
  return PyErr_GetRaisedException();
#else
  PyObject *type = NULL, *value = NULL, *traceback = NULL;
  PyErr_Fetch(&type, &value, &traceback);
  if (type == NULL) return NULL;
  PyErr_NormalizeException(&type, &value, &traceback);
  if (traceback != NULL) PyException_SetTraceback(value, traceback);
  Py_DECREF(type);
  Py_XDECREF(traceback);
  return value;
#endif
}

/// Raises `exception` again, traceback kept; steals it.
static inline void cgale_error_restore(PyObject *exception) {
#if PY_VERSION_HEX >= 0x030C0000
  PyErr_SetRaisedException(exception);
#else
  PyObject *type = (PyObject *)Py_TYPE(exception);
  Py_INCREF(type);
  PyErr_Restore(type, exception, PyException_GetTraceback(exception));
#endif
}

// The exception classes are mutable globals. All borrowed.
#define CGALE_EXCEPTION(name) \
  static inline PyObject *cgale_exc_##name(void) { return PyExc_##name; }
CGALE_EXCEPTION(BaseException)
CGALE_EXCEPTION(Exception)
CGALE_EXCEPTION(AssertionError)
CGALE_EXCEPTION(AttributeError)
CGALE_EXCEPTION(BlockingIOError)
CGALE_EXCEPTION(BrokenPipeError)
CGALE_EXCEPTION(ConnectionResetError)
CGALE_EXCEPTION(EOFError)
CGALE_EXCEPTION(ImportError)
CGALE_EXCEPTION(IndexError)
CGALE_EXCEPTION(KeyError)
CGALE_EXCEPTION(KeyboardInterrupt)
CGALE_EXCEPTION(MemoryError)
CGALE_EXCEPTION(ModuleNotFoundError)
CGALE_EXCEPTION(NotImplementedError)
CGALE_EXCEPTION(OSError)
CGALE_EXCEPTION(OverflowError)
CGALE_EXCEPTION(RuntimeError)
CGALE_EXCEPTION(StopIteration)
CGALE_EXCEPTION(SystemExit)
CGALE_EXCEPTION(TimeoutError)
CGALE_EXCEPTION(TypeError)
CGALE_EXCEPTION(UnicodeError)
CGALE_EXCEPTION(ValueError)
#undef CGALE_EXCEPTION

#pragma clang assume_nonnull end

#endif
