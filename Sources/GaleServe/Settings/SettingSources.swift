// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// All that was written about how to serve.
package struct SettingSources: Sendable {
  /// The command line's options.
  package var commandLine = SettingLayer()
  /// What the command line mounts, as it was written.
  package var mounts: [String] = []
  /// What the command line says about files, as it was written.
  package var statics: [String] = []
  /// The environment's variables.
  package var environment: [String: String] = [:]
  /// The configuration file, if there is one.
  package var file: SettingFile?

  package init() {}

  var reader: SettingReader {
    SettingReader(commandLine: commandLine, environment: environment, file: file?.settings ?? SettingLayer())
  }

  /// The settings of each thing that is mounted, with what complaints call it.
  func things(_ key: String, named name: String) throws(ServeError) -> [(layer: SettingLayer, label: String)]
  {
    var result: [(SettingLayer, String)] = []
    if let file {
      for layer in key == "mount" ? file.mounts : file.statics {
        result.append((layer, "\(file.path):\(layer.line): [[\(key)]]"))
      }
    }
    let variable = SettingReader.variable(key)
    for text in (environment[variable] ?? "").split(separator: " ") {
      result.append((try Self.layer(String(text), name, .environment(variable)), "\(variable) \(text)"))
    }
    for text in key == "mount" ? mounts : statics {
      result.append((try Self.layer(text, name, .commandLine), "--\(key) \(text)"))
    }
    return result
  }

  private static func layer(_ text: String, _ name: String, _ origin: SettingOrigin) throws(ServeError)
    -> SettingLayer
  {
    try SettingLayer(mount: text, name, origin)
  }
}

/// What a configuration file says.
package struct SettingFile: Sendable {
  package var path: String
  package var settings = SettingLayer()
  package var mounts: [SettingLayer] = []
  package var statics: [SettingLayer] = []
  /// Variables for Python's environment.
  package var environment: [(name: String, value: String)] = []

  package init(path: String) { self.path = path }
}
