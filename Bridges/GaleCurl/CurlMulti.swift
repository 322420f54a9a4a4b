// Copyright 2026 The Gale authors.
// SPDX-License-Identifier: Apache-2.0

#if Curl

import CCurl
import GaleHTTP
import GaleLoop

/// The transfers of one loop, with the connections that they share: libcurl's multi interface, driven by the loop.
///
/// libcurl says which sockets it wants to have watched and when it wants to be called though nothing happened. It
/// calls back during the calls in this file only, and what it calls back only takes notes: nothing here runs code of a
/// user, so that no call to libcurl is ever made from inside another.
@safe
final class CurlMulti {
  private let loop: IOLoop
  // SAFETY: made once, cleaned up once; nil after that.
  private var raw: UnsafeMutableRawPointer?
  private var watched: Set<Int32> = []
  private var timer: TimeoutHandle?
  private var transfers: [UnsafeMutableRawPointer: CurlTransfer] = unsafe [:]
  /// Those of which something has come.
  private var touched: [CurlTransfer] = []

  init(on loop: IOLoop) throws(CurlError) {
    self.loop = loop
    guard let raw = unsafe curl_multi_init() else { throw CurlError(CURLE_OUT_OF_MEMORY) }
    unsafe self.raw = raw
    // SAFETY: libcurl calls back with this object during calls of this object only.
    let context = unsafe Unmanaged.passUnretained(self).toOpaque()
    unsafe cgale_curl_multi_set_socket(
      raw,
      { easy, descriptor, what, context, _ in
        guard let context = unsafe context else { return 0 }
        let multi = unsafe Unmanaged<CurlMulti>.fromOpaque(context).takeUnretainedValue()
        multi.watch(descriptor, what)
        if what == CURL_POLL_IN, let easy = unsafe easy { unsafe multi.transfers[easy]?.waitsForServer() }
        return 0
      }, context)
    unsafe cgale_curl_multi_set_timer(
      raw,
      { _, milliseconds, context in
        guard let context = unsafe context else { return 0 }
        unsafe Unmanaged<CurlMulti>.fromOpaque(context).takeUnretainedValue().setTimer(milliseconds)
        return 0
      }, context)
  }

  deinit { close() }

  /// How many transfers are under way.
  var count: Int { unsafe transfers.count }

  /// Sets one of libcurl's options that hold a number.
  func set(_ option: CURLMoption, _ value: Int) {
    unsafe cgale_curl_multi_set_long(raw, option, value)
  }

  // MARK: - Transfers

  /// Starts a transfer; it is told when it has ended.
  func add(_ transfer: CurlTransfer) throws(CurlError) {
    guard let raw = unsafe raw else { throw CurlError(CURLM_BAD_HANDLE) }
    let code = unsafe curl_multi_add_handle(raw, transfer.handle.raw)
    guard code == CURLM_OK else { throw CurlError(code) }
    unsafe transfers[transfer.handle.raw] = transfer
  }

  /// Ends a transfer at once, wherever it is; harmless when it has ended.
  func remove(_ transfer: CurlTransfer) {
    guard unsafe transfers.removeValue(forKey: transfer.handle.raw) != nil else { return }
    unsafe curl_multi_remove_handle(raw, transfer.handle.raw)
  }

  /// Stops and lets go on: `directions` are those that shall stand still.
  ///
  /// Not to be called by what libcurl calls: to stop in the middle makes libcurl keep what it has.
  func pause(_ transfer: CurlTransfer, _ directions: Int32) {
    guard unsafe transfers[transfer.handle.raw] != nil else { return }
    unsafe curl_easy_pause(transfer.handle.raw, directions)
    // What libcurl kept meanwhile may have come during the call.
    if !touched.isEmpty { loop.addLocalCallback { [weak self] in self?.collect() } }
  }

  /// Has a transfer tell what has come, after the present call to libcurl.
  func touch(_ transfer: CurlTransfer) { touched.append(transfer) }

  /// Ends all transfers and closes all connections.
  func close() {
    guard let raw = unsafe raw else { return }
    for transfer in unsafe Array(transfers.values) {
      transfer.fail(HTTPClientError(.clientClosed, "The client was closed"))
    }
    unsafe curl_multi_cleanup(raw)  // Still calls back, with the sockets that it closes.
    unsafe self.raw = nil
    if let timer { loop.removeTimeout(timer) }
    timer = nil
  }

  private func act(_ descriptor: Int32, _ events: Int32) {
    guard let raw = unsafe raw else { return }
    var running: Int32 = 0
    unsafe curl_multi_socket_action(raw, descriptor, events, &running)
    collect()
  }

  /// Has the transfers tell what has come, and ends those that have ended.
  private func collect() {
    while !touched.isEmpty {
      let transfers = touched
      touched = []
      for transfer in transfers { transfer.tell() }
    }
    var code = CURLE_OK
    while let raw = unsafe raw, let ended = unsafe cgale_curl_multi_next_done(raw, &code) {
      guard let transfer = unsafe transfers[ended] else { continue }
      remove(transfer)
      transfer.hasEnded(code)
    }
  }

  // MARK: - The loop

  private func watch(_ descriptor: Int32, _ what: Int32) {
    var events: IOEvents = []
    if what == CURL_POLL_IN || what == CURL_POLL_INOUT { events.insert(.read) }
    if what == CURL_POLL_OUT || what == CURL_POLL_INOUT { events.insert(.write) }
    do throws(LoopError) {
      if what == CURL_POLL_REMOVE {
        if watched.remove(descriptor) != nil { loop.removeHandler(descriptor) }
      } else if watched.contains(descriptor) {
        try loop.updateHandler(descriptor, events: events)
      } else {
        try loop.addHandler(descriptor, events: events) { [self] in ready($0, $1) }
        watched.insert(descriptor)
      }
    } catch {
      loop.report(error, "Cannot watch a socket of libcurl")  // The transfer ends with its time-out.
    }
  }

  private func ready(_ descriptor: Int32, _ events: IOEvents) {
    var mask: Int32 = 0
    if events.contains(.read) { mask |= CURL_CSELECT_IN }
    if events.contains(.write) { mask |= CURL_CSELECT_OUT }
    // Also of a hang-up: libcurl finds out what it is by reading.
    if mask == 0 { mask = CURL_CSELECT_ERR | CURL_CSELECT_IN }
    act(descriptor, mask)
  }

  /// Has libcurl called in `milliseconds` though nothing happened, or not at all (-1).
  private func setTimer(_ milliseconds: Int) {
    if let timer { loop.removeTimeout(timer) }
    timer = nil
    guard milliseconds >= 0 else { return }
    timer = loop.callLater(.milliseconds(milliseconds)) { [weak self] in
      self?.timer = nil
      self?.act(CURL_SOCKET_BAD, 0)
    }
  }
}

#endif
