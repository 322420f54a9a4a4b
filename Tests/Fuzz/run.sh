#!/bin/bash
# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
#
# run.sh [SECONDS]: builds the fuzz targets, replays the cases that failed once, then runs each target for
# SECONDS (60). Exits with 1 when one of them finds something; the input is then in FailCases/TARGET,
# to be committed with the mending. What the run learns stays in .build/corpus.

set -eu
cd "$(dirname "$0")"
seconds=${1:-60}

# Both sanitizers in one option: of two, the compiler keeps the last. The linker would strip the counters
# of covered code, to which nothing refers.
build=(swift build -c release --disable-dead-strip --sanitize=fuzzer -Xswiftc -sanitize=fuzzer,address)
"${build[@]}" >&2
bin=$("${build[@]}" --show-bin-path)

# The vectors of the tests are seeds too: no split, default limits.
seed_requests() {
  python3 - "$1" <<'PYTHON'
import json, pathlib, re, sys
out = pathlib.Path(sys.argv[1])
for row in json.loads(pathlib.Path("../Vectors/http1-requests.json").read_text()):
    raw = re.sub(r"{{(\d+)\*(.*?)}}", lambda m: m[2] * min(int(m[1]), 40), row["raw"], flags=re.S)
    (out / row["id"]).write_bytes(b"\0" + raw.encode("latin-1"))
PYTHON
}

seed_templates() {
  python3 - "$1" <<'PYTHON'
import json, pathlib, sys
out = pathlib.Path(sys.argv[1])
for number, case in enumerate(json.loads(pathlib.Path("../Vectors/templates.json").read_text())["cases"]):
    files = [case["files"][case["main"]], *(text for name, text in case["files"].items() if name != case["main"])]
    (out / f"vector-{number}").write_bytes(b"\0" + "\0".join(files).encode())
PYTHON
}

status=0
run() { # TARGET DICTIONARY
  local target=$1 learned=.build/corpus/$1
  mkdir -p "$learned" "FailCases/$target" "Corpus/$target"
  echo "== $target: cases that failed once"
  local cases=("FailCases/$target"/*)
  if [ -e "${cases[0]}" ]; then
    "$bin/$target" "${cases[@]}" 2>&1 | tail -n 3 || { status=1; return; }
  fi
  echo "== $target: $seconds seconds"
  "$bin/$target" "$learned" "Corpus/$target" -dict="Dictionaries/$2" -max_total_time="$seconds" \
    -max_len=4096 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="FailCases/$target/" 2>.build/"$target".log || status=1
  if ! grep -q 'inline 8-bit counters' .build/"$target".log; then
    echo "$target is not instrumented" >&2
    status=1
  fi
  grep -E '^stat::(number_of|average)|ERROR|SUMMARY|Fatal' .build/"$target".log || true
}
set -o pipefail

mkdir -p .build/corpus/FuzzRequestReader
seed_requests .build/corpus/FuzzRequestReader
run FuzzRequestReader http1.dict
run FuzzResponseReader http1-response.dict
run FuzzCookies cookies.dict
run FuzzURL url.dict
run FuzzMultipart multipart.dict
run FuzzWebSocketFrames websocket.dict
run FuzzHTTP2 http2.dict
mkdir -p .build/corpus/FuzzTemplate
seed_templates .build/corpus/FuzzTemplate
run FuzzTemplate template.dict
exit $status
