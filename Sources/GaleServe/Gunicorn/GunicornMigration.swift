// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// Says in gale's words what gunicorn was told.
package enum GunicornMigration {
  /// - Parameter arguments: Those of gunicorn, without its name.
  /// - Throws: ``ServeError`` for options that gunicorn has not, and for a file that cannot be evaluated.
  package static func translate(_ arguments: [String]) throws(ServeError) -> GunicornTranslation {
    let arguments = try GunicornArguments(arguments)
    var path = arguments.configFile
    if path == nil, FileText.exists(GunicornConfigFile.standardPath) {
      path = GunicornConfigFile.standardPath
    }
    if let written = path, written.hasPrefix("file:") { path = String(written.dropFirst(5)) }
    guard path?.hasPrefix("python:") != true else {
      throw ServeError(.setting, "a configuration that is a module is not read: name its file")
    }
    let ofFile =
      if let path, !path.isEmpty { try GunicornConfigFile.read(path) } else { [String: GunicornValue]() }
    return translate(
      ofFile.merging(arguments.values) { $1 }, application: arguments.application, file: path)
  }

  /// - Parameter values: By gunicorn's names; others are ignored, as gunicorn does.
  static func translate(
    _ values: [String: GunicornValue], application: String?, file: String? = nil
  ) -> GunicornTranslation {
    var translation = GunicornTranslation()
    translation.file = file.map { path in
      // Where it is said, chdir comes before the hooks are looked for.
      let path = path.contains("/") ? path : "./" + path
      return path.hasPrefix("/") || values["chdir"] == nil ? path : "\(WorkingDirectory.current)/\(path)"
    }
    translation.application = application
    for setting in GunicornSetting.all {
      guard let value = values[setting.name], value != .none else { continue }
      setting.apply(value, &translation)
    }
    GunicornDefaults.apply(values, &translation)
    return translation
  }
}

/// What gunicorn does when it is told nothing, where gale does otherwise.
private enum GunicornDefaults {
  static func apply(_ values: [String: GunicornValue], _ translation: inout GunicornTranslation) {
    if translation["statsd"] != nil {
      // Dashboards ask for gunicorn's names.
      let prefix = values["statsd_prefix"]?.asText ?? ""
      let parts = prefix.split(separator: ".").map(String.init) + ["gunicorn"]
      translation.set("statsd-prefix", .text(parts.joined(separator: ".")))
    }
    if translation["workers"] == nil { translation.set("workers", .integer(1)) }
    chooseLane(values, &translation)
    if translation["forwarded-allow-ips"] == nil {
      let listensOnPath = values["bind"]?.asList.contains { $0.hasPrefix("unix:") } ?? false
      translation.set("forwarded-allow-ips", .texts(["127.0.0.1", "::1"] + (listensOnPath ? ["unix"] : [])))
    }
    if case .text(let protocolName)? = translation["proxy-protocol"], protocolName != "off",
      translation["proxy-allow-from"] == nil
    {
      translation.set("proxy-allow-from", .texts(["127.0.0.1", "::1"]))
    }
    if translation["access-log"] == nil {
      translation.set("access-log", .flag(false))
    } else if translation["access-log-format"] == nil {
      translation.set("access-log-format", .text("combined"))
    }
  }

  /// Gunicorn's worker classes are lanes here.
  private static func chooseLane(_ values: [String: GunicornValue], _ translation: inout GunicornTranslation)
  {
    let threads = values["threads"]?.asInteger ?? 1
    let name = values["worker_class"]?.asText.split(separator: ".").last.map(String.init) ?? "sync"
    switch name {
    case "gevent", "eventlet", "GeventWorker", "EventletWorker", "GeventPyWSGIWorker":
      translation.set("lane", .text("threads"))
      translation.set("threads", .integer(max(threads, 32)))
      translation.note(
        "worker_class", .different,
        "there are no greenlets; each of the threads waits for one request. Nothing is patched: blocking calls block their thread"
      )
    case "asgi", "ASGIWorker", "UvicornWorker", "UvicornH11Worker":
      translation.note("worker_class", .notNeeded, "ASGI applications are recognised, and run on the loop")
    default:
      if name == "tornado" || name == "TornadoWorker" {
        translation.note(
          "worker_class", .notAvailable,
          "a Tornado application needs Tornado's own loop; WSGI ones are served")
      }
      let usesThreads = threads > 1 || name == "gthread" || name == "ThreadWorker"
      translation.set("lane", .text(usesThreads ? "threads" : "inline"))
      if usesThreads { translation.set("threads", .integer(threads)) }
      if !usesThreads, values["timeout"]?.asInteger ?? 30 > 0 {
        translation.note(
          "timeout", .different,
          "a late request is interrupted by gale.RequestTimeout and answered 504; a worker that does not come back ends"
        )
      }
    }
  }
}
