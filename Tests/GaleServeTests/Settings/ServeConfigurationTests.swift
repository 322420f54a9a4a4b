// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import GaleServe

@Suite("serve: settings")
struct ServeConfigurationTests {
  private func read(
    _ commandLine: [String: SettingValue] = [:], environment: [String: String] = [:], file: String? = nil,
    mounts: [String] = [], statics: [String] = []
  ) throws -> ServeConfiguration {
    var sources = SettingSources()
    for (name, value) in commandLine { sources.commandLine.set(name, value, .commandLine) }
    sources.environment = environment
    sources.file = try file.map { try SettingFile(path: "gale.toml", text: $0) }
    sources.mounts = mounts
    sources.statics = statics
    return try ServeConfiguration(sources)
  }

  @Test("are missed in variables of similar names, not in those of a former run")
  func similarVariables() throws {
    let app: [String: SettingValue] = ["app": .text("a:b")]
    let wrong = try read(app, environment: ["GALE_WORKRES": "2", "GALE_OTHER_PROGRAM": "1"]).warnings
    #expect(wrong == ["GALE_WORKRES is no setting; did you mean GALE_WORKERS?"])
    let handedOver = [
      "GALE_SOCKETS", "GALE_WORKER", "GALE_WORKER_LINK", "GALE_SCOREBOARD", "GALE_SUPERVISOR",
      "GALE_HOOK_RUNNER",
      "GALE_START_DIRECTORY", "GALE_AUTORELOAD",
    ]
    let environment = Dictionary(uniqueKeysWithValues: handedOver.map { ($0, "1") })
    #expect(try read(app, environment: environment).warnings == [])
  }

  private func origin(_ name: String, _ configuration: ServeConfiguration) -> SettingOrigin? {
    configuration.findings.first { $0.name == name }?.origin
  }

  @Test("have defaults")
  func defaults() throws {
    let configuration = try read(["app": .text("a:b")])
    #expect(configuration.lane == LaneSettings())
    #expect(configuration.workers.count == nil)
    #expect(configuration.http.keepAlive == 75)
    #expect(configuration.listen.addresses.isEmpty)
    #expect(configuration.mounts.map(\.point) == [.root])
    #expect(origin("threads", configuration) == .standard)
  }

  @Test("come from the command line before the environment before the file")
  func precedence() throws {
    let file = "threads = 2\ntimeout = 2\ngraceful-timeout = 2\napp = \"c:d\""
    let configuration = try read(
      ["app": .text("a:b"), "threads": .integer(4)], environment: ["GALE_THREADS": "3", "GALE_TIMEOUT": "3"],
      file: file)
    #expect(configuration.lane.threads == 4)
    #expect(configuration.lane.timeout == 3)
    #expect(configuration.workers.gracefulTimeout == 2)
    #expect(configuration.mounts.map(\.application) == ["a:b"])
    #expect(origin("threads", configuration) == .commandLine)
    #expect(origin("timeout", configuration) == .environment("GALE_TIMEOUT"))
    #expect(origin("graceful-timeout", configuration) == .file("gale.toml", line: 3))
  }

  @Test("that are empty in the environment are not set")
  func emptyVariable() throws {
    #expect(try read(["app": .text("a:b")], environment: ["GALE_THREADS": ""]).lane.threads == 4)
  }

  @Test("know the variables of others")
  func aliases() throws {
    let environment = ["WEB_CONCURRENCY": "3", "FORWARDED_ALLOW_IPS": "10.0.0.1, ::1"]
    let configuration = try read(["app": .text("a:b")], environment: environment)
    #expect(configuration.workers.count == 3)
    #expect(configuration.proxies.trusted == ["10.0.0.1", "::1"])
    #expect(
      try read(["app": .text("a:b"), "workers": .integer(2)], environment: environment).workers.count == 2)
  }

  @Test("of an application are its own, or those of all")
  func scopes() throws {
    let configuration = try read(
      ["threads": .integer(9)],
      file: """
        lane = "threads"
        [[mount]]
        path = "/a"
        app = "a:a"
        threads = 2
        [[mount]]
        path = "/b"
        app = "b:b"
        """, mounts: ["/c=c:c,lane=inline", "/b=d:d"])
    #expect(configuration.mounts.map(\.point.path) == ["/a", "/c", "/b"])
    #expect(configuration.mounts.map(\.application) == ["a:a", "c:c", "d:d"])
    #expect(configuration.mounts.map(\.lane.threads) == [2, 9, 9])
    #expect(configuration.mounts.map(\.lane.kind) == [.threads, .inline, .threads])
  }

  @Test("about interpreters are for all, or for one; a lane that counts for more takes their place")
  func interpreters() throws {
    let configuration = try read(
      ["app": .text("a:b")], file: "interpreters = 3\nqueue-limit = 5",
      mounts: ["/b=b:b,interpreters=2", "/c=c:c,lane=threads,threads=8"])
    #expect(configuration.mounts.map(\.lane.interpreters) == [3, 2, nil])
    #expect(
      configuration.mounts.map(\.lane.description) == ["interpreters(3)", "interpreters(2)", "threads(8)"])
    let file = "app = \"a:b\"\ninterpreters = 3"
    #expect(try read(["lane": .text("auto")], file: file).mounts.first?.lane.description == "auto(4)")
    let reverse = "app = \"a:b\"\nlane = \"threads\"\nthreads = 3"
    #expect(try read(["interpreters": .integer(2)], file: reverse).lane.interpreters == 2)
  }

  /// Settings that exclude each other, and the complaint.
  struct Excluding: Sendable {
    let commandLine: [String: SettingValue]
    var file = ""
    var mounts: [String] = []
    let complaint: String
  }

  @Test(
    "about interpreters exclude lanes, threads and --reload",
    arguments: [
      Excluding(
        commandLine: ["interpreters": .integer(2), "lane": .text("inline")],
        complaint: "--interpreters cannot be had together with lane: they are a lane of their own"),
      Excluding(
        commandLine: ["threads": .integer(2)], file: "interpreters = 2",
        complaint: "gale.toml:1: interpreters cannot be had together with threads: each has one thread"),
      Excluding(
        commandLine: [:], mounts: ["/a=a:a,interpreters=2,threads=2"],
        complaint:
          "--mount /a=a:a,interpreters=2,threads=2: interpreters cannot be had together with threads: each has one thread"
      ),
      Excluding(
        commandLine: ["reload": .flag(true)], mounts: ["/a=a:a,interpreters=2"],
        complaint: "--interpreters and --reload cannot be had together: code is replaced in one interpreter"),
      Excluding(
        commandLine: ["interpreters": .integer(0)],
        complaint: "--interpreters takes a whole number from 1 to 1024"),
    ])
  func excluding(_ given: Excluding) {
    let error = #expect(throws: ServeError.self) {
      try read(
        given.commandLine.merging(["app": .text("a:b")]) { $1 }, file: given.file, mounts: given.mounts)
    }
    #expect(error?.message == given.complaint && error?.code == .setting)
  }

  @Test("place files beside applications")
  func statics() throws {
    let configuration = try read(
      ["app": .text("a:b")], file: "[[static]]\npath = \"/s\"\ndirectory = \"x\"",
      statics: ["/s=y,expires=60,index=index.html"])
    let files = try #require(configuration.statics.first)
    #expect(configuration.statics.count == 1)
    #expect(files.directory == "y")
    #expect(files.expires == 60)
    #expect(files.index == "index.html")
  }

  @Test(
    "that are wrong are refused, with who wrote them",
    arguments: [
      ([:], [:], "threads = 0\napp = \"a:b\"", "gale.toml:1: threads takes a whole number from 1 to 1024"),
      (["threads": .integer(0)], [:], nil, "--threads takes"),
      ([:], ["GALE_THREADS": "x"], nil, "GALE_THREADS takes"),
      ([:], ["GALE_HTTP2": "maybe"], nil, "GALE_HTTP2 takes true or false"),
      ([:], [:], "theads = 3", "gale.toml:1: theads is no setting; did you mean threads?"),
      ([:], [:], "zzz = 3", "gale.toml:1: zzz is no setting"), ([:], [:], nil, "nothing to serve"),
      (["app": .text("a:b"), "max-requests": .integer(1)], [:], nil, "--max-requests needs --workers"),
      (["app": .text("a:b"), "umask": .text("9")], [:], nil, "--umask takes an octal number"),
      (["app": .text("a:b"), "bind": .texts(["x"])], [:], nil, "--bind takes addresses; x is no address"),
    ] as [([String: SettingValue], [String: String], String?, String)])
  func refusal(
    _ commandLine: [String: SettingValue], _ environment: [String: String], _ file: String?, _ message: String
  ) {
    let error = #expect(throws: ServeError.self) {
      try read(commandLine, environment: environment, file: file)
    }
    #expect(error?.message.contains(message) ?? false, "\(error?.message ?? "")")
    #expect(error?.code.exitStatus == 2)
  }

  @Test("are printed so that they can be read back")
  func printing() throws {
    let first = try read(
      ["app": .text("a:b"), "keep-alive": .integer(5), "env": .texts(["A=x \"y\"\n", "B=1", "A=z"])],
      environment: ["GALE_LANE": "threads"], file: "bind = [\"[::1]:80\", \"unix:/x\"]\n[env]\nC = 1",
      mounts: ["*.example.com/v1=v:app,threads=3"], statics: ["/s=dir,expires=9"])
    let second = try read(file: first.text)
    #expect(
      second.text.split(separator: "\n").map(withoutOrigin)
        == first.text.split(separator: "\n").map(withoutOrigin))
    #expect(second.python.environment.map(\.name) == ["C", "B", "A"])
    #expect(second.python.environment.last?.value == "z")
    #expect(second.mounts.map(\.point.description) == ["/", "*.example.com/v1"] || second.mounts.count == 2)
  }

  private func withoutOrigin(_ line: Substring) -> Substring { line.split(separator: "  # ").first ?? "" }

  @Test(
    "are guessed from what is written wrong",
    arguments: [
      ("thread", "threads"), ("acess-log", "access-log"), ("keepalive", "keep-alive"), ("timeuot", "timeout"),
      ("x", nil),
      ("certificate", nil),
    ] as [(String, String?)])
  func spelling(_ wrong: String, _ right: String?) {
    let names = ["threads", "timeout", "access-log", "keep-alive", "certfile"]
    #expect(Spelling.closest(to: wrong, among: names) == right)
  }
}
