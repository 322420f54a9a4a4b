#!/bin/bash
# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
#
# What `make test` runs after the preparation, all of it built for debugging: the demos, driven from outside; Flask and
# Django under wsgiref's validator, in both lanes; FastAPI and Django's asynchronous side; libraries for asyncio and for
# Twisted beside native handlers; real applications and their clients, in both lanes; workers and their supervisor; one
# application written with Tornado and with Gale, compared; the short part of the reliability checks; what must not
# compile; the Swift tests. RIGS names a directory with a badinputs.py, which is then pointed at docs/demos/conformance.
# A failure does not keep the rest from running. The last lines are the summaries.
set -uo pipefail
cd "$(dirname "$0")/../.."
python=${PYTHON:-/usr/bin/python3}
logs=.build/test-logs
summary='^[0-9]+ passed, [0-9]+ failed|Test run with [0-9]+ tests?'
# One environment for every build: when a variable changes, SwiftPM builds everything anew. Swift's test runner is
# position-independent, which the static Python is not, so all of it has the shared one here.
export PKG_CONFIG_PATH=$PWD/.build/python-shared
# Tests that end a process on purpose: Swift takes a minute to describe each of their ends.
export SWIFT_BACKTRACE=enable=no
# Only what hangs reaches it, on the slowest machine too.
export ASYNC_TEST_TIMEOUT=60
[ -d "$PKG_CONFIG_PATH" ] || { echo "a shared libpython is needed for the tests" >&2; exit 1; }
failed=() parts=()

say() { echo "== $* (after $SECONDS s)"; }

# part NAME COMMAND...: its summary is kept for the end. What failed runs once more; what passes then is named as flaky at
# the end, and is a bug all the same.
part() {
  local name=$1
  shift
  parts=("$name" "${parts[@]}")
  say "$name"
  retried "$@" 2>&1 | tee "$logs/$name.log" | grep --line-buffered -Ev "$summary|^◇ Test case "
  [ "${PIPESTATUS[0]}" = 0 ] || failed+=("$name")
}

# drive SERVER COMMAND...: with {port} and {base} for the server's.
drive() { interop/gale/with_server.py --log "$logs/$1-server.log" ".build/debug/$1" '{port}' -- "${@:2}"; }

# validated LANE: Flask and Django inside wsgiref's validator.
validated() {
  local log=$logs/validated-$1-server.log
  PYTHONPATH=interop/apps interop/gale/with_server.py --log "$log" \
    .build/debug/gale serve --bind '127.0.0.1:{port}' --lane "$1" validated:site -- \
    "$python" interop/tests/check_validated.py '{base}' "$log"
}

# embedded: programs of Python's with the extension module, which is linked from what was built for debugging.
embedded() {
  interop/gale/build_dist.py --build .build/debug --module-only --output .build/module &&
    "$python" interop/tests/check_embedded.py .build/module/linked/_gale.so
}

retried() {
  "$@" && return
  touch "$logs/$name.flaky"
  say "$name failed: once more"
  "$@"
}

swift_test() { timeout --foreground -k 10 15m swift test --skip-build --disable-xctest "$@"; }

rm -rf $logs
mkdir -p $logs
say "building the demo"
swift build --product demo || exit 1
part demo drive demo "$python" interop/tests/check_demo.py '{base}'
swift build --product tcpecho || exit 1
part tcpecho "$python" interop/tests/check_tcpecho.py .build/debug/tcpecho
swift build --product webspider || exit 1
part webspider "$python" interop/tests/check_webspider.py .build/debug/webspider
swift build --product fileupload || exit 1
part fileupload "$python" interop/tests/check_fileupload.py .build/debug/fileupload
swift build --product chat || exit 1
part chat "$python" interop/tests/check_chat.py .build/debug/chat
swift build --package-path docs/demos/blog --scratch-path .build/blog || exit 1
part blog "$python" interop/tests/check_blog.py .build/blog/debug/blog
part template-vectors .build/venv/bin/python interop/twins/template_vectors.py --check
swift build --product gale || exit 1
part fetch "$python" interop/tests/check_fetch.py .build/debug/gale
for lane in inline threads; do part "validated-$lane" validated $lane; done
part apps .build/venv/bin/python interop/tests/check_apps.py .build/debug/gale
# Packing takes a release build, which `make dist` makes; what lies there is tried again.
if compgen -G '.build/dist/gale-*.whl' >/dev/null; then
  part wheel "$python" interop/tests/check_wheel.py --offline
fi
part embedded embedded
part asgi .build/venv/bin/python interop/tests/check_asgi.py .build/debug/gale
part guests "$python" interop/tests/check_guests.py .build/debug/demo .build/venv
part supervisor "$python" interop/tests/check_supervisor.py .build/debug/gale
part serve "$python" interop/tests/check_serve.py .build/debug/gale
part interpreters "$python" interop/tests/check_interpreters.py .build/debug/gale
part faults "$python" interop/tests/faults.py --quick .build/debug/gale
swift build --product login-site || exit 1
part login .build/venv/bin/python interop/tests/check_login.py .build/debug .build/venv
part providers "$python" interop/tests/check_providers.py .build/debug
part watching .build/venv/bin/python interop/tests/check_watching.py .build/debug/gale
swift build --product websocketchat || exit 1
part deploy .build/venv/bin/python interop/tests/check_deploy.py .build/debug/gale .build/debug/websocketchat

swift build --product twin || exit 1
part twins .build/venv/bin/python interop/twins/run.py .build/venv/bin/python .build/debug/twin

swift build --product conformance || exit 1
part reliability "$python" interop/tests/reliability.py --quick --build .build/debug

if [ -n "${RIGS:-}" ]; then
  part conformance drive conformance "$python" "$RIGS/badinputs.py" 127.0.0.1 '{port}'
fi

say "building the tests"
swift build --build-tests || exit 1
part CompileFail "$python" Tests/CompileFail/run.py
part guide "$python" Tests/Guide/run.py
part CompileFail-templates "$python" Tests/CompileFail/templates.py
# A process for each target: one process has one interpreter and one log. Child processes and exit tests apart: when the
# machine is busy, Swift Testing can wait for the wrong one for ever. So is what measures the memory of its process.
children='(SubprocessTests|ForkProcessesTests|AutoreloadTests|MainQueueTests)'
memory='(WebSocketMemoryTests|SlowReaderTests|StaticFileSendingTests)'
part child-processes swift_test --filter "\\.$children"
part memory swift_test --no-parallel --filter "\\.$memory"
for tests in Tests/*Tests; do
  tests=${tests#Tests/}
  part "$tests" swift_test --filter "^$tests\\." --skip "\\.($children|$memory)"
done

say "summaries"
for name in "${parts[@]}"; do
  [ ! -e $logs/$name.log ] || grep -E "$summary" $logs/$name.log || echo "$name: ended without a summary"
done
for flaky in "$logs"/*.flaky; do
  [ -e "$flaky" ] || continue
  echo "failed at least once: $(basename "$flaky" .flaky)"
  grep -hE '^FAIL|^✘' "${flaky%.flaky}.log" | cut -c1-300 | head -20
done
[ ${#failed[@]} = 0 ] || { echo "failed: ${failed[*]}" >&2; exit 1; }
