// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import GaleServe

@Suite("serve: what is logged, and who may watch")
struct WatchSettingsTests {
  private func read(_ file: String, environment: [String: String] = [:]) throws -> ServeConfiguration {
    var sources = SettingSources()
    sources.environment = environment
    sources.file = try SettingFile(path: "gale.toml", text: "app = \"a:b\"\n" + file)
    return try ServeConfiguration(sources)
  }

  @Test(arguments: [
    ("", LogSettings.AccessDestination.standard), ("access-log = true", .standard),
    ("access-log = false", .none),
    ("access-log = \"-\"", .standardOutput), ("access-log = \"/var/log/a\"", .file("/var/log/a")),
  ])
  func `requests are logged where it is said`(_ file: String, _ place: LogSettings.AccessDestination) throws {
    #expect(try read(file).log.access == place)
  }

  @Test(arguments: [
    ("false", LogSettings.AccessDestination.none), ("1", .standard), ("a.log", .file("a.log")),
  ])
  func `the environment can say it, too`(_ text: String, _ place: LogSettings.AccessDestination) throws {
    #expect(try read("", environment: ["GALE_ACCESS_LOG": text]).log.access == place)
  }

  @Test func `the error log's dash is standard error`() throws {
    #expect(try read("error-log = \"-\"").log.errorFile == nil)
    #expect(try read("error-log = \"e\"").log.errorFile == "e")
  }

  @Test(arguments: [
    ("", WatchSettings.Control.standard), ("control = false", .none), ("control = true", .standard),
    ("control = \"/run/a\"", .path("/run/a")), ("control = \"off\"", .none),
  ])
  func `the control socket is where it is said`(_ file: String, _ control: WatchSettings.Control) throws {
    #expect(try read(file).watch.control == control)
  }

  @Test(arguments: [
    ("metrics = \"9090\"", BindAddress(host: "127.0.0.1", port: 9090)),
    ("metrics = \"[::1]:9090\"", BindAddress(host: "::1", port: 9090)), ("", nil),
  ])
  func `a port alone is for this machine`(_ file: String, _ address: BindAddress?) throws {
    #expect(try read(file).watch.metrics == address)
  }

  @Test(arguments: [
    ("slow-request = 0.5", 0.5), ("slow-request = 3", 3), ("slow-request = 0", nil), ("", nil),
  ])
  func `slow is what takes longer`(_ file: String, _ seconds: Double?) throws {
    #expect(try read(file).watch.slowRequest == seconds)
  }

  @Test(arguments: [
    (
      "metrics = \"nowhere\"",
      "gale.toml:2: metrics cannot be used: nowhere is no address: write HOST:PORT or unix:PATH"
    ),
    ("metrics-path = \"m\"", "gale.toml:2: metrics-path takes a path that begins with a slash"),
    ("slow-request = 0.001", "gale.toml:2: slow-request takes 0.01 or more, or 0 for never"),
    (
      "access-log-format = \"%(x)s\"", "gale.toml:2: access-log-format cannot be used: there is no atom %(x)s"
    ),
    ("access-log-min-duration = -1", "gale.toml:2: access-log-min-duration takes 0.0 or more"),
    ("access-log = 1", "gale.toml:2: access-log takes a text"),
  ])
  func `what cannot be used is said with its place`(_ file: String, _ message: String) {
    let error = #expect(throws: ServeError.self) { try read(file) }
    #expect(error?.message == message)
    #expect(error?.code == .setting)
  }

  @Test(arguments: [("/run/shop.pid", "/run/shop.control"), ("shop", "shop.control")])
  func `the control socket is beside the file of the process id`(_ pidFile: String, _ path: String) {
    #expect(ControlPath.beside(pidFile: pidFile) == path)
    #expect(ControlPath.choose(.standard, pidFile: pidFile) == path)
    #expect(ControlPath.choose(.none, pidFile: pidFile) == nil)
    #expect(ControlPath.choose(.path("x"), pidFile: pidFile) == "x")
  }
}
