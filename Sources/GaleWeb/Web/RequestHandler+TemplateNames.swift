// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleCore
import GaleHTTP
import GaleWire

extension RequestHandler {
  /// The value of a name that Tornado's handlers give to templates; `nil` for any other.
  func standardTemplateValue(_ name: String) throws -> TemplateValue? {
    switch name {
    case "handler": return .object(HandlerObject(handler: self))
    case "request": return .object(RequestObject(handler: self))
    case "modules", "_tt_modules": return .object(UIModuleNamespace(handler: self))
    case "reverse_url":
      return .function(name) { [self] arguments in
        let values = arguments.positional.dropFirst().map(\.text)
        return .string(try application.reverseURL(try arguments.string(0), values))
      }
    default: break
    }
    if let method = settings.uiMethods[name] {
      return .function(name) { [self] in try method(self, $0).templateValue }
    }
    return try visitorTemplateValue(name)
  }
}

/// `handler` in templates: what Tornado's templates ask of it, and what the class adds.
struct HandlerObject: TemplateObject {
  let handler: RequestHandler

  var templateTypeName: String { String(describing: type(of: handler)) }

  func templateIsEqual(to other: any TemplateObject) -> Bool {
    (other as? HandlerObject)?.handler === handler
  }

  func templateAttribute(_ name: String) throws -> TemplateValue? {
    if let value = try handler.templateAttribute(name) { return value }
    switch name {
    case "settings": return .object(SettingsObject(settings: handler.settings))
    case "get_argument", "get_query_argument", "get_body_argument":
      return .function(name) { .string(try argument($0, name)) ?? .null }
    case "get_arguments":
      return .function(name) { try handler.arguments(try $0.string(0, "name")).templateValue }
    case "get_query_arguments":
      return .function(name) { try handler.queryArguments(try $0.string(0, "name")).templateValue }
    case "get_body_arguments":
      return .function(name) { try handler.bodyArguments(try $0.string(0, "name")).templateValue }
    case "get_cookie":
      return .function(name) { arguments in
        TemplateValue(handler.cookie(try arguments.string(0, "name"))).ifNull(arguments.value(1, "default"))
      }
    case "get_signed_cookie", "get_secure_cookie":
      return .function(name) { arguments in
        TemplateValue(try handler.signedCookie(try arguments.string(0, "name")))
      }
    case "get_status": return .function(name) { _ in .int(handler.status) }
    case "path_args": return try handler.pathArguments().templateValue
    case "handler", "modules", "_tt_modules": return nil
    default: return try handler.standardTemplateValue(name)
    }
  }

  /// - Returns: `nil` when the default is `None`.
  private func argument(_ arguments: TemplateArguments, _ function: String) throws -> String? {
    let name = try arguments.string(0, "name")
    let strip = arguments.value(2, "strip")?.isTrue ?? true
    let found =
      switch function {
      case "get_query_argument": try handler.queryArgument(name, strip: strip)
      case "get_body_argument": try handler.bodyArgument(name, strip: strip)
      default: try handler.arguments(name, strip: strip).last
      }
    if let found { return found }
    guard let standard = arguments.value(1, "default") else { throw HTTPError(missingArgument: name) }
    return standard.isNull ? nil : standard.text
  }
}

extension TemplateValue {
  fileprivate static func string(_ text: String?) -> TemplateValue? { text.map { .string($0) } }

  fileprivate func ifNull(_ other: TemplateValue?) -> TemplateValue { isNull ? other ?? .null : self }
}

/// `request` in templates.
struct RequestObject: TemplateObject {
  let handler: RequestHandler

  var templateTypeName: String { "HTTPServerRequest" }

  func templateAttribute(_ name: String) throws -> TemplateValue? {
    let request = handler.request
    switch name {
    case "method": return .string(request.method)
    case "uri": return .string(request.uri)
    case "path": return .string(request.path)
    case "query": return .string(request.query)
    case "version": return .string(request.version)
    case "protocol": return .string(request.protocol)
    case "host": return .string(request.host)
    case "host_name": return .string(request.hostName)
    case "remote_ip": return .string(request.remoteIP)
    case "body": return .bytes(request.body)
    case "headers": return .object(HeadersObject(headers: request.headers))
    case "full_url": return .function(name) { _ in .string(request.fullURL) }
    case "request_time": return .function(name) { _ in .double(request.requestTime / .seconds(1)) }
    case "arguments":
      let dictionary = TemplateDictionary()
      for name in try handler.argumentNames().sorted() {
        let values = try handler.arguments(name, strip: false).map { TemplateValue.bytes(Array($0.utf8)) }
        dictionary.set(.string(name), .list(TemplateList(values)))
      }
      return .dictionary(dictionary)
    default: return nil
    }
  }
}

/// `request.headers` in templates.
struct HeadersObject: TemplateObject {
  let headers: HTTPHeaders

  var templateTypeName: String { "HTTPHeaders" }

  func templateAttribute(_ name: String) -> TemplateValue? {
    switch name {
    case "get":
      .function(name) { arguments in
        TemplateValue(headers[try arguments.string(0)]).ifNull(arguments.value(1))
      }
    case "get_list":
      .function(name) { headers.values(try $0.string(0)).templateValue }
    default: nil
    }
  }

  func templateItem(_ key: TemplateValue) throws -> TemplateValue? {
    guard let value = headers[key.text] else { throw TemplateException(.keyError, key.text) }
    return .string(value)
  }
}

/// `handler.settings` in templates: what the application put into its user information.
struct SettingsObject: TemplateObject {
  let settings: Application.Settings

  var templateTypeName: String { "dict" }

  private func value(_ name: String) -> TemplateValue? {
    name == "debug"
      ? .bool(settings.debug) : (settings.userInfo[name] as? any TemplateConvertible)?.templateValue
  }

  func templateAttribute(_ name: String) -> TemplateValue? {
    guard name == "get" else { return value(name) }
    return .function(name) { arguments in value(try arguments.string(0)) ?? arguments.value(1) ?? .null }
  }

  func templateItem(_ key: TemplateValue) throws -> TemplateValue? {
    guard let found = value(key.text) else { throw TemplateException(.keyError, key.text) }
    return found
  }
}
