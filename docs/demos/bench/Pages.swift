// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

import Gale
import Glibc

/// A row of the page with a table.
struct Item: TemplateObject {
  let id: Int
  let name: String
  let price: Int

  static let all = (0..<50).map { Item(id: $0, name: "Nut & <bolt> \($0)", price: $0 * 7) }

  func templateAttribute(_ name: String) -> TemplateValue? {
    switch name {
    case "id": .int(id)
    case "name": .string(self.name)
    case "price": .int(price)
    default: nil
    }
  }

  /// As Tornado's and Jinja2's pages get it: a dictionary.
  var row: TemplateValue { ["id": .int(id), "name": .string(name), "price": .int(price)] }
}

/// The page with a table, by the template that was compiled with the program.
final class TableHandler: RequestHandler {
  override func get() async throws { try render(Templates.table(items: Item.all)) }
}

/// The page with a table, by the template that was compiled when the program began.
final class RunTimeTableHandler: RequestHandler {
  private var template: Template?

  override func initialize(_ arguments: HandlerArguments) throws {
    template = arguments["template"] as? Template
  }

  override func get() async throws {
    guard let template else { throw HTTPError(500) }
    try render(try template.generate(["items": TableRows.shared.value]))
  }
}

/// The rows as a template's value, made once.
struct TableRows: @unchecked Sendable {
  // @unchecked Sendable: nobody changes the list once it is made.
  let value = TemplateValue.list(TemplateList(Item.all.map(\.row)))

  static let shared = TableRows()
}

/// What `bench-target --templates` prints: the time of a page, without a server.
///
/// The same page as in interop/peers/templates.py; processor time, the best of rounds.
enum TemplateBench {
  static func run() throws {
    let source = """
      <!doctype html><html><body><table>{% for item in items %}<tr><td>{{ item["id"] }}</td><td>{{ item["name"] }}</td>\
      <td>{{ item["price"] }}</td></tr>{% end %}</table></body></html>
      """
    let template = try Template(source)
    let page = try template.generate(["items": TableRows.shared.value])
    print("bytes \(page.count)")
    let atRunTime = try best { try template.generate(["items": TableRows.shared.value]).count }
    print("gale at run time \(atRunTime)")
    let items = Item.all
    let built = try best { try Templates.table(items: items).count }
    print("gale at build time \(built)")
  }

  /// Microseconds for each call of `body`.
  private static func best(_ body: () throws -> Int) throws -> Double {
    var best = Double.infinity
    for _ in 0..<15 {
      let start = clock()
      var bytes = 0
      for _ in 0..<1000 { bytes += try body() }
      precondition(bytes > 0, "an empty page")
      best = min(best, Double(clock() - start) / Double(CLOCKS_PER_SEC) * 1000)
    }
    return best
  }
}
