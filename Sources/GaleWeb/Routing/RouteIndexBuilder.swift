// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// Builds the trie of a `RouteIndex` byte by byte, then writes it out in flat arrays.
struct RouteIndexBuilder {
  private struct Node {
    var children: [UInt8: Int] = [:]
    var edges: [RouteIndex.Edge] = []
    var complete: [Int32] = []
    var open: [Int32] = []

    /// The only way on from here, if nothing ends here and that way is a literal byte.
    var onlyChild: (byte: UInt8, node: Int)? {
      guard children.count == 1, edges.isEmpty, complete.isEmpty, open.isEmpty else { return nil }
      return children.first.map { ($0.key, $0.value) }
    }
  }

  private var nodes = [Node()]
  /// For each route its marks, if it is plain to its end.
  private var marks: [[RouteIndex.Mark]] = []

  init(_ programs: [PatternProgram]) {
    for (route, program) in programs.enumerated() { insert(program, Int32(route)) }
  }

  /// Follows the plain part of a program down and leaves the route where it ends.
  private mutating func insert(_ program: PatternProgram, _ route: Int32) {
    var current = 0
    var here = RouteIndex.Mark(spanCount: 0, offset: 0)
    var marks = Array(repeating: here, count: 2 * program.groupCount)
    defer { self.marks.append(marks) }
    for instruction in program.code {
      if case .literal(let start, let count) = instruction {
        for byte in program.literals[Int(start)..<Int(start + count)] {
          current = child(of: current, for: byte)
        }
        here.offset += count
      } else if case .save(let slot) = instruction {
        marks[Int(slot)] = here
      } else if let span = program.span(of: instruction), here.spanCount < RouteIndex.maximumSpans {
        current = child(of: current, behind: span)
        here = RouteIndex.Mark(spanCount: here.spanCount + 1, offset: 0)
      } else {
        nodes[current].open.append(route)
        return
      }
    }
    nodes[current].complete.append(route)
  }

  private mutating func child(of node: Int, for byte: UInt8) -> Int {
    if let child = nodes[node].children[byte] { return child }
    nodes[node].children[byte] = nodes.count
    nodes.append(Node())
    return nodes.count - 1
  }

  private mutating func child(of node: Int, behind span: PatternProgram.PlainSpan) -> Int {
    let known = nodes[node].edges.first {
      $0.set == span.set && $0.minimum == span.minimum && $0.maximum == span.maximum
    }
    if let known { return Int(known.node) }
    let target = Int32(nodes.count)
    nodes[node].edges.append(
      RouteIndex.Edge(set: span.set, minimum: span.minimum, maximum: span.maximum, node: target))
    nodes.append(Node())
    return Int(target)
  }

  // MARK: writing out

  func flatten(into index: inout RouteIndex) {
    _ = write(0, after: [], into: &index)
    index.marksOfRoute = marks.map { append($0, to: &index.marks) }
  }

  /// Writes a node and all below it; runs of literal bytes without a fork become one label.
  private func write(_ start: Int, after prefix: [UInt8], into index: inout RouteIndex) -> Int32 {
    var label = prefix
    var source = start
    while let only = nodes[source].onlyChild {
      label.append(only.byte)
      source = only.node
    }
    let node = nodes[source]
    let place = index.nodes.count
    index.nodes.append(RouteIndex.Node())
    var result = RouteIndex.Node()
    result.label = append(label, to: &index.labels)
    result.complete = append(node.complete, to: &index.candidates)
    result.open = append(node.open, to: &index.candidates)
    for route in node.complete + node.open { result.cover(route, route) }
    writeChildren(of: node, into: &index, &result)
    writeEdges(of: node, into: &index, &result)
    index.nodes[place] = result
    return Int32(place)
  }

  private func writeChildren(of node: Node, into index: inout RouteIndex, _ result: inout RouteIndex.Node) {
    guard let first = node.children.keys.min(), let last = node.children.keys.max() else { return }
    let window = index.windows.count
    result.base = first
    result.window = RouteIndex.Stretch(start: Int32(window), count: Int32(last - first) + 1)
    index.windows += Array(repeating: -1, count: Int(last - first) + 1)
    for (byte, source) in node.children.sorted(by: { $0.key < $1.key }) {
      let child = write(source, after: [byte], into: &index)
      index.windows[window + Int(byte - first)] = child
      result.cover(index.nodes[Int(child)].firstRoute, index.nodes[Int(child)].lastRoute)
    }
  }

  private func writeEdges(of node: Node, into index: inout RouteIndex, _ result: inout RouteIndex.Node) {
    var written: [RouteIndex.Edge] = []
    for edge in node.edges {
      var edge = edge
      edge.node = write(Int(edge.node), after: [], into: &index)
      let child = index.nodes[Int(edge.node)]
      result.cover(child.firstRoute, child.lastRoute)
      written.append(edge)
    }
    result.edges = append(written, to: &index.edges)
  }

  private func append<Element>(_ elements: [Element], to array: inout [Element]) -> RouteIndex.Stretch {
    defer { array += elements }
    return RouteIndex.Stretch(start: Int32(array.count), count: Int32(elements.count))
  }
}

extension PatternProgram {
  fileprivate typealias PlainSpan = (set: ByteSet, minimum: Int32, maximum: Int32)

  /// What an instruction takes that runs of one set can be left to, else `nil`.
  fileprivate func span(of instruction: Instruction) -> PlainSpan? {
    switch instruction {
    case .one(let set): (sets[Int(set)], 1, 1)
    case .few(let set, let minimum, let maximum): (sets[Int(set)], minimum, maximum)
    case .span(let set, let minimum, _): (sets[Int(set)], minimum, .max)
    default: nil
    }
  }
}

extension RouteIndex.Node {
  /// Counts routes from `first` to `last` among those at this node and below.
  fileprivate mutating func cover(_ first: Int32, _ last: Int32) {
    firstRoute = min(firstRoute, first)
    lastRoute = max(lastRoute, last)
  }
}
