// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

extension GunicornSetting {
  /// All settings of gunicorn, up to version 27.
  static let all: [GunicornSetting] =
    sockets + workers + requests + mechanics + logging + hooks + tls + others

  private static let sockets: [GunicornSetting] = [
    GunicornSetting("config", "-c --config", .value, .elsewhere),
    GunicornSetting(
      "wsgi_app", "", .value, .custom { if $1.application == nil { $1.application = $0.asText } }),
    GunicornSetting("bind", "-b --bind", .list, .custom(bind)),
    GunicornSetting("backlog", "--backlog", .value, .integer("backlog")),
    GunicornSetting("reuse_port", "--reuse-port", .flag, .notNeeded("workers share one socket")),
  ]

  private static let workers: [GunicornSetting] = [
    GunicornSetting("workers", "-w --workers", .value, .integer("workers")),
    GunicornSetting("worker_class", "-k --worker-class", .value, .elsewhere),
    GunicornSetting("threads", "--threads", .value, .elsewhere),
    GunicornSetting(
      "worker_connections", "--worker-connections", .value,
      .notNeeded("a process holds as many connections as it may have open files")),
    GunicornSetting("max_requests", "--max-requests", .value, .integer("max-requests")),
    GunicornSetting("max_requests_jitter", "--max-requests-jitter", .value, .integer("max-requests-jitter")),
    GunicornSetting("timeout", "-t --timeout", .value, .integer("timeout")),
    GunicornSetting("graceful_timeout", "--graceful-timeout", .value, .integer("graceful-timeout")),
    GunicornSetting("keepalive", "--keep-alive", .value, .integer("keep-alive")),
    GunicornSetting(
      "worker_tmp_dir", "--worker-tmp-dir", .value, .notNeeded("workers send no heartbeat through a file")),
    GunicornSetting(
      "preload_app", "--preload", .flag,
      .notAvailable("workers are new processes, not forks: each imports the application itself")),
  ]

  private static let requests: [GunicornSetting] = [
    GunicornSetting(
      "limit_request_line", "--limit-request-line", .value, .custom { limit("limit-request-line", $0, &$1) }),
    GunicornSetting(
      "limit_request_fields", "--limit-request-fields", .value, .integer("limit-request-fields")),
    GunicornSetting(
      "limit_request_field_size", "--limit-request-field_size", .value,
      .custom { limit("limit-request-field-size", $0, &$1) }),
    GunicornSetting("header_map", "--header-map", .value, .text("header-map")),
    GunicornSetting("forwarded_allow_ips", "--forwarded-allow-ips", .value, .texts("forwarded-allow-ips")),
    GunicornSetting(
      "forwarder_headers", "--forwarder-headers", .value,
      .notAvailable("SCRIPT_NAME comes from --mount, or from X-Forwarded-Prefix with --forwarded-prefix")),
    GunicornSetting(
      "secure_scheme_headers", "", .value,
      .notAvailable("proxies say https in X-Forwarded-Proto, X-Scheme or Forwarded")),
    GunicornSetting("proxy_protocol", "--proxy-protocol", .value, .custom(proxyProtocol)),
    GunicornSetting("proxy_allow_ips", "--proxy-allow-from", .value, .custom(proxySources)),
    GunicornSetting(
      "permit_obsolete_folding", "--permit-obsolete-folding", .flag,
      .notAvailable("folded fields are refused (RFC 9112, 5.2)")),
    GunicornSetting(
      "strip_header_spaces", "--strip-header-spaces", .flag,
      .notAvailable("a space before the colon is refused (RFC 9112, 5.1)")),
    GunicornSetting(
      "permit_unconventional_http_method", "--permit-unconventional-http-method", .flag,
      .notNeeded("every method that is a token is passed on")),
    GunicornSetting(
      "permit_unconventional_http_version", "--permit-unconventional-http-version", .flag,
      .notAvailable("there are HTTP/1.0, HTTP/1.1 and HTTP/2")),
    GunicornSetting(
      "casefold_http_method", "--casefold-http-method", .flag,
      .notAvailable("methods are case-sensitive (RFC 9110, 9.1)")),
    GunicornSetting("http_parser", "--http-parser", .value, .notNeeded("there is one parser")),
    GunicornSetting(
      "protocol", "--protocol", .value,
      .custom { value, translation in
        if value.asText != "http" {
          translation.note("protocol", .notAvailable, "the uwsgi protocol is not spoken: proxy by HTTP")
        }
      }),
    GunicornSetting(
      "uwsgi_allow_ips", "--uwsgi-allow-from", .value, .notAvailable("the uwsgi protocol is not spoken")),
  ]

  private static let mechanics: [GunicornSetting] = [
    GunicornSetting("chdir", "--chdir", .value, .text("chdir")),
    GunicornSetting("pythonpath", "--pythonpath", .value, .texts("pythonpath")),
    GunicornSetting("raw_env", "-e --env", .list, .custom(environment)),
    GunicornSetting("pidfile", "-p --pid", .value, .text("pid")),
    GunicornSetting("user", "-u --user", .value, .text("user")),
    GunicornSetting("group", "-g --group", .value, .text("group")),
    GunicornSetting("umask", "-m --umask", .value, .custom(umask)),
    GunicornSetting("initgroups", "--initgroups", .flag, .notNeeded("--user always takes the user's groups")),
    GunicornSetting(
      "daemon", "-D --daemon", .flag,
      .notAvailable("let systemd, or whatever starts it, keep it in the background")),
    GunicornSetting(
      "sendfile", "--no-sendfile", .flag, .notNeeded("wsgi.file_wrapper always goes out by sendfile")),
    GunicornSetting("tmp_upload_dir", "", .value, .notAvailable("large bodies lie where TMPDIR says")),
    GunicornSetting(
      "proc_name", "-n --name", .value, .notNeeded("ps shows gale: worker 0 with the application's name")),
    GunicornSetting("default_proc_name", "", .value, .notNeeded("see proc_name")),
    GunicornSetting(
      "paste", "--paste --paster", .value,
      .notAvailable("write a module that loads the .ini file, and serve that")),
    GunicornSetting("raw_paste_global_conf", "--paste-global", .list, .notAvailable("see paste")),
    GunicornSetting("reload", "--reload", .flag, .flag("reload")),
    GunicornSetting("reload_engine", "--reload-engine", .value, .notNeeded("the kernel tells what changed")),
    GunicornSetting("reload_extra_files", "--reload-extra-file", .list, .texts("reload-extra-file")),
    GunicornSetting("spew", "--spew", .flag, .notAvailable("python -m trace does this")),
    GunicornSetting("check_config", "--check-config", .flag, .notNeeded("gale check does this")),
    GunicornSetting(
      "print_config", "--print-config", .flag, .notNeeded("gale serve --print-config does this")),
    GunicornSetting(
      "control_socket", "--control-socket", .value, .text("control")),
    GunicornSetting(
      "control_socket_mode", "--control-socket-mode", .value, .notNeeded("only the server's user may use it")),
    GunicornSetting(
      "control_socket_disable", "--no-control-socket", .flag,
      .custom { value, translation in if value.isTrue { translation.set("control", .flag(false)) } }),
  ]

  private static let logging: [GunicornSetting] = [
    GunicornSetting("loglevel", "--log-level", .value, .text("log-level")),
    GunicornSetting("accesslog", "--access-logfile", .value, .text("access-log")),
    GunicornSetting("access_log_format", "--access-logformat", .value, .text("access-log-format")),
    GunicornSetting(
      "errorlog", "--error-logfile --log-file", .value,
      .custom { value, translation in
        if value.asText != "-" { translation.set("error-log", .text(value.asText)) }
      }),
    GunicornSetting(
      "disable_redirect_access_to_syslog", "--disable-redirect-access-to-syslog", .flag,
      .notNeeded("see syslog")),
    GunicornSetting(
      "capture_output", "--capture-output", .flag, .notNeeded("what Python prints goes where the log goes")),
    GunicornSetting(
      "logger_class", "--logger-class", .value,
      .notAvailable("the server's log is Swift's; the application's is Python's own")),
    GunicornSetting(
      "logconfig", "--log-config", .value, .notAvailable("configure Python's logging in the application")),
    GunicornSetting(
      "logconfig_dict", "", .value, .notAvailable("configure Python's logging in the application")),
    GunicornSetting(
      "logconfig_json", "--log-config-json", .value,
      .notAvailable("configure Python's logging in the application")),
    GunicornSetting(
      "syslog", "--log-syslog", .flag, .notAvailable("systemd's journal, or | logger, takes standard error")),
    GunicornSetting("syslog_addr", "--log-syslog-to", .value, .notAvailable("see syslog")),
    GunicornSetting("syslog_prefix", "--log-syslog-prefix", .value, .notAvailable("see syslog")),
    GunicornSetting("syslog_facility", "--log-syslog-facility", .value, .notAvailable("see syslog")),
    GunicornSetting(
      "enable_stdio_inheritance", "-R --enable-stdio-inheritance", .flag,
      .notNeeded("workers have the supervisor's streams")),
    GunicornSetting("statsd_host", "--statsd-host", .value, .text("statsd")),
    GunicornSetting(
      "dogstatsd_tags", "--dogstatsd-tags", .value,
      .custom { value, translation in
        let tags = value.asText.split(separator: ",").map(String.init)
        if !tags.isEmpty { translation.set("statsd-tag", .texts(tags)) }
      }),
    GunicornSetting("statsd_prefix", "--statsd-prefix", .value, .elsewhere),
    GunicornSetting(
      "enable_backlog_metric", "--enable-backlog-metric", .flag,
      .notAvailable("--metrics has what waits for threads; the listening queue is the system's")),
  ]

  private static let hooks: [GunicornSetting] = [
    hook("on_starting"), hook("on_reload"), hook("when_ready"),
    hook("pre_fork"),
    hook("post_fork"), hook("post_worker_init"),
    hook("worker_int"), hook("worker_abort"),
    hook("pre_exec"), hook("pre_request"), hook("post_request"), hook("child_exit"), hook("worker_exit"),
    hook("nworkers_changed"), hook("on_exit"),
    hook("on_dirty_starting", "there are no dirty arbiters"),
    hook("dirty_post_fork", "there are no dirty arbiters"),
    hook("dirty_worker_init", "there are no dirty arbiters"),
    hook("dirty_worker_exit", "there are no dirty arbiters"),
  ]

  private static let tls: [GunicornSetting] = [
    GunicornSetting("certfile", "--certfile", .value, .text("certfile")),
    GunicornSetting("keyfile", "--keyfile", .value, .text("keyfile")),
    GunicornSetting("ca_certs", "--ca-certs", .value, .text("ca-certs")),
    GunicornSetting("cert_reqs", "--cert-reqs", .value, .integer("cert-reqs")),
    GunicornSetting("ciphers", "--ciphers", .value, .text("ciphers")),
    GunicornSetting("ssl_version", "--ssl-version", .value, .notNeeded("TLS 1.2 and 1.3 are spoken")),
    GunicornSetting(
      "suppress_ragged_eofs", "--suppress-ragged-eofs", .flag,
      .notNeeded("an end without a farewell harms no one")),
    GunicornSetting(
      "do_handshake_on_connect", "--do-handshake-on-connect", .flag,
      .notNeeded("the handshake always comes first and holds up nobody")),
    hook("ssl_context"),
    GunicornSetting(
      "http_protocols", "--http-protocols", .value,
      .custom { value, translation in
        translation.set("http2", .flag(value.asList.contains("h2")))
        if value.asList.contains("h3") {
          translation.note("http_protocols", .notAvailable, "HTTP/3 is not spoken")
        }
      }),
    GunicornSetting(
      "http2_cleartext", "--http2-cleartext", .value,
      .notNeeded("with http2, clients may begin with it without TLS, too")),
    GunicornSetting(
      "http2_max_concurrent_streams", "--http2-max-concurrent-streams", .value,
      .integer("http2-max-concurrent-streams")),
    GunicornSetting(
      "http2_initial_window_size", "--http2-initial-window-size", .value,
      .notNeeded("windows are 256 KiB for a stream")),
    GunicornSetting(
      "http2_max_frame_size", "--http2-max-frame-size", .value, .notNeeded("frames are up to 16 KiB")),
    GunicornSetting(
      "http2_max_header_list_size", "--http2-max-header-list-size", .value,
      .notNeeded("the limits of HTTP/1 hold for HTTP/2")),
  ]

  private static let others: [GunicornSetting] = [
    GunicornSetting(
      "root_path", "--root-path", .value,
      .notAvailable("it is for ASGI; a WSGI application has --mount /path=app")),
    GunicornSetting("asgi_loop", "--asgi-loop", .value, .notAvailable("it is for ASGI")),
    GunicornSetting("asgi_lifespan", "--asgi-lifespan", .value, .notAvailable("it is for ASGI")),
    GunicornSetting(
      "asgi_disconnect_grace_period", "--asgi-disconnect-grace-period", .value,
      .notAvailable("it is for ASGI")),
    GunicornSetting(
      "websocket_max_message_size", "--websocket-max-message-size", .value, .notAvailable("it is for ASGI")),
    GunicornSetting(
      "dirty_apps", "--dirty-app", .list,
      .notAvailable("there are no dirty arbiters: a queue such as Celery, or threads")),
    GunicornSetting("dirty_workers", "--dirty-workers", .value, .notAvailable("see dirty_apps")),
    GunicornSetting("dirty_timeout", "--dirty-timeout", .value, .notAvailable("see dirty_apps")),
    GunicornSetting("dirty_threads", "--dirty-threads", .value, .notAvailable("see dirty_apps")),
    GunicornSetting(
      "dirty_graceful_timeout", "--dirty-graceful-timeout", .value, .notAvailable("see dirty_apps")),
  ]

  private static func hook(_ name: String, _ reason: String) -> GunicornSetting {
    GunicornSetting(name, "", .hook, .notAvailable(reason))
  }

  /// One of ``PythonHooks``: the file that has it becomes the module of the hooks, if it is called here, too.
  private static func hook(_ name: String) -> GunicornSetting {
    if let (_, reason) = PythonHooks.unavailable.first(where: { $0.key == name }) {
      return hook(name, reason)
    }
    return GunicornSetting(name, "", .hook, .custom { _, translation in translation.useHooks(of: name) })
  }

  // MARK: - Those that are not the same

  private static func bind(_ value: GunicornValue, _ translation: inout GunicornTranslation) {
    var addresses: [String] = []
    for text in value.asList {
      if text.hasPrefix("fd://") {
        translation.note(
          "bind", .different, "\(text): sockets of a systemd .socket unit are taken when there is no bind")
      } else if text.hasPrefix("unix://") {
        addresses.append("unix:" + text.dropFirst(7))
      } else if text.hasPrefix("tcp://") {
        addresses.append(withPort(String(text.dropFirst(6))))
      } else {
        addresses.append(text.hasPrefix("unix:") ? text : withPort(text))
      }
    }
    if !addresses.isEmpty { translation.set("bind", .texts(addresses)) }
  }

  private static func withPort(_ text: String) -> String {
    if text.hasSuffix("]") || !text.contains(":") && Int(text) == nil { return text + ":8000" }
    return text
  }

  /// Gunicorn takes 0 for no limit.
  private static func limit(_ name: String, _ value: GunicornValue, _ translation: inout GunicornTranslation)
  {
    guard let number = value.asInteger else { return }
    translation.set(name, .integer(number == 0 ? 1 << 24 : min(max(number, 64), 1 << 24)))
  }

  private static func proxyProtocol(_ value: GunicornValue, _ translation: inout GunicornTranslation) {
    let text = value.asText.lowercased()
    let name = ["v1", "v2", "auto", "off"].contains(text) ? text : value.isTrue ? "auto" : "off"
    translation.set("proxy-protocol", .text(name))
  }

  private static func proxySources(_ value: GunicornValue, _ translation: inout GunicornTranslation) {
    guard case .text(let name)? = translation["proxy-protocol"], name != "off" else { return }
    translation.set("proxy-allow-from", .texts(value.asList))
  }

  /// A variable SCRIPT_NAME is where the application appears.
  private static func environment(_ value: GunicornValue, _ translation: inout GunicornTranslation) {
    var variables: [String] = []
    let items = if case .list(let list) = value { list } else { [value.asText] }
    for text in items {
      guard let variable = EnvironmentFile.variable(text[...]) else { continue }
      if variable.name == "SCRIPT_NAME" {
        translation.prefix = variable.value == "/" ? "" : variable.value
      } else {
        variables.append(text)
      }
    }
    if !variables.isEmpty { translation.set("env", .texts(variables)) }
  }

  /// Numbers are octal when they are written so; in a file they are numbers already.
  private static func umask(_ value: GunicornValue, _ translation: inout GunicornTranslation) {
    let number: Int? =
      switch value {
      case .text(let text):
        text.hasPrefix("0o")
          ? Int(text.dropFirst(2), radix: 8)
          : text.hasPrefix("0x")
            ? Int(text.dropFirst(2), radix: 16)
            : text.hasPrefix("0") ? Int(text, radix: 8) : Int(text)
      default: value.asInteger
      }
    guard let number, (1...0o777).contains(number) else { return }
    translation.set("umask", .text("0" + String(number, radix: 8)))
  }
}
