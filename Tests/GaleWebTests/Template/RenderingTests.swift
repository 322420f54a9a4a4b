// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleWeb
import Testing

/// WEB-034…WEB-043, WEB-066, WEB-093…WEB-096.
@Suite("web: rendering")
struct RenderingTests {
  final class Entry: UIModule {
    override func render(_ arguments: TemplateArguments) throws -> any TemplateConvertible {
      try renderString("entry.html", ["entry": try arguments.required(0)])
    }
    override var embeddedCSS: String? { ".entry {}" }
    override var embeddedJavaScript: String? { "entry()" }
    override var cssFiles: [String] { ["/entry.css", "/entry.css"] }
    override var javaScriptFiles: [String] { ["https://cdn.test/a.js", "/b.js"] }
    override var htmlHead: String? { "<meta name=entry>" }
    override var htmlBody: String? { "<hr>" }
  }

  static let files = [
    "plain.html": "Hello {{ name }}",
    "entry.html": "<li>{{ entry }}</li>",
    "page.html": "<head></head><body>{% module Entry('<') %}{% module Entry('b') %}</body>",
    "bare.html": "{% module Entry(1) %}",
    "unknown.html": "<p>{% module Nothing() %}",
    "names.html":
      "{{ request.path }} {{ request.method }} {{ handler.get_argument('q', '-') }} {{ reverse_url('x', 7) }} "
      + "{{ handler.settings['title'] }} {{ handler.settings.get('no', 5) }} {{ request.headers['X-Test'] }} "
      + "{{ handler.extra }} {{ shout('a') }} {{ locale.code }} {{ _('word') }} {{ current_user }} {{ site }}",
    "broken.html": "first\n{{ secret_name }}",
    "missing.html": "{{ handler.get_argument('absent') }}",
    "ending.html": "{{ stop() }}",
    "widget.html":
      "<div>{{ set_resources(embedded_css='.w {}', css_files=['/w.css'], html_head='<x>') }}{{ text }}</div>",
    "other.html": "{{ set_resources(embedded_css=css) }}",
    "widgets.html":
      "<head></head>{% module Template('widget.html', text='<1>') %}{% module Template('widget.html', text=2) %}",
    "conflict.html":
      "{% module Template('other.html', css='a') %}{% module Template('other.html', css='b') %}",
    "links.html":
      "{% module linkify('see http://a.test/x<') %}|{% raw linkify('http://b.test/') %}|{{ modules.linkify('x') }}",
    "form.html": "{% module xsrf_form_html() %}|{% raw xsrf_form_html() %}",
    "loop.html": "{% module Template('loop.html') %}",
  ]

  static var settings: Application.Settings {
    var settings = Application.Settings.quiet
    settings.templateLoader = DictLoader(files)
    settings.uiModules = ["Entry": Entry.self]
    settings.uiMethods = ["shout": { _, arguments in try arguments.string(0).uppercased() + "!" }]
    settings.userInfo = ["title": "A & B"]
    return settings
  }

  /// Shows names of its own to templates.
  final class NamedHandler: ScriptedHandler {
    override func templateNamespace() -> TemplateNamespace {
      var names = super.templateNamespace()
      names["site"] = "Gale"
      return names
    }
    override func templateAttribute(_ name: String) -> TemplateValue? {
      name == "extra" ? .string("own") : nil
    }
  }

  private func fetch(
    _ template: String, _ namespace: @escaping @Sendable () -> TemplateNamespace = { [:] },
    settings: Application.Settings = Self.settings
  ) throws -> Response {
    let routes: [URLSpec] = [
      .to("/page", handler: NamedHandler.self) { try $0.render(template, namespace()) },
      .text(#"/x/(\d+)"#, "", name: "x"),
    ]
    return try serving(routes, settings: settings) {
      try await $0.fetch("GET", "/page?q=%3Cq%3E", ["X-Test: t"])
    }
  }

  @Test func `a page is rendered, escaped and finished`() throws {
    let answer = try fetch("plain.html") { ["name": "<World>"] }
    #expect(answer.status == 200)
    #expect(answer.text == "Hello &lt;World&gt;")
    #expect(answer["Content-Type"] == "text/html; charset=UTF-8")
    #expect(answer["Content-Length"] == "19")
  }

  @Test func `a template has Tornado's names, the handler's and the settings'`() throws {
    let text = try fetch("names.html").text
    #expect(text == "/page GET &lt;q&gt; /x/7 A &amp; B 5 t own A! en_US word None Gale")
  }

  @Test func `what modules need is put in once and at the right places`() throws {
    let text = try fetch("page.html").text
    #expect(
      text == """
        <head><link href="/entry.css" type="text/css" rel="stylesheet"/>
        <style type="text/css">
        .entry {}
        </style>
        <meta name=entry>
        </head><body><li>&lt;</li><li>b</li><script src="https://cdn.test/a.js" type="text/javascript"></script>\
        <script src="/b.js" type="text/javascript"></script>
        <script type="text/javascript">
        //<![CDATA[
        entry()
        //]]>
        </script>
        <hr>
        </body>
        """)
  }

  @Test func `a template is a module that names what it needs`() throws {
    let text = try fetch("widgets.html").text
    #expect(
      text == """
        <head><link href="/w.css" type="text/css" rel="stylesheet"/>
        <style type="text/css">
        .w {}
        </style>
        <x>
        </head><div>&lt;1&gt;</div><div>2</div>
        """)
  }

  @Test func `links and forms are modules, too`() throws {
    let links = try fetch("links.html").text
    #expect(links.hasPrefix("see <a href=\"http://a.test/x\">http://a.test/x</a>&lt;|"))
    #expect(links.hasSuffix("|<a href=\"http://b.test/\">http://b.test/</a>|x"))
    let form = try fetch("form.html")
    #expect(form.text.hasPrefix("<input type=\"hidden\" name=\"_xsrf\" value=\"2|"))
    #expect(form["Set-Cookie"]?.hasPrefix("_xsrf=") == true)
  }

  @Test(arguments: ["broken.html", "bare.html", "unknown.html", "conflict.html", "none.html", "loop.html"])
  func `an error of a template is 500 without a word about it`(_ template: String) throws {
    let answer = try fetch(template)
    #expect(answer.status == 500)
    #expect(
      answer.text
        == "<html><title>500: Internal Server Error</title><body>500: Internal Server Error</body></html>")
  }

  @Test func `with serveTraceback the page shows file and line`() throws {
    var settings = Self.settings
    settings.serveTraceback = true
    let answer = try fetch("broken.html", settings: settings)
    #expect(answer.status == 500)
    #expect(answer.text.contains("NameError: name 'secret_name' is not defined at broken.html:2"))
    #expect(answer.text.contains("broken.html:2: {{ secret_name }}"))
  }

  @Test func `an HTTPError inside a template is the answer`() throws {
    #expect(try fetch("missing.html").status == 400)
    let stop = try fetch("ending.html") { ["stop": TemplateFunction("stop") { _ in throw HTTPError(404) }] }
    #expect(stop.status == 404)
  }

  @Test func `templates come from templatePath, and are read again when debugging`() throws {
    let tree = try TemporaryTree()
    try tree.write("one", to: "a.txt")
    for (isDebug, second) in [(false, "one"), (true, "two")] {
      try tree.write("one", to: "a.txt")
      var settings = Application.Settings.quiet
      settings.templatePath = tree.path
      settings.debug = isDebug
      #expect(settings.compiledTemplateCache == !isDebug)
      let pages = try serving([.to("/", { try $0.render("a.txt") })], settings: settings) { server in
        let first = try await server.fetch("GET", "/").text
        try tree.write("two", to: "a.txt")
        return [first, try await server.fetch("GET", "/").text]
      }
      #expect(pages == ["one", second])
    }
  }

  @Test func `settings choose escaping and white space`() throws {
    let tree = try TemporaryTree()
    try tree.write("{{ x }}  \n y", to: "a.html")
    var settings = Application.Settings.quiet
    settings.templatePath = tree.path
    settings.templateAutoescape = nil
    settings.templateWhitespace = .oneLine
    let answer = try serving([.to("/", { try $0.render("a.html", ["x": "<"]) })], settings: settings) {
      try await $0.fetch("GET", "/")
    }
    #expect(answer.text == "< y")
  }

  @Test func `a handler goes away though its modules know it`() throws {
    final class Passing: ScriptedHandler {
      static let gone = Counter()
      deinit { Passing.gone.add() }
    }
    let routes: [URLSpec] = [.to("/", handler: Passing.self) { try $0.render("page.html") }]
    try serving(routes, settings: Self.settings) { server in
      for _ in 0..<5 { #expect(try await server.fetch("GET", "/").status == 200) }
      // The last one may wait in its task for the next request.
      try await server.wait { Passing.gone.value >= 4 }
    }
  }

  @Test func `without a path there are no templates`() throws {
    let answer = try serving([.to("/", { try $0.render("a.html") })]) { try await $0.fetch("GET", "/") }
    #expect(answer.status == 500)
  }

  @Test func `the elements for scripts and styles can be others`() throws {
    final class Modern: ScriptedHandler {
      override func renderEmbeddedJavaScript(_ scripts: [String]) -> String {
        "<script nonce=1>\(scripts.joined())</script>"
      }
      override func renderLinkedJavaScript(_ files: [String]) -> String { "" }
      override func renderLinkedCSS(_ files: [String]) -> String { "" }
      override func renderEmbeddedCSS(_ styles: [String]) -> String {
        "<style nonce=1>\(styles.joined())</style>"
      }
    }
    let answer = try serving(
      [.to("/", handler: Modern.self, { try $0.render("page.html") })], settings: Self.settings
    ) {
      try await $0.fetch("GET", "/")
    }
    #expect(answer.text.contains("<style nonce=1>.entry {}</style>"))
    #expect(answer.text.contains("<script nonce=1>entry()</script>"))
  }
}
