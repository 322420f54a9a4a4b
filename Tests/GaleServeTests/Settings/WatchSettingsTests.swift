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

  @Test(arguments: [
    ("localhost", BindAddress(host: "localhost", port: 8125)), ("h:1", BindAddress(host: "h", port: 1)),
    ("9125", BindAddress(host: "127.0.0.1", port: 9125)), ("[::1]:1", BindAddress(host: "::1", port: 1)),
  ])
  func `StatsD is where it is said`(_ text: String, _ address: BindAddress) throws {
    let statsd = try #require(try read("statsd = \"\(text)\"").watch.statsd)
    #expect(statsd.address == address)
    #expect(statsd.prefix == "gale" && statsd.tags.isEmpty)
  }

  @Test func `StatsD is told nothing unless it is said where`() throws {
    #expect(try read("statsd-prefix = \"a\"").watch.statsd == nil)
  }

  @Test func `names and tags of StatsD`() throws {
    let file = "statsd = \"h\"\nstatsd-prefix = \"a.b\"\nstatsd-tag = [\"env:x/1\", \"y\"]"
    let statsd = try #require(try read(file).watch.statsd)
    #expect(statsd.prefix == "a.b")
    #expect(statsd.tags == ["env:x/1", "y"])
  }

  @Test(arguments: [
    "statsd = \"::1\"", "statsd = \"unix:\"", "statsd = \"h\"\nstatsd-prefix = \"a:b\"",
    "statsd = \"h\"\nstatsd-tag = [\"a|b\"]", "statsd = \"h\"\nstatsd-tag = [\"\"]",
  ])
  func `what StatsD would not understand is refused`(_ file: String) {
    #expect(throws: ServeError.self) { try read(file) }
  }
}
