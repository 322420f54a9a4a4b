# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""The command line: what the script `gale` and `python -m gale` run."""

import os
import signal
import sys


def main():
    """Runs the command in this process. Servers end it themselves; other commands come back here."""
    start_repeatably()
    try:
        from gale import _gale
    except ImportError as error:
        sys.exit(explain(error))
    leave_script_directory()
    # The server's own from now on: Python's handler would only raise KeyboardInterrupt in some request.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    _gale.main(sys.argv[1:])


def start_repeatably():
    """Starts again, if need be, by a command line that works from every directory.

    A supervisor starts its workers, and a server its successor, by the command line of the process.
    """
    with open("/proc/self/cmdline", "rb") as file:
        words = [os.fsdecode(word) for word in file.read().split(b"\0")[:-1]]
    head = words[:len(words) - len(sys.argv) + 1]
    if len(head) > 1 and os.path.isabs(head[0]) and os.path.isabs(head[-1]):
        return
    options = head[1:-1]
    if options[-1:] in (["-m"], ["-c"]):
        del options[-1]
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, *options, os.path.abspath(__file__), *sys.argv[1:]])


def explain(error):
    """Why there is no server, in words for the one who started it."""
    folder = os.path.dirname(os.path.abspath(__file__))
    builds = [name.split(".")[1] for name in os.listdir(folder) if name.startswith("_gale.")]
    mine = "%s-%d%d" % (sys.implementation.name, *sys.version_info[:2])
    if any(build.startswith(mine + "-") for build in builds):
        return f"gale: {error}"
    return (f"gale: this installation is for {' '.join(builds)}, and Python {'.'.join(map(str, sys.version_info[:3]))}"
            f" ({sys.implementation.name}) runs it; install the wheel for {mine}")


def leave_script_directory():
    """Takes the place of this script from the path that the application will import from."""
    if not (sys.flags.isolated or getattr(sys.flags, "safe_path", False)):
        del sys.path[0]


if __name__ == "__main__":
    main()
