// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Foundation
import PackagePlugin

/// Compiles the templates of a target, those in its directory `templates`, to functions of `Templates`.
@main
struct GaleTemplates: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
    guard let module = target.sourceModule else { return [] }
    let directory = module.directoryURL.appending(path: "templates", directoryHint: .isDirectory)
    let root = directory.path(percentEncoded: false)
    let files = try templates(below: root)
    guard !files.isEmpty else {
      Diagnostics.error("\(target.name) has no templates in \(root)")
      return []
    }
    let output = context.pluginWorkDirectoryURL.appending(path: "Templates.swift")
    let names = files.map { String($0.dropFirst(root.count)) }
    // The framework under one name, or the part of it that the target depends on.
    let isWhole = module.dependencies.contains { dependency in
      switch dependency {
      case .product(let product): product.name == "Gale"
      case .target(let target): target.name == "Gale"
      @unknown default: false
      }
    }
    let arguments = [
      output.path(percentEncoded: false), isWhole ? "Gale" : "GaleWeb", String(root.dropLast()),
    ]
    return [
      .buildCommand(
        displayName: "Compiling the templates of \(target.name)",
        executable: try context.tool(named: "GaleTemplateCompiler").url, arguments: arguments + names,
        inputFiles: files.map { URL(filePath: $0) }, outputFiles: [output])
    ]
  }

  /// The files below a directory, hidden ones excepted.
  private func templates(below root: String) throws -> [String] {
    guard let names = FileManager.default.subpaths(atPath: root) else { return [] }
    return names.sorted().filter { name in
      var isDirectory: ObjCBool = false
      let isHidden = name.split(separator: "/").contains { $0.hasPrefix(".") }
      return !isHidden && FileManager.default.fileExists(atPath: root + name, isDirectory: &isDirectory)
        && !isDirectory.boolValue
    }.map { root + $0 }
  }
}
