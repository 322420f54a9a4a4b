#!/bin/bash
# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
#
# What `make test` runs after the preparation. Builds everything for debugging, then drives the demo, then runs the
# Swift tests. A failure does not keep the rest from running. RIGS names a directory with a badinputs.py, which is then
# pointed at docs/demos/conformance. The last lines are the summaries.
set -uo pipefail
cd "$(dirname "$0")/../.."
python=${PYTHON:-/usr/bin/python3}
summary='^[0-9]+ passed, [0-9]+ failed'
logs=.build/test-logs
# The static Python is not position-independent, and its extension modules look for its symbols in the executable.
link=(-Xlinker --no-pie -Xlinker --export-dynamic)
failed=()

say() { echo "== $* (after $SECONDS s)"; }

# drive NAME SERVER COMMAND...: the command's summary is kept for the end.
drive() {
  local name=$1 server=$2
  shift 2
  say "$name"
  interop/gale/with_server.py --log $logs/"$name"-server.log .build/debug/"$server" '{port}' -- "$@" 2>&1 |
    tee $logs/"$name".log | { grep --line-buffered -Ev "$summary" || true; } || failed+=("$name")
}

rm -rf $logs
mkdir -p $logs
say "building for debugging"
swift build --build-tests "${link[@]}" || exit 1

drive demo demo "$python" interop/tests/check_demo.py '{base}'
[ -z "${RIGS:-}" ] || drive conformance conformance "$python" "$RIGS/badinputs.py" 127.0.0.1 '{port}'

say "Swift tests"
timeout --foreground -k 10 20m swift test --skip-build --disable-xctest "${link[@]}" 2>&1 || failed+=("Swift tests")

for log in $logs/conformance.log $logs/demo.log; do
  [ ! -e $log ] || grep -E "$summary" $log || echo "$(basename $log .log): no summary"
done
[ ${#failed[@]} = 0 ] || { IFS=,; echo "failed: ${failed[*]}" >&2; exit 1; }
