# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""Tests of the suites that are left out, each with its reason. Patterns are fnmatch's, of a test's full name."""

SIGNALS = "looks whether Python's module signal is called, a mock; signals are the native loop's business here"
DUCKS = "a protocol without the base class BufferedProtocol, by which asyncio tells them; so with Python's own loop"
TLS = "looks into uvloop's own TLS protocol, or at what it mends in asyncio's; so with Python's own loop"
SOCKET = "closes a socket under the loop, or looks at uvloop's stand-in for one; so with Python's own loop"
KEYWORD = "a parameter that asyncio of Python 3.11 does not have"
INSIDE = "calls what only uvloop has inside"

SKIPS = {
    "cpython": {
        "*.SelectorEventLoopSignalTests.test_add_signal_handler_install_error*": SIGNALS,
        "*.SelectorEventLoopSignalTests.test_add_signal_handler_setup_error": SIGNALS,
        "*.SelectorEventLoopSignalTests.test_close": SIGNALS,
        "*.SelectorEventLoopSignalTests.test_remove_signal_handler": SIGNALS,
        "*.SelectorEventLoopSignalTests.test_remove_signal_handler_2": SIGNALS,
        "*.SelectorEventLoopSignalTests.test_remove_signal_handler_error*": SIGNALS,
    },
    "uvloop": {
        "*.Test_UV_Process.test_process_double_close": INSIDE,
        "*.Test_UV_Process_Delayed.test_process_delayed_stdio__paused__*": INSIDE,
        "*.Test_UV_Signals.test_signals_no_SIGCHLD": "uvloop keeps SIGCHLD for itself; with descriptors nobody has to",
        "*.Test_UV_TCP.test_create_server_buffered_[12]": DUCKS,
        "*.Test_UV_TCP.test_tcp_handle_abort_in_connection_made": SOCKET,
        "*.Test_UV_TCPSSL.test_bpo_39951_discard_trailing_data": TLS,
        "*.Test_UV_TCPSSL.test_first_data_after_wakeup": TLS,
        "*.Test_UV_TCPSSL.test_flush_before_shutdown": TLS,
        "*.Test_UV_TCPSSL.test_shutdown_timeout_handler_not_set": TLS,
        "*.Test_UV_TCPSSL.test_shutdown_while_pause_reading": TLS,
        "*.Test_UV_TCPSSL.test_start_tls_client_buf_proto_1": DUCKS,
        "*.Test_UV_UDP.test_create_datagram_endpoint_reuse_address_*": KEYWORD,
        "*.Test_UV_UDP.test_send_after_close": "asyncio's transport of Python 3.11 has no socket any more then",
        "*.Test_UV_UDP.test_socketpair": "datagrams to the other end without an address: asyncio has none of that",
        "*.Test_UV_UDP.test_udp_sendto_dns": "uvloop refuses names as addresses; asyncio passes them to the socket",
        "*.Test_UV_Unix.test_create_unix_server_path_stream_bittype": KEYWORD,
        "*.Test_UV_Unix.test_epollhup": DUCKS,
        "*.TestSourceCode.test_uvloop_run_2": "asyncio's own loop as the stranger; it is Gale's in this process",
        "*.TestUVSockets.test_pseudosocket": SOCKET,
        "*.TestUVSockets.test_socket_close_loop_and_close": SOCKET,
        "*.TestUVSockets.test_socket_connect_and_close": SOCKET,
        "*.TestUVSockets.test_socket_recv*_and_close": SOCKET,
        "*.TestUVSockets.test_socket_sync_remove": INSIDE,
    },
}
