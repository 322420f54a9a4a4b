#!/usr/bin/env python3
# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""Runs asyncio's own tests, and uvloop's, on Gale's event loop.

    suites.py HOST [--suite cpython|uvloop] [--module NAME] [--test PATTERN] [-j N]

HOST is `python-host`. CPython's tests are those of the Python that it embeds (Debian: libpython3.11-testsuite); uvloop's come
from its source archive, which is downloaded once. Each module is a process of its own. `skips.py` says which tests are
left out, and why; with --test it does not count.
"""

import argparse
import concurrent.futures
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
PLACE = ROOT / ".build/asyncio-suites"
UVLOOP = "uvloop==0.23.0"
NEEDED = ["psutil==7.2.2", "pyOpenSSL==26.4.0"]
LIMIT = 600
# What has nothing of a loop in it that could be replaced: Windows; libuv's own interface; how uvloop is compiled.
NOT_MEANT = {
    "cpython": {"test_windows_events", "test_windows_utils", "test_proactor_events"},
    "uvloop": {"test_cython", "test_fs_event", "test_libuv_api", "test_sourcecode"},
}


def cpython_modules():
    folder = Path(sysconfig.get_path("stdlib")) / "test/test_asyncio"
    if not folder.is_dir():
        sys.exit(f"CPython's tests are not installed: no {folder} (Debian: libpython3.11-testsuite)")
    return "test.test_asyncio", folder, []


def uvloop_modules():
    """Unpacks uvloop's tests, with our module in the place of its own."""
    folder = PLACE / UVLOOP.replace("==", "-")
    if not (folder / "tests").is_dir():
        PLACE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=PLACE) as place:
            pip = [ROOT / ".build/venv/bin/python", "-m", "pip", "download", "-q", "--no-deps", "--no-binary", "uvloop"]
            subprocess.run([*pip, "-d", place, UVLOOP], check=True)
            with tarfile.open(next(Path(place).glob("*.tar.gz"))) as archive:
                archive.extractall(place)
            shutil.move(str(Path(place) / folder.name), folder)
        (folder / "uvloop").rename(folder / "their_uvloop")
        (folder / "uvloop").mkdir()
        shutil.copy(folder / "their_uvloop/_testbase.py", folder / "uvloop")
    if not (PLACE / "packages").is_dir():
        pip = [ROOT / ".build/venv/bin/python", "-m", "pip", "install", "-q", "--no-deps", "--target", PLACE / "packages"]
        subprocess.run([*pip, *NEEDED], check=True)
    shutil.copy(HERE / "uvloop_names.py", folder / "uvloop/__init__.py")
    return "tests", folder / "tests", [folder, PLACE / "packages"]


def run(host, suite, module, paths, pattern):
    with tempfile.TemporaryDirectory() as place:
        results = Path(place) / "results.json"
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, [HERE, *paths])), "TMPDIR": place,
                       "GALE_PYTHON_HOST": str(host)}
        command = [host, HERE / "hosted.py", suite, module, results, *([pattern] if pattern else [])]
        log = PLACE / f"{suite}-{module.rpartition('.')[2]}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=environment, cwd=place,
                                       stdin=subprocess.DEVNULL, start_new_session=True)
            try:
                status = process.wait(LIMIT)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, 10)
                try:
                    process.wait(5)
                except subprocess.TimeoutExpired:
                    pass
                os.killpg(process.pid, 9)
                status = f"not done after {LIMIT} s"
        if results.exists():
            return {"module": module, **json.loads(results.read_text())}
        return {"module": module, "passed": 0, "failed": [f"{module}: ended with {status}"], "skipped": 0, "listed": 0,
                "with_loop": 0, "reasons": [], "log": log}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("host", type=Path)
    parser.add_argument("--suite", choices=["cpython", "uvloop"], action="append")
    parser.add_argument("--module", action="append")
    parser.add_argument("--test")
    parser.add_argument("-j", type=int, default=os.cpu_count())
    options = parser.parse_args()
    PLACE.mkdir(parents=True, exist_ok=True)
    bad = False
    for suite in options.suite or ["cpython", "uvloop"]:
        package, folder, paths = cpython_modules() if suite == "cpython" else uvloop_modules()
        names = sorted({file.stem for file in folder.glob("test_*.py")} - NOT_MEANT[suite])
        names = [name for name in names if not options.module or name in options.module]
        with concurrent.futures.ThreadPoolExecutor(options.j) as pool:
            runs = [pool.submit(run, options.host.resolve(), suite, f"{package}.{name}", paths, options.test)
                    for name in names]
            sums = {"passed": 0, "skipped": 0, "with_loop": 0, "failed": []}
            for future in runs:
                result = future.result()
                print(f"{result['module']}: {result['passed']} passed, {len(result['failed'])} failed, "
                      f"{result['skipped']} skipped")
                for name in result["failed"]:
                    print(f"  failed: {name}")
                for key in sums:
                    sums[key] += result[key]
        bad = bad or bool(sums["failed"])
        print(f"{suite}: {sums['passed']} passed, {len(sums['failed'])} failed, {sums['skipped']} skipped; "
              f"{sums['with_loop']} of them made a gale.EventLoop", flush=True)
    return bad


if __name__ == "__main__":
    sys.exit(main())
