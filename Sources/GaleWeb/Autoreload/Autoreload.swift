// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleHTTP
public import GaleLoop
import Glibc
import Logging
import Synchronization

/// Restarts the program when it changes, for development: Tornado's `autoreload`.
///
/// A program that lies in the `.build` directory of a Swift package has the sources of that package watched. When one
/// changes, the product is built; if that fails, what the compiler says is shown and the program serves on as it is.
/// If it succeeds, or somebody else has built the program, the program is replaced by a new run of it with the same
/// arguments: same process, and the listening sockets stay open, so that no connection is refused. Connections end.
///
/// Files that are not compiled are added with ``watch(_:)``. What can take a change without a restart, such as
/// templates, says so with ``onChange(in:_:)``.
///
/// `settings.debug` starts it when the application listens, and so does `gale watch`, which also starts a program again
/// that has failed. It does nothing in the workers of ``/GaleLoop/forkProcesses(_:maxRestarts:sockets:)``.
public final class Autoreload {
  /// What the process has said before and after it was started.
  private final class Registry: @unchecked Sendable {
    // @unchecked Sendable: used on one thread, that of the loop or, before it runs, the main one.
    var running: Autoreload?
    var hooks: [() -> Void] = []
    var files: [String] = []
    var resources: [Resource] = []
  }

  private static let registry = Registry()
  private static let isStarted = Mutex(false)

  private struct Resource {
    let directory: String
    let body: ([String]) -> Void
  }

  private let loop: IOLoop
  private let executable: String
  private let package: PackageBuild?
  private let command: [String]?
  private var watcher: FileWatcher?
  private var isBuilding = false
  private var mustBuildAgain = false

  /// Starts watching; the second time in a process it only logs a warning.
  ///
  /// - Parameters:
  ///   - interval: How often files are looked at where the kernel gives no notices; Tornado's `check_time`.
  ///   - buildCommand: Builds the program, when its sources changed; `nil` for `swift build` of the package that the
  ///     program came from.
  ///   - usesNotices: Whether the kernel is asked for notices (inotify).
  ///   - loop: Where the changes are noticed.
  public static func start(
    every interval: Duration = .milliseconds(500), buildCommand: [String]? = nil, usesNotices: Bool = true,
    on loop: IOLoop = .current
  ) {
    guard taskID == nil else { return }
    let isFirst = isStarted.withLock { isStarted in
      defer { isStarted = true }
      return !isStarted
    }
    guard isFirst else {
      HTTPLog.general.warning("autoreload started more than once in the same process")
      return
    }
    let reload = Autoreload(buildCommand, on: loop)
    registry.running = reload
    reload.begin(every: interval, usesNotices: usesNotices)
    // By then whoever wants a socket of the former run has asked for it.
    loop.callLater(.seconds(5)) { SocketHandover.closeRest() }
  }

  /// Stops watching.
  public static func stop() {
    registry.running?.watcher?.stop()
    registry.running = nil
    isStarted.withLock { $0 = false }
  }

  /// Restarts the program when `file` changes too: Tornado's `watch`.
  ///
  /// Call it on the thread of the loop.
  public static func watch(_ file: String) {
    registry.files.append(file)
    registry.running?.watcher?.watch(file: file)
  }

  /// Has `body` called before a restart, on the loop: Tornado's `add_reload_hook`.
  ///
  /// For what must be closed in good order, such as databases. Descriptors close by themselves.
  public static func onReload(_ body: @escaping () -> Void) { registry.hooks.append(body) }

  /// Has `body` called instead of a restart when files in or below `directory` change.
  ///
  /// It gets their paths, on the loop.
  public static func onChange(in directory: String, _ body: @escaping (_ paths: [String]) -> Void) {
    registry.resources.append(Resource(directory: directory, body: body))
    registry.running?.watcher?.watch(FileTree(directory))
  }

  /// Waits until something changes, then restarts the program: Tornado's `wait`.
  ///
  /// For a program that has failed; nothing may run on its loop any more.
  public static func wait() -> Never {
    do {
      let loop = try IOLoop()
      loop.makeCurrent()
      stop()
      start(on: loop)
      loop.start()
    } catch {
      HTTPLog.general.error("cannot wait for a change: \(error)")
    }
    exit(1)
  }

  private init(_ command: [String]?, on loop: IOLoop) {
    self.loop = loop
    executable = Autoreload.ownPath
    package = PackageBuild(executable: executable)
    self.command = command ?? package?.command
  }

  /// The variable by which `gale watch` has a program watch its files.
  package static let variable = "GALE_AUTORELOAD"

  /// Whether `gale watch` runs this program.
  static var isWanted: Bool {
    // SAFETY: only compared with nothing.
    unsafe getenv(variable) != nil
  }

  /// Where the program lies.
  private static var ownPath: String {
    var path = [CChar](repeating: 0, count: Int(PATH_MAX))
    // SAFETY: the array is lent for the call, which fills in at most one byte less than it has.
    let room = path.count - 1
    let count = unsafe readlink("/proc/self/exe", &path, room)
    guard count > 0 else { return System.commandLine[0] }
    let text = String(decoding: path[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    // What the kernel says of a program that was built anew since it was started.
    return text.hasSuffix(" (deleted)") ? String(text.dropLast(10)) : text
  }

  private func begin(every interval: Duration, usesNotices: Bool) {
    let watcher = FileWatcher(every: interval, usesNotices: usesNotices, on: loop) { [unowned self] in
      changed($0)
    }
    self.watcher = watcher
    watcher.watch(file: executable)
    if command != nil, let package { watcher.watch(package.sources) }
    for file in Autoreload.registry.files { watcher.watch(file: file) }
    for resource in Autoreload.registry.resources { watcher.watch(FileTree(resource.directory)) }
  }

  // MARK: - What to do about a change

  private func changed(_ paths: [String]) {
    var rest = paths.filter { $0 != executable }
    for resource in Autoreload.registry.resources {
      let mine = rest.filter { $0.hasPrefix(resource.directory + "/") }
      guard !mine.isEmpty else { continue }
      rest.removeAll { mine.contains($0) }
      HTTPLog.general.info("\(mine.joined(separator: ", ")) modified")
      resource.body(mine)
    }
    if let file = rest.first(where: { Autoreload.registry.files.contains($0) }) {
      return restart(because: file)
    }
    if let file = rest.first, let command { return build(command, because: file) }
    // The one who builds tells when it is whole.
    if paths.contains(executable), !isBuilding { restartIfWhole() }
  }

  private func build(_ command: [String], because file: String) {
    guard !isBuilding else {
      mustBuildAgain = true
      return
    }
    isBuilding = true
    HTTPLog.general.info("\(file) modified; building (\(command.joined(separator: " ")))")
    loop.spawn { [self] in
      let before = FileIdentity(executable)
      let start = loop.time
      let complaint = await PackageBuild.run(command, on: loop)
      isBuilding = false
      watcher?.watch(file: executable)
      if mustBuildAgain {
        mustBuildAgain = false
        return build(command, because: "another file")
      }
      if let complaint {
        HTTPLog.general.error("The build failed; serving on as before\n\(complaint)")
      } else if FileIdentity(executable) == before {
        HTTPLog.general.info("Built; the program is the same")
      } else {
        HTTPLog.general.info("Built in \((loop.time - start).formattedSeconds) s")
        restart(because: executable)
      }
    }
  }

  /// A linker that is still at work leaves a file that cannot be run.
  private func restartIfWhole() {
    guard unsafe access(executable, X_OK) == 0 else { return }
    restart(because: executable)
  }

  private func restart(because file: String) {
    HTTPLog.general.info("\(file) modified; restarting server")
    for hook in Autoreload.registry.hooks { hook() }
    let error = SocketHandover.replaceProcess(executable, System.commandLine)
    HTTPLog.general.error("Cannot restart; serving on as before: \(error)")
  }
}

/// Which file is at a path.
private struct FileIdentity: Equatable {
  private let inode: UInt64
  private let seconds: Int
  private let nanoseconds: Int

  init?(_ path: String) {
    var status = stat()
    // SAFETY: filled in during the call.
    guard unsafe stat(path, &status) == 0 else { return nil }
    inode = UInt64(status.st_ino)
    seconds = status.st_mtim.tv_sec
    nanoseconds = status.st_mtim.tv_nsec
  }
}

extension Duration {
  /// With one digit behind the point.
  fileprivate var formattedSeconds: String {
    let tenths = components.seconds * 10 + components.attoseconds / 100_000_000_000_000_000
    return "\(tenths / 10).\(tenths % 10)"
  }
}
