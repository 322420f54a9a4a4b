// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleWire

extension RequestHandler {
  /// The value of a name that says something about who makes the request, or about static files; `nil` for any other.
  func visitorTemplateValue(_ name: String) throws -> TemplateValue? {
    switch name {
    case "current_user":
      guard let user = try currentUser else { return .null }
      // A user whose type says nothing to templates is at least there.
      return (user as? any TemplateConvertible)?.templateValue ?? .string(String(describing: user))
    case "locale": return .object(LocaleObject(locale: try locale))
    case "_", "translate": return LocaleObject(locale: try locale).translation(name)
    case "pgettext": return LocaleObject(locale: try locale).contextTranslation
    case "static_url":
      return .function(name) { [self] arguments in
        .string(
          try staticURL(
            try arguments.string(0, "path"), includeHost: arguments.value(1, "include_host")?.isTrue ?? false,
            includeVersion: arguments["include_version"]?.isTrue ?? true))
      }
    case "xsrf_form_html": return .function(name) { [self] _ in .string(try xsrfFormHTML()) }
    case "xsrf_token": return .string(try xsrfToken)
    default: return nil
    }
  }

  /// The URL of a static file, with its version.
  func staticFileURL(_ path: String) throws -> String { try staticURL(path) }
}

/// `{% module linkify(text) %}`.
final class LinkifyModule: UIModule {
  override func render(_ arguments: TemplateArguments) throws -> any TemplateConvertible {
    try TemplateLibrary.linkified(arguments)
  }
}

/// `{% module xsrf_form_html() %}`.
final class XSRFFormModule: UIModule {
  override func render(_ arguments: TemplateArguments) throws -> any TemplateConvertible {
    try handler.xsrfFormHTML()
  }
}

extension TemplateLibrary {
  /// `linkify(…)` with Tornado's arguments.
  static func linkified(_ arguments: TemplateArguments) throws -> String {
    let text = try arguments.string(0, "text")
    let shorten = arguments.value(1, "shorten")?.isTrue ?? false
    let needsProtocol = arguments.value(3, "require_protocol")?.isTrue ?? false
    let protocols =
      try arguments.value(4, "permitted_protocols")?.iterated().map(\.text) ?? ["http", "https"]
    guard let extra = arguments.value(2, "extra_params"), case .function(let function) = extra else {
      return linkify(
        text, shorten: shorten, extraParameters: arguments.value(2, "extra_params")?.text ?? "",
        requireProtocol: needsProtocol, permittedProtocols: Set(protocols))
    }
    var failure: (any Error)?
    let linked = linkify(
      text, shorten: shorten, requireProtocol: needsProtocol, permittedProtocols: Set(protocols)
    ) { url in
      do {
        return try function.call(TemplateArguments([.string(url)])).text
      } catch {
        failure = failure ?? error
        return ""
      }
    }
    if let failure { throw failure }
    return linked
  }
}

/// `locale` in templates.
struct LocaleObject: TemplateObject {
  let locale: WebLocale

  var templateTypeName: String { "Locale" }
  var templateText: String { locale.code }

  func templateAttribute(_ name: String) throws -> TemplateValue? {
    switch name {
    case "code": .string(locale.code)
    case "name": .string(locale.name)
    case "rtl": .bool(locale.isRightToLeft)
    case "translate": translation(name)
    case "pgettext": contextTranslation
    case "format_date": .function(name) { .string(try formatted($0)) }
    case "format_day":
      .function(name) { arguments in
        .string(
          locale.formatDay(
            try date(arguments), gmtOffset: arguments.value(1, "gmt_offset")?.intValue ?? 0,
            weekday: arguments.value(2, "dow")?.isTrue ?? true))
      }
    case "list":
      .function(name) { .string(locale.list(try $0.required(0).iterated().map(\.text))) }
    case "friendly_number": .function(name) { .string(locale.friendlyNumber(try $0.int(0))) }
    default: nil
    }
  }

  /// `translate(message, plural_message, count)`.
  func translation(_ name: String) -> TemplateValue {
    .function(name) { arguments in
      let message = try arguments.string(0, "message")
      guard let plural = arguments.value(1, "plural_message"), !plural.isNull else {
        return .string(locale.translate(message))
      }
      return .string(
        locale.translate(message, plural: plural.text, count: try arguments.int(2, "count")))
    }
  }

  /// `pgettext(context, message, plural_message, count)`.
  var contextTranslation: TemplateValue {
    .function("pgettext") { arguments in
      let (context, message) = (try arguments.string(0, "context"), try arguments.string(1, "message"))
      guard let plural = arguments.value(2, "plural_message"), !plural.isNull else {
        return .string(locale.translate(message, context: context))
      }
      return .string(
        locale.translate(message, context: context, plural: plural.text, count: try arguments.int(3, "count"))
      )
    }
  }

  private func date(_ arguments: TemplateArguments) throws -> HTTPDate {
    let value = try arguments.required(0, "date")
    if let seconds = value.doubleValue, seconds.magnitude < 1e12 {
      return HTTPDate(unixSeconds: Int(seconds))
    }
    if case .object(let object) = value, let time = object as? TemplateDateTime {
      return HTTPDate(unixSeconds: time.secondsAsUTC)
    }
    throw TemplateException(.typeError, "a date is wanted, not \(value.typeName)")
  }

  private func formatted(_ arguments: TemplateArguments) throws -> String {
    locale.formatDate(
      try date(arguments), gmtOffset: arguments.value(1, "gmt_offset")?.intValue ?? 0,
      relative: arguments.value(2, "relative")?.isTrue ?? true,
      shorter: arguments.value(3, "shorter")?.isTrue ?? false,
      fullFormat: arguments.value(4, "full_format")?.isTrue ?? false)
  }
}
