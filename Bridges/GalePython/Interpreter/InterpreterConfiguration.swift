// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Python
/// How the interpreter is started: what `python` takes from its command line and its place in the file system.
///
/// `PYTHONPATH`, `PYTHONHOME` and the other environment variables work as they do for `python`; so do `.pth` files
/// and the user's site-packages.
public struct InterpreterConfiguration: Hashable, Sendable {
  /// Where to look for a virtual environment.
  public enum VirtualEnvironmentChoice: Hashable, Sendable {
    /// The one that `VIRTUAL_ENV` names, if it is set.
    case automatic
    /// The one in this directory.
    case path(String)
    /// None.
    case none
  }

  /// The virtual environment, whose packages can be imported and whose `python` is `sys.executable`.
  public var virtualEnvironment = VirtualEnvironmentChoice.automatic

  /// What `sys.argv` holds, the program's name first; under gunicorn that is gunicorn's path.
  public var arguments: [String] = [""]

  /// What stands in front of `sys.path`, the first as `sys.path[0]`; usually the working directory.
  public var pathAdditions: [String] = []

  /// The `python` that stands for this interpreter outside of virtual environments; found when `nil`.
  ///
  /// Programs that start `sys.executable`, as multiprocessing does, run this one.
  public var executable: String?

  /// The configuration of a plain `python`.
  public init() {}
}

#endif
