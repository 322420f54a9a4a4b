// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

/// Finds the first of many patterns that matches a path, without trying them one by one.
///
/// The patterns stand in a trie, each as far as it is a plain succession of literal bytes and of spans such as `[^/]+`
/// whose end the next byte settles. A path is read once along the trie; equal beginnings of patterns, spans included, are
/// matched only once. A pattern that is plain to its end is found by walking alone. Another (with alternatives, say) hangs
/// where its plain part ends and is tried there. Branches that hold no earlier route than one already found are not entered.
struct RouteIndex: Sendable {
  struct Node: Sendable {
    /// The literal bytes to be read before this node is reached, in `labels`.
    var label: Range<Int32> = 0..<0
    /// The literal children: that for the byte `base + i` is at `windows[window + i]`, -1 for none.
    var window: Int32 = 0
    var base: UInt8 = 0
    var windowCount: Int32 = 0
    /// The children behind spans, in `edges`.
    var edges: Range<Int32> = 0..<0
    /// The routes that end here, in `candidates`.
    var complete: Range<Int32> = 0..<0
    /// The routes that are to be tried here, in `candidates`.
    var open: Range<Int32> = 0..<0
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

  var programs: [PatternProgram]
  var nodes: [Node] = []
  var edges: [Edge] = []
  var windows: [Int32] = []
  var labels: [UInt8] = []
  var candidates: [Int32] = []

  init(_ programs: [PatternProgram]) {
    self.programs = programs
    let builder = RouteIndexBuilder(programs)
    builder.flatten(into: &self)
  }

  /// A search under way.
  private struct Search {
    let start: Int32
    /// The earliest match so far.
    var best = Int32.max
    /// Its groups, if it was tried and not found by walking.
    var captures: PathCaptures?
  }

  func firstMatch(_ path: Span<UInt8>, startingAt start: Int) -> (index: Int, captures: PathCaptures)? {
    guard start < programs.count, path.count <= PatternProgram.maximumByteCount else { return nil }
    var search = Search(start: Int32(max(start, 0)))
    walk(path, from: 0, at: 0, &search)
    guard search.best != .max else { return nil }
    let index = Int(search.best)
    if let captures = search.captures { return (index, captures) }
    if programs[index].groupCount == 0 { return (index, PathCaptures(count: 0)) }
    return programs[index].match(path).map { (index, $0) }
  }

  private func walk(_ path: Span<UInt8>, from node: Int, at position: Int, _ search: inout Search) {
    var current = node
    var position = position
    while true {
      let node = nodes[current]
      guard node.firstRoute < search.best, node.lastRoute >= search.start else { return }
      guard takeLabel(node.label, of: path, &position) else { return }
      if position == path.count, !node.complete.isEmpty { noteComplete(node.complete, &search) }
      if !node.open.isEmpty { tryOpen(node.open, path, &search) }
      let child = literalChild(of: node, path, position)
      guard !node.edges.isEmpty else {
        guard let child else { return }
        current = child
        continue
      }
      if let child { walk(path, from: child, at: position, &search) }
      return walkEdges(node.edges, path, at: position, &search)
    }
  }

  private func walkEdges(_ range: Range<Int32>, _ path: Span<UInt8>, at position: Int, _ search: inout Search)
  {
    for index in range {
      let edge = edges[Int(index)]
      var end = position
      guard edge.set.takeSpan(of: path, edge.minimum, edge.maximum, &end) else { continue }
      walk(path, from: Int(edge.node), at: end, &search)
    }
  }

  @inline(always)
  private func takeLabel(_ label: Range<Int32>, of path: Span<UInt8>, _ position: inout Int) -> Bool {
    let start = Int(label.lowerBound)
    let count = label.count
    guard count <= path.count - position else { return false }
    for offset in 0..<count where labels[start &+ offset] != path[position &+ offset] { return false }
    position &+= count
    return true
  }

  @inline(always)
  private func literalChild(of node: Node, _ path: Span<UInt8>, _ position: Int) -> Int? {
    guard position < path.count else { return nil }
    let offset = Int32(path[position]) - Int32(node.base)
    guard offset >= 0, offset < node.windowCount else { return nil }
    let child = windows[Int(node.window + offset)]
    return child < 0 ? nil : Int(child)
  }

  private func noteComplete(_ range: Range<Int32>, _ search: inout Search) {
    for index in range {
      let route = candidates[Int(index)]
      guard route < search.best else { return }
      guard route >= search.start else { continue }
      search.best = route
      search.captures = nil
      return
    }
  }

  private func tryOpen(_ range: Range<Int32>, _ path: Span<UInt8>, _ search: inout Search) {
    for index in range {
      let route = candidates[Int(index)]
      guard route < search.best else { return }
      guard route >= search.start, let captures = programs[Int(route)].match(path) else { continue }
      search.best = route
      search.captures = captures
      return
    }
  }
}
