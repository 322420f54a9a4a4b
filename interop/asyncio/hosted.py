# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""Runs one module of a test suite on Gale's event loop; `suites.py` starts it, inside of `python-host`.

    python-host hosted.py SUITE MODULE RESULTS [PATTERN]

Each loop that the suite makes is a `gale.EventLoop`. RESULTS is written as JSON: the numbers, and what failed.
"""

import asyncio
import faulthandler
import fnmatch
import importlib
import json
import os
import signal
import sys
import unittest

import gale
from skips import SKIPS

loops = 0


def replace_loops():
    """Has asyncio make Gale's loops wherever it would make its own."""
    original = gale.EventLoop.__init__

    def counted(self, core=None):
        global loops
        loops += 1
        original(self, core)

    gale.EventLoop.__init__ = counted

    class SelectorEventLoop(gale.EventLoop):
        def __init__(self, selector=None):
            if selector is not None:
                selector.close()
            super().__init__()

    asyncio.SelectorEventLoop = SelectorEventLoop
    asyncio.DefaultEventLoopPolicy = gale.EventLoopPolicy
    asyncio.set_event_loop_policy(None)


class Result(unittest.TextTestResult):
    """Counts, and notes which tests had a loop of Gale's."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.passed = 0
        self.with_loop = 0
        self.bad = []

    def startTest(self, test):
        super().startTest(test)
        self.before = loops
        self.had = len(self.bad)

    def stopTest(self, test):
        super().stopTest(test)
        self.with_loop += loops > self.before

    def addSuccess(self, test):
        super().addSuccess(test)
        self.passed += 1

    def addExpectedFailure(self, test, error):
        super().addExpectedFailure(test, error)
        self.passed += 1

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self.bad.append(test.id())

    def addError(self, test, error):
        super().addError(test, error)
        self.bad.append(test.id())

    def addSubTest(self, test, subtest, error):
        super().addSubTest(test, subtest, error)
        if error is not None:
            self.bad.append(subtest.id())


def each(suite):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from each(item)
        else:
            yield item


def chosen(tests, suite, pattern):
    """The tests that are meant, and how many of them the list of skips names."""
    kept, left, reasons = unittest.TestSuite(), 0, SKIPS[suite]
    for test in tests:
        name = test.id()
        if pattern and not fnmatch.fnmatch(name, f"*{pattern}*"):
            continue
        # What runs on asyncio's own loop, for comparison.
        if suite == "uvloop" and any(base.__name__ == "AIOTestCase" for base in type(test).__mro__):
            continue
        if not pattern and any(fnmatch.fnmatch(name, listed) for listed in reasons):
            left += 1
            continue
        kept.addTest(test)
    return kept, left


def main(suite, module, results, pattern=None):
    faulthandler.enable()
    if source := os.environ.get("GALE_ASYNCIO_SOURCE"):  # Another state of the bridge's Python half than the one built in.
        with open(source) as file:
            exec(compile(file.read(), source, "exec"), gale.__dict__)
    if suite == "uvloop":  # Its tests start programs that import uvloop.
        sys.executable = os.environ["GALE_PYTHON_HOST"]
    faulthandler.register(signal.SIGUSR1)
    replace_loops()
    if suite == "uvloop":
        from uvloop import _testbase

        # What to expect where the two differ: nothing of uvloop's own; names and contexts as with asyncio.
        _testbase.UVTestCase.implementation = "asyncio" if module.endswith(("test_base", "test_context")) else "gale"
    loaded = unittest.defaultTestLoader.loadTestsFromModule(importlib.import_module(module))
    tests, left = chosen(each(loaded), suite, pattern)
    runner = unittest.TextTestRunner(resultclass=Result, verbosity=2, stream=sys.stderr)
    result = runner.run(tests)
    with open(results, "w") as file:
        json.dump({"passed": result.passed, "failed": sorted(set(result.bad)), "skipped": left + len(result.skipped),
                   "listed": left, "with_loop": result.with_loop,
                   "reasons": [f"{test.id()}: {reason}" for test, reason in result.skipped]}, file)
    return bool(result.bad)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
