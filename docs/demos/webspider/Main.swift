// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

// Follows the links of a site, ten pages at a time, and lists what could not be fetched:
//   webspider [--workers 10] [--timeout 300] [URL]

import ArgumentParser
import Gale

@main
struct WebSpider: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "webspider", abstract: "Fetches a page and every page below it that links lead to.")

  @Argument(help: "Where to begin; links that lead elsewhere are left alone.")
  var url = "http://www.tornadoweb.org/en/stable/"

  @Option(help: "How many pages are fetched at a time.")
  var workers = 10

  @Option(help: "After how many seconds to give up.")
  var timeout = 300

  func validate() throws {
    guard workers > 0, timeout > 0 else { throw ValidationError("workers and a timeout are needed") }
  }

  func run() throws {
    try IOLoop.current.runSync {
      let spider = Spider(base: url)
      try await spider.run(workers: workers, timeout: .seconds(timeout))
      let seconds = String(spider.took.components.seconds)
      print("Done in \(seconds) seconds, fetched \(spider.fetched.count) URLs.")
      guard !spider.failed.isEmpty else { return }
      print("Unable to fetch the following URLs:")
      for (url, reason) in spider.failed { print("  \(url): \(reason)") }
      throw ExitCode.failure
    }
  }
}

/// Fetches pages from a queue, into which the links that it finds go.
final class Spider {
  private let base: String
  private let loop = IOLoop.current
  private let queue = Queue<String>()
  private var seen: Set<String> = []
  private(set) var fetched: Set<String> = []
  private(set) var failed: [(url: String, reason: String)] = []
  private(set) var took = Duration.zero

  init(base: String) { self.base = base }

  /// Fetches everything.
  /// - Throws: `LoopError` `.timedOut` when it takes longer.
  func run(workers: Int, timeout: Duration) async throws {
    let start = loop.time
    try queue.putNoWait(base)
    let tasks = (0..<workers).map { _ in loop.spawn { [self] in await work() } }
    defer { for task in tasks { task.cancel() } }
    try await queue.join(timeout: timeout)
    took = loop.time - start
  }

  private func work() async {
    while let url = try? await queue.get() {
      defer { queue.taskDone() }
      guard seen.insert(url).inserted else { continue }
      print("fetching \(url)")
      do {
        for link in try await links(of: url) where link.hasPrefix(base) { try queue.putNoWait(link) }
        fetched.insert(url)
      } catch {
        failed.append((url, "\(error)"))
      }
    }
  }

  private func links(of url: String) async throws -> [String] {
    let response = try await AsyncHTTPClient.current.fetch(url)
    let here = try HTTPClientURL(response.effectiveURL)
    return anchors(in: response.text).compactMap { try? here.resolving($0).text }
  }
}

/// What the `href` of every `<a>` says.
func anchors(in page: String) -> [String] {
  page.matches(of: /<[aA]\s[^>]*?[hH][rR][eE][fF]\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"']+))/).compactMap {
    ($0.1 ?? $0.2 ?? $0.3).map { xhtmlUnescape(String($0)) }
  }
}
