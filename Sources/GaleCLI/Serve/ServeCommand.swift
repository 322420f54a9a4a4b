// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import GaleServe

/// `gale serve module:app`.
struct ServeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Host a WSGI application (Flask, Django, …).",
    discussion: """
      APPLICATION names what to serve, as for gunicorn:
        mysite.wsgi               the attribute `application` of the module mysite.wsgi
        shop:app                  the attribute `app` of the module shop
        shop:create_app()         what the function returns
        site/shop.py              `application` or `app` of a file; site/shop.py:create_app() as above

      Modules are looked for in the working directory first, then in the virtual environment.

      Lanes say where Python runs:
        inline                    on the server's own thread: least cost per request. For one process that
                                  serves nothing but Python.
        threads                   on --threads threads: the server's thread never waits for Python, so slow
                                  requests hold up no others.
        auto                      inline until 5 of the last 100 calls took --slow-call or longer, then threads.
        --interpreters n          in n interpreters, each with a lock, a thread and the application of its own: as
                                  many cores for Python in one process. For CPython 3.12 and later.

      Examples:
        gale serve mysite.wsgi
        gale serve --bind 0.0.0.0:80 --bind [::]:80 --lane threads --threads 8 shop:app
        gale serve --venv .venv --chdir src --bind unix:/run/shop.sock shop:app

        gale serve --mount /shop=shop:app --mount api.example.com/=api:app --static /static=public
        gale serve --workers 4 --max-requests 10000 --pid /run/shop.pid shop:app

      An option that is not given is looked for in the environment (--max-requests in GALE_MAX_REQUESTS), then in
      gale.toml or the file that --config names (max-requests = 10000). gale check says whether all is well.

      SIGTERM, SIGINT and SIGHUP end the server gracefully: requests that are being answered end first. With
      --certfile, SIGHUP has the certificate read again instead, and connections stay open. Other signals are the
      application's: in the lane inline signal.signal() works, elsewhere Python raises ValueError.

      With --workers, signals go to the supervisor. SIGTERM and SIGINT end gracefully, SIGQUIT at once. SIGHUP
      replaces the workers one after the other, without losing a request: for new code. SIGUSR2 does so with
      another version of gale itself. SIGTTIN and SIGTTOU add and remove a worker.

      Log files are opened again on SIGUSR1, and when they were put aside.

      gale status, gale top, gale reload, gale workers and gale stop watch and steer a server that runs.

      Under systemd, sockets of a .socket unit are used when there is no --bind, and Type=notify and WatchdogSec
      are understood.
      """)

  @OptionGroup var options: ServeOptions

  @Flag(help: "Print all settings, with where each comes from, as a configuration file; serve nothing.")
  var printConfig = false

  @Option(
    help: ArgumentHelp(
      "Print what a configuration file of gunicorn says, in gale's words; serve nothing. See gale from-gunicorn.",
      valueName: "file"))
  var fromGunicorn: String?

  func run() throws {
    try reporting {
      if let fromGunicorn {
        let arguments = ["-c", fromGunicorn] + (options.application.map { [$0] } ?? [])
        return print(try GunicornMigration.translate(arguments).text, terminator: "")
      }
      let configuration = try options.readConfiguration()
      guard !printConfig else { return print(configuration.text, terminator: "") }
      let logs = try configuration.log.start()
      try Gateway(configuration, logs).run()
    }
  }
}
