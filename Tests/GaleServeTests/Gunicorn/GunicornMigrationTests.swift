// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import GaleServe

@Suite("serve: from gunicorn")
struct GunicornMigrationTests {
  private func translate(_ values: [String: GunicornValue]) -> GunicornTranslation {
    GunicornMigration.translate(values, application: "a:b")
  }

  @Test(
    "settings become gale's",
    arguments: [
      (["workers": .text("4")], "workers", .integer(4)), ([:], "workers", .integer(1)),
      (["bind": .text("0.0.0.0:80,[::1]")], "bind", .texts(["0.0.0.0:80", "[::1]:8000"])),
      (
        ["bind": .list(["unix:/run/x", "unix:///y", "tcp://h:1"])], "bind",
        .texts(["unix:/run/x", "unix:/y", "h:1"])
      ),
      (["threads": .integer(4)], "lane", .text("threads")),
      (["threads": .integer(4)], "threads", .integer(4)),
      ([:], "lane", .text("inline")), (["worker_class": .text("gthread")], "lane", .text("threads")),
      (["worker_class": .text("gevent")], "threads", .integer(32)),
      (["timeout": .number(1.2)], "timeout", .integer(2)),
      (["keepalive": .integer(2)], "keep-alive", .integer(2)),
      (["limit_request_line": .integer(0)], "limit-request-line", .integer(1 << 24)),
      (["umask": .integer(0o27)], "umask", .text("027")), (["umask": .text("0o77")], "umask", .text("077")),
      (["accesslog": .text("-")], "access-log", .text("-")), ([:], "access-log", .flag(false)),
      (["accesslog": .text("-")], "access-log-format", .text("combined")),
      (["access_log_format": .text("%(r)s")], "access-log-format", .text("%(r)s")),
      (["errorlog": .text("/e")], "error-log", .text("/e")),
      (["control_socket": .text("/c")], "control", .text("/c")),
      (["control_socket_disable": .flag(true)], "control", .flag(false)),
      ([:], "forwarded-allow-ips", .texts(["127.0.0.1", "::1"])),
      (["forwarded_allow_ips": .text("*")], "forwarded-allow-ips", .texts(["*"])),
      (["bind": .text("unix:/x")], "forwarded-allow-ips", .texts(["127.0.0.1", "::1", "unix"])),
      (["proxy_protocol": .flag(true)], "proxy-protocol", .text("auto")),
      (
        ["proxy_protocol": .text("v2"), "proxy_allow_ips": .text("10.0.0.1")], "proxy-allow-from",
        .texts(["10.0.0.1"])
      ),
      (["raw_env": .list(["A=1", "SCRIPT_NAME=/x"])], "env", .texts(["A=1"])),
      (["http_protocols": .text("h1,h2")], "http2", .flag(true)),
      (["http_protocols": .text("h1")], "http2", .flag(false)),
      (["reload": .flag(true)], "reload", .flag(true)),
      (["pythonpath": .text("a,b")], "pythonpath", .texts(["a", "b"])),
      (["header_map": .text("refuse")], "header-map", .text("refuse")),
      (["statsd_host": .text("h:8125")], "statsd", .text("h:8125")),
      (["statsd_host": .text("h:8125")], "statsd-prefix", .text("gunicorn")),
      (
        ["statsd_host": .text("h:8125"), "statsd_prefix": .text("shop.")], "statsd-prefix",
        .text("shop.gunicorn")
      ),
      (["dogstatsd_tags": .text("env:a,b")], "statsd-tag", .texts(["env:a", "b"])),
      (["cert_reqs": .integer(2)], "cert-reqs", .integer(2)),
    ] as [([String: GunicornValue], String, SettingValue)])
  func settings(_ values: [String: GunicornValue], _ name: String, _ expected: SettingValue) {
    #expect(translate(values)[name] == expected)
  }

  @Test("that have no like are named, with the reason", arguments: GunicornSetting.all.map(\.name))
  func everything(_ name: String) throws {
    let setting = try #require(GunicornSetting.all.first { $0.name == name })
    let value: GunicornValue =
      setting.kind == .flag
      ? .flag(true) : setting.kind == .hook ? .function("f") : .text(name == "raw_env" ? "A=1" : "7")
    let before = translate([:])
    let after = translate([name: value])
    switch setting.rule {
    case .notNeeded, .notAvailable: #expect(after.notes.contains { $0.name == name && !$0.text.isEmpty })
    case .elsewhere: break
    default:
      #expect(
        after.text != before.text || after.notes.count > before.notes.count || name == "wsgi_app"
          || name == "protocol" || name == "proxy_allow_ips")
    }
  }

  @Test(
    "hooks are those of the file", arguments: PythonHooks.ofServer.sorted() + ["post_fork", "post_request"])
  func hooks(_ name: String) {
    let values = [name: GunicornValue.function("f")]
    let translation = GunicornMigration.translate(values, application: "a:b", file: "gunicorn.conf.py")
    #expect(
      translation["hooks"] == .text("./gunicorn.conf.py") && !translation.notes.contains { $0.name == name })
    let elsewhere = GunicornMigration.translate(
      values.merging(["chdir": .text("/srv")]) { $1 }, application: "a:b", file: "/etc/g.py")
    #expect(elsewhere["hooks"] == .text("/etc/g.py"))
    #expect(translate([:])["hooks"] == nil)
  }

  @Test("hooks that are not called are told of, with the same reason as when they are loaded")
  func unavailableHooks() {
    for (name, reason) in PythonHooks.unavailable {
      #expect(
        translate([name: .function("f")]).notes.contains {
          $0.name == name && $0.text == reason
        })
    }
  }

  @Test("each is known once")
  func uniqueness() {
    let names = GunicornSetting.all.map(\.name)
    #expect(Set(names).count == names.count)
    let options = GunicornSetting.all.flatMap(\.options)
    #expect(Set(options).count == options.count)
  }

  @Test("the prefix becomes a mount")
  func prefix() {
    let translation = translate(["raw_env": .list(["SCRIPT_NAME=/shop"])])
    #expect(translation.commandLine.hasSuffix("--mount /shop=a:b"))
    #expect(translation.text.contains("[[mount]]\npath = \"/shop\"\napp = \"a:b\""))
  }

  @Test("a command line is read as gunicorn reads it")
  func arguments() throws {
    let arguments = try GunicornArguments([
      "-w4", "--bind=:80", "-b", "unix:/x", "--reload", "--threads", "2", "--no-sendfile", "shop:app",
    ])
    #expect(arguments.application == "shop:app")
    #expect(arguments.values["workers"] == .text("4"))
    #expect(arguments.values["bind"] == .list([":80", "unix:/x"]))
    #expect(arguments.values["reload"] == .flag(true))
    #expect(arguments.values["sendfile"] == .flag(false))
  }

  @Test(
    "what gunicorn would not understand is refused",
    arguments: [["--worker", "4"], ["-w"], ["a:b", "c:d"], ["-Z"]])
  func refusal(_ arguments: [String]) {
    #expect(throws: ServeError.self) { try GunicornArguments(arguments) }
  }

  @Test(
    "texts are safe for a shell",
    arguments: [("a:b", "a:b"), ("a b", "'a b'"), ("it's", "'it'\\''s'"), ("", "''"), ("$x", "'$x'")])
  func quoting(_ text: String, _ expected: String) {
    #expect(GunicornTranslation.quoted(text) == expected)
  }

  @Test("what is printed can be read")
  func roundTrip() throws {
    let translation = translate([
      "workers": .integer(2), "raw_env": .list(["A=\"x\""]), "accesslog": .text("-"),
      "preload_app": .flag(true),
    ])
    let file = try SettingFile(path: "x", text: translation.text)
    var sources = SettingSources()
    sources.file = file
    let configuration = try ServeConfiguration(sources)
    #expect(configuration.workers.count == 2)
    #expect(configuration.python.environment.map(\.value) == ["\"x\""])
    #expect(configuration.mounts.map(\.application) == ["a:b"])
  }
}
