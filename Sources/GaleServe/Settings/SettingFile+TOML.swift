// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

extension SettingFile {
  /// The file that is read when none is named, if it is there.
  package static let standardPath = "gale.toml"

  /// Reads a file.
  /// - Throws: ``ServeError`` `.file`, with the line.
  package init(reading path: String) throws(ServeError) {
    let text: String
    do throws(FileError) {
      text = try FileText.read(path)
    } catch {
      throw ServeError(.file, "cannot read \(path): \(error.reason)")
    }
    try self.init(path: path, text: text)
  }

  /// Reads the file that is read when none is named; `nil` when it is not there.
  package static func readStandard() throws(ServeError) -> SettingFile? {
    let text: String
    do throws(FileError) {
      text = try FileText.read(standardPath)
    } catch {
      if error.isMissing { return nil }
      throw ServeError(.file, "cannot read \(standardPath): \(error.reason)")
    }
    return try SettingFile(path: standardPath, text: text)
  }

  /// Reads a text.
  /// - Parameter path: What the file is called in complaints.
  package init(path: String, text: String) throws(ServeError) {
    self.init(path: path)
    let root: TOMLTable
    do throws(TOMLError) {
      root = try TOMLParser.parse(text)
    } catch {
      throw ServeError(.file, "\(path):\(error.line): \(error.message)")
    }
    for name in root.names {
      guard let node = root[name] else { continue }
      switch (name, node.value) {
      case ("mount", .tables(let tables)):
        mounts = try tables.map { (table) throws(ServeError) in try layer(table) }
      case ("static", .tables(let tables)):
        statics = try tables.map { (table) throws(ServeError) in try layer(table) }
      case ("env", .table(let table)): environment = try variables(table)
      case ("login", .table(let table)): try addLogin(table, node)
      case ("mount", _), ("static", _):
        throw wrong(node, "\(name) is \(node.typeName): write [[\(name)]] above its settings")
      default: try add(name, node, to: &settings)
      }
    }
  }

  private func layer(_ table: TOMLTable) throws(ServeError) -> SettingLayer {
    var layer = SettingLayer()
    layer.line = table.line
    for name in table.names {
      if let node = table[name] { try add(name, node, to: &layer) }
    }
    return layer
  }

  private func add(_ name: String, _ node: TOMLNode, to layer: inout SettingLayer) throws(ServeError) {
    let value: SettingValue
    switch node.value {
    case .string(let text): value = .text(text)
    case .integer(let number): value = .integer(number)
    case .float(let number): value = .number(number)
    case .boolean(let flag): value = .flag(flag)
    case .array(let items):
      value = .texts(
        try items.map { (item) throws(ServeError) in
          guard case .string(let text) = item.value else {
            throw wrong(item, "\(name) has \(item.typeName) in its list, which may have texts only")
          }
          return text
        })
    case .table, .tables:
      let known = ["mount", "static", "env", "login"]
      let guess = Spelling.closest(to: name, among: known).map { "did you mean \($0)?" }
      let tables = "there are [[mount]], [[static]], [env] and [login]"
      throw wrong(node, "there is no table \(name); \(guess ?? tables)")
    case .time: throw wrong(node, "\(name) is \(node.typeName), which no setting is")
    }
    layer.set(name, value, .file(path, line: node.line))
  }

  /// `[login]` says the words of `--login`, one a line; of several with the same key there is a list.
  private mutating func addLogin(_ table: TOMLTable, _ node: TOMLNode) throws(ServeError) {
    var words: [String] = []
    for name in table.names {
      guard let node = table[name] else { continue }
      if ["client-secret-file", "cookie-secret-file"].contains(name) {
        try add("login-" + name, node, to: &settings)
        continue
      }
      switch node.value {
      case .string(let text): words.append("\(name)=\(text)")
      case .boolean(let flag): words.append("\(name)=\(flag ? "yes" : "no")")
      case .array(let items):
        for item in items {
          guard case .string(let text) = item.value else {
            throw wrong(item, "login.\(name) has \(item.typeName) in its list, which may have texts only")
          }
          words.append("\(name)=\(text)")
        }
      default: throw wrong(node, "login.\(name) is \(node.typeName): it takes a text, or a list of them")
      }
    }
    guard !words.isEmpty else { throw wrong(node, "[login] says nothing") }
    settings.set("login", .texts(words), .file(path, line: node.line))
  }

  private func variables(_ table: TOMLTable) throws(ServeError) -> [(name: String, value: String)] {
    var result: [(name: String, value: String)] = []
    for name in table.names {
      guard let node = table[name] else { continue }
      guard EnvironmentFile.variable("\(name)=") != nil else {
        throw wrong(node, "\"\(name)\" is no name of a variable")
      }
      switch node.value {
      case .string(let text): result.append((name, text))
      case .integer(let number): result.append((name, "\(number)"))
      case .float(let number): result.append((name, "\(number)"))
      case .boolean(let flag): result.append((name, flag ? "1" : "0"))
      default: throw wrong(node, "env.\(name) is \(node.typeName): a variable has a text")
      }
    }
    return result
  }

  private func wrong(_ node: TOMLNode, _ message: String) -> ServeError {
    ServeError(.file, "\(path):\(node.line): \(message)")
  }
}
