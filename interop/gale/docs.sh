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
mkdir -p $graphs $output/modules
failed=() below=()
# Bottom first: each may link to those before it.
for module in GaleCore GaleWire GaleLoop GaleHTTP GaleWeb Gale GalePython GaleWSGI; do
  echo "== $module"
  [ -e "$from/$module.symbols.json" ] || { tail .build/docs.log >&2; failed+=("$module"); continue; }
  mkdir $graphs/$module
  find "$from" \( -name "$module.symbols.json" -o -name "$module@*" \) -exec cp {} $graphs/$module \;
  archive=$output/modules/$module.doccarchive
  docc convert --warnings-as-errors --enable-experimental-external-link-support "${below[@]}" \
    --additional-symbol-graph-dir $graphs/$module --fallback-display-name $module \
    --fallback-bundle-identifier gale.$module --output-path $archive || failed+=("$module")
  [ ! -e $archive ] || below+=(--dependency $archive)
done
[ ${#failed[@]} = 0 ] || { echo "docs: wrong in ${failed[*]}" >&2; exit 1; }
docc merge $output/modules/*.doccarchive --output-path $output/Gale.doccarchive --synthesized-landing-page-name Gale
echo "docs: in $output/Gale.doccarchive, for any web server"
