#!/bin/bash
# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
#
# Builds the documentation of each module into .build/docs. A link that leads nowhere is an error.
set -euo pipefail
cd "$(dirname "$0")/../.."
graphs=.build/symbol-graphs output=.build/docs
command -v docc >/dev/null || { echo "docs: the toolchain has no docc" >&2; exit 1; }

swift build
from=$(swift build --show-bin-path)/../symbolgraph
rm -rf "$from"
# It ends with an error, as it finds no module of the test runner; the modules that count are looked for below.
swift package dump-symbol-graph --minimum-access-level public --skip-synthesized-members >.build/docs.log 2>&1 || true
rm -rf $graphs $output
mkdir -p $graphs $output
failed=()
for folder in Sources/*/ Bridges/Gale*/; do
  module=$(basename "$folder")
  [ "$module" != GaleCLI ] || continue
  [ -e "$from/$module.symbols.json" ] || { tail .build/docs.log >&2; failed+=("$module"); continue; }
  mkdir $graphs/"$module"
  cp "$from/$module"{,@*}.symbols.json $graphs/"$module" 2>/dev/null || true
  echo "== $module"
  docc convert --warnings-as-errors --additional-symbol-graph-dir $graphs/"$module" \
    --fallback-display-name "$module" --fallback-bundle-identifier "gale.$module" \
    --output-path $output/"$module".doccarchive || failed+=("$module")
done
[ ${#failed[@]} = 0 ] || { echo "docs: wrong in ${failed[*]}" >&2; exit 1; }
docc merge $output/*.doccarchive --output-path $output/Gale.doccarchive --synthesized-landing-page-name Gale
echo "docs: look at them with: docc preview, or serve $output/Gale.doccarchive"
