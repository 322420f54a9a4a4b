// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// Finds the first of many patterns that matches a path, without trying them one by one.
///
/// The patterns stand in a trie, each as far as it is a plain succession of literal bytes and of spans such as `[^/]+`
/// whose end the next byte settles. A path is read once along the trie; equal beginnings of patterns, spans included, are
/// matched only once. A pattern that is plain to its end is found by walking alone. Another (with alternatives, say) hangs
/// where its plain part ends and is tried there. Branches that hold no earlier route than one already found are not entered.
struct RouteIndex: Sendable {
  /// A stretch of one of the arrays below.
  struct Stretch: Sendable {
    var start: Int32 = 0
    var count: Int32 = 0

    @inline(always) var indices: Range<Int> { Int(start)..<Int(start) &+ Int(count) }
  }

  struct Node: Sendable {
    /// The literal bytes to be read before this node is reached, in `labels`.
    var label = Stretch()
    /// The literal children, in `windows`: that for the byte `base + i` is the `i`th, -1 for none.
    var window = Stretch()
    var base: UInt8 = 0
    /// The children behind spans, in `edges`.
    var edges = Stretch()
    /// The routes that end here, in `candidates`.
    var complete = Stretch()
    /// The routes that are to be tried here, in `candidates`.
    var open = Stretch()
    /// The first and the last route at this node and below.
    var firstRoute: Int32 = .max
    var lastRoute: Int32 = -1
  }

  struct Edge: Sendable {
    let set: ByteSet
    let minimum: Int32
    let maximum: Int32
    var node: Int32
  }

  /// Where a group of a plain pattern starts or ends: `offset` bytes behind the end of so many spans.
  struct Mark: Sendable {
    var spanCount: Int32
    var offset: Int32
  }

  /// Spans in a plain pattern; what comes after that many is tried.
  static let maximumSpans: Int32 = 15

  let programs: [PatternProgram]
  var nodes: [Node] = []
  var edges: [Edge] = []
  var windows: [Int32] = []
  var labels: [UInt8] = []
  var candidates: [Int32] = []
  var marks: [Mark] = []
  /// The marks of each plain route, two for each group.
  var marksOfRoute: [Stretch] = []

  init(_ programs: [PatternProgram]) {
    self.programs = programs
    let builder = RouteIndexBuilder(programs)
    builder.flatten(into: &self)
  }
}

// MARK: - Search

extension RouteIndex {
  /// A search under way.
  private struct Search: ~Copyable {
    let start: Int32
    /// The earliest match so far.
    var best = Int32.max
    /// Where the spans end on the way to the present node; the first entry stands for the start of the path.
    var ends = InlineArray<16, Int32>(repeating: 0)
  }

  /// Finds the first route from `start` on that matches.
  ///
  /// - Parameters:
  ///   - path: The path to match.
  ///   - start: The index of the first route to look at.
  ///   - captures: Takes the groups of the match.
  /// - Returns: The index of the route.
  func firstMatch(_ path: Span<UInt8>, startingAt start: Int, _ captures: inout PathCaptures) -> Int? {
    guard start < programs.count, path.count <= PatternProgram.maximumByteCount else { return nil }
    var search = Search(start: Int32(max(start, 0)))
    walk(path, from: 0, at: 0, behind: 0, &search, &captures)
    return search.best == .max ? nil : Int(search.best)
  }

  private func walk(
    _ path: Span<UInt8>, from start: Int, at place: Int, behind spanCount: Int, _ search: inout Search,
    _ captures: inout PathCaptures
  ) {
    var current = start
    var position = place
    while true {
      let node = nodes[current]
      guard node.firstRoute < search.best, node.lastRoute >= search.start else { return }
      guard takeLabel(node.label, of: path, &position) else { return }
      if position == path.count, node.complete.count > 0 { noteComplete(node.complete, &search, &captures) }
      if node.open.count > 0 { tryOpen(node.open, path, &search, &captures) }
      let child = literalChild(of: node, path, position)
      if node.edges.count > 0 {
        if child >= 0 { walk(path, from: child, at: position, behind: spanCount, &search, &captures) }
        return walkEdges(node.edges, path, at: position, behind: spanCount, &search, &captures)
      }
      guard child >= 0 else { return }
      current = child
    }
  }

  private func walkEdges(
    _ stretch: Stretch, _ path: Span<UInt8>, at position: Int, behind spanCount: Int, _ search: inout Search,
    _ captures: inout PathCaptures
  ) {
    for index in stretch.indices {
      let edge = edges[index]
      var end = position
      guard edge.set.takeFew(of: path, Int(edge.minimum), Int(edge.maximum), &end) else { continue }
      search.ends[spanCount &+ 1] = Int32(truncatingIfNeeded: end)
      walk(path, from: Int(edge.node), at: end, behind: spanCount &+ 1, &search, &captures)
    }
  }

  @inline(always)
  private func takeLabel(_ label: Stretch, of path: Span<UInt8>, _ position: inout Int) -> Bool {
    guard Int(label.count) <= path.count &- position else { return false }
    for index in label.indices {
      guard labels[index] == path[position] else { return false }
      position &+= 1
    }
    return true
  }

  /// The literal child for the next byte, -1 for none.
  @inline(always)
  private func literalChild(of node: Node, _ path: Span<UInt8>, _ position: Int) -> Int {
    guard position < path.count else { return -1 }
    let offset = Int32(path[position]) &- Int32(node.base)
    guard offset >= 0, offset < node.window.count else { return -1 }
    return Int(windows[Int(node.window.start &+ offset)])
  }

  private func noteComplete(_ stretch: Stretch, _ search: inout Search, _ captures: inout PathCaptures) {
    for index in stretch.indices {
      let route = candidates[index]
      guard route < search.best else { return }
      guard route >= search.start else { continue }
      search.best = route
      return fill(&captures, for: Int(route), search)
    }
  }

  private func fill(_ captures: inout PathCaptures, for route: Int, _ search: borrowing Search) {
    let stretch = marksOfRoute[route]
    captures.reset(count: Int(stretch.count / 2))
    for slot in 0..<Int(stretch.count) {
      let mark = marks[Int(stretch.start) &+ slot]
      captures.set(slot, to: Int(search.ends[Int(mark.spanCount)] &+ mark.offset))
    }
  }

  private func tryOpen(
    _ stretch: Stretch, _ path: Span<UInt8>, _ search: inout Search, _ captures: inout PathCaptures
  ) {
    for index in stretch.indices {
      let route = candidates[index]
      guard route < search.best else { return }
      guard route >= search.start else { continue }
      if search.best == .max {
        guard programs[Int(route)].match(path, &captures) else { continue }
      } else {
        var groups = PathCaptures()
        guard programs[Int(route)].match(path, &groups) else { continue }
        captures = groups
      }
      search.best = route
      return
    }
  }
}
