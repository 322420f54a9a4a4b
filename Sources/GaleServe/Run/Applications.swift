// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleHTTP
import GalePython
import GaleWSGI

/// The applications that are served.
struct Applications {
  /// What takes the requests.
  let delegate: any HTTPServerConnectionDelegate
  /// Their names, for the service manager.
  let names: String

  /// Reads where the applications are to be found; needs no interpreter.
  static func locators(_ mounts: [MountSettings]) throws(ServeError) -> [PythonLocator] {
    var locators: [PythonLocator] = []
    for mount in mounts {
      do throws(PythonLocatorError) {
        locators.append(try PythonLocator(mount.application))
      } catch {
        throw ServeError(.setting, error.message)
      }
    }
    return locators
  }

  /// Imports the applications.
  init(
    _ mounts: [MountSettings], _ locators: [PythonLocator], isMultiprocess: Bool, _ interpreter: Interpreter
  ) throws {
    guard let mount = mounts.first, let locator = locators.first else {
      throw ServeError(.setting, "there is nothing to serve")
    }
    let reference = try interpreter.attach { python in try Self.load(locator, python) }
    delegate = Self.container(reference, mount.lane, isMultiprocess: isMultiprocess)
    names = mount.application
  }

  static func container(_ application: PythonReference, _ lane: LaneSettings, isMultiprocess: Bool)
    -> WSGIContainer
  {
    WSGIContainer(
      application, lane: lane.lane, multiprocess: isMultiprocess,
      requestTimeout: lane.timeout > 0 ? .seconds(lane.timeout) : nil)
  }

  private static func load(_ locator: PythonLocator, _ python: borrowing Attached) throws(ServeError)
    -> PythonReference
  {
    do throws(PythonLocatorError) {
      return PythonReference(try locator.resolve(python))
    } catch {
      // What Python said comes first, for those who want to know where; the reason is the last line.
      let traceback = error.code == .moduleNotFound ? nil : error.underlyingError?.traceback
      throw ServeError(.application, error.message, traceback: traceback)
    }
  }
}
