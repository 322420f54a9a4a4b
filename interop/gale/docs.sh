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
modules=$(swift build --show-bin-path)/Modules
target=$(swift -print-target-info | sed -n 's/.*"triple": "\(.*\)",/\1/p')
# Where the C modules are that Swift modules import.
includes=(-I Bridges/CSystem/include -I Bridges/CPython)
for flag in $(pkg-config --cflags-only-I python3-embed); do includes+=(-Xcc "$flag"); done
rm -rf $graphs $output
mkdir -p $graphs $output/modules
failed=() below=()
# Bottom first: each may link to those before it.
for module in GaleCore GaleWire GaleLoop GaleCAres GaleHTTP GaleCurl GaleTemplate GaleWeb GaleServiceLifecycle GaleTesting Gale GalePython GaleWSGI; do
  echo "== $module"
  mkdir $graphs/$module
  swift symbolgraph-extract -module-name $module -target "$target" -I "$modules" "${includes[@]}" \
    -minimum-access-level public -skip-synthesized-members -output-dir $graphs/$module ||
    { failed+=("$module"); continue; }
  archive=$output/modules/$module.doccarchive
  docc convert --warnings-as-errors --enable-experimental-external-link-support "${below[@]}" \
    --additional-symbol-graph-dir $graphs/$module --fallback-display-name $module \
    --fallback-bundle-identifier gale.$module --output-path $archive || failed+=("$module")
  [ ! -e $archive ] || below+=(--dependency $archive)
done
[ ${#failed[@]} = 0 ] || { echo "docs: wrong in ${failed[*]}" >&2; exit 1; }
docc merge $output/modules/*.doccarchive --output-path $output/Gale.doccarchive --synthesized-landing-page-name Gale
echo "docs: in $output/Gale.doccarchive, for any web server"
