// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import GaleHTTP

/// A route, ready to be found.
final class RouteEntry: Sendable {
  let pattern: PathPattern
  let target: URLSpec.Target
  /// How metrics and traces show the path: parameters by their names alone.
  let shown: String
  /// `nil` for all.
  let methods: MethodSet?
  /// `nil` when nothing is around the target.
  let pipeline: Pipeline?
  /// Of the path's groups that must convert.
  private let checks: [(group: Int, type: any PathParameter.Type)]
  /// What else must hold.
  private let matcher: (any Matcher)?
  /// The routes that the target is, if it is a list.
  let nested: HostRoutes?
  /// The target, if it is one that may leave a request to the next route.
  ///
  /// An application without a matcher does not: it answers with its own page. Nor does what has middleware around it.
  let router: (any Router)?
  /// Whether the target is a handler that is a ``UserLoading``.
  let loadsUser: Bool
  /// Whether a path that matches is not enough.
  let isConditional: Bool

  init(
    _ pattern: PathPattern, _ target: URLSpec.Target, shown: String, methods: MethodSet?, pipeline: Pipeline?,
    parameters: [PathTemplate.Parameter], matcher: (any Matcher)?, nested: HostRoutes? = nil
  ) {
    self.pattern = pattern
    self.target = target
    self.shown = shown
    self.methods = methods
    self.pipeline = pipeline
    checks = parameters.enumerated().compactMap { index, parameter in parameter.type.map { (index, $0) } }
    self.matcher = matcher
    self.nested = nested
    if case .handler(let type, _) = target {
      loadsUser = type is any UserLoading.Type
    } else {
      loadsUser = false
    }
    if case .delegate(let delegate) = target, pipeline == nil, matcher != nil || !(delegate is Application) {
      router = delegate as? any Router
    } else {
      router = nil
    }
    if case .closure = target {
      isConditional = true
    } else {
      isConditional =
        methods != nil || !checks.isEmpty || matcher != nil || nested != nil || router != nil
    }
  }

  /// Whether the parts of the path are what the template says, and what else must hold does.
  func takes(_ request: HTTPServerRequest, _ captures: PathCaptures) -> Bool {
    let converts = checks.allSatisfy { check in
      request.pathText(check.group, captures).map { check.type.init(pathParameter: $0) != nil } ?? false
    }
    return converts && matcher?.matches(request) ?? true
  }
}

/// Makes routes of what was written, groups laid out flat.
struct RouteCompiler {
  private(set) var entries: [RouteEntry] = []
  /// In order, so that the last of a name counts.
  private(set) var names: [(name: String, pattern: PathPattern)] = []

  /// - Parameters:
  ///   - middleware: Around all of `routes`.
  ///   - matcher: What must hold for all of `routes`.
  mutating func add(
    _ routes: [URLSpec], below prefix: String, _ middleware: [any Middleware], _ matcher: (any Matcher)? = nil
  ) throws {
    for route in routes {
      try add(route, below: prefix, middleware + route.middleware, both(matcher, route.matcher))
    }
  }

  private mutating func add(
    _ route: URLSpec, below prefix: String, _ middleware: [any Middleware], _ matcher: (any Matcher)?
  ) throws {
    if case .group(let routes) = route.target {
      return try add(routes, below: prefix + route.pattern, middleware, matcher)
    }
    let (pattern, shown, target, parameters) = try resolve(route, below: prefix)
    let compiled = try PathPattern(pattern)
    if let name = route.name { names.append((name, compiled)) }
    var nested: HostRoutes?
    if case .routes(let routes) = target {
      var compiler = RouteCompiler()
      try compiler.add(routes, below: prefix, middleware)
      names += compiler.names
      nested = HostRoutes(host: nil, compiler.entries)
    }
    entries.append(
      RouteEntry(
        compiled, target, shown: shown, methods: route.methods, pipeline: Pipeline(middleware),
        parameters: parameters, matcher: matcher, nested: nested))
  }

  private typealias Resolved = (
    pattern: String, shown: String, target: URLSpec.Target, parameters: [PathTemplate.Parameter]
  )

  private func resolve(_ route: URLSpec, below prefix: String) throws -> Resolved {
    switch route.path {
    case .template(let path):
      let template = try PathTemplate(prefix + path)
      var types: [any PathParameter.Type] = []
      if case .closure(let closure) = route.target {
        types = closure.types
        guard types.isEmpty || types.count == template.parameters.count else {
          throw RoutingError(
            code: .wrongArgumentCount, pattern: prefix + path, position: nil,
            message: "the closure takes \(types.count) parameters, not \(template.parameters.count)")
        }
      }
      let (pattern, shown) = template.compiled(types)
      return (pattern, shown, route.target, template.parameters)
    case .pattern(let pattern):
      guard !prefix.isEmpty else { return (pattern, pattern, route.target, []) }
      let template = try PathTemplate(prefix)
      let (start, shown) = template.compiled()
      let own = pattern.hasPrefix("^") ? String(pattern.dropFirst()) : pattern
      let rest = own.contains("|") ? "(?:\(own))" : own
      return (start + rest, shown + own, route.target, template.parameters)
    case .mount(let path):
      let template = try PathTemplate(prefix + path)
      guard let literal = template.literal, case .mount(let delegate, _) = route.target else {
        throw RoutingError(
          code: .unsupportedSyntax, pattern: prefix + path, position: nil,
          message: "what is mounted cannot stand below a path with parameters")
      }
      let count = literal.utf8.reduce(0) { $0 + ((0x21...0x7E).contains($1) ? 1 : 3) }
      return (PathTemplate.escape(literal) + "(?:/.*)?", literal, .mount(delegate, prefixCount: count), [])
    }
  }
}
