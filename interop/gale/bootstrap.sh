#!/bin/bash
# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
#
#   interop/gale/bootstrap.sh [--tests] [PACKAGE...]
#
# Makes a Debian machine with Swift ready to build Gale, and with --tests to test it. Installs only what is missing:
# Debian's packages (and those named), for the tests one that is only unpacked, and the Python environment .build/venv. Then describes the Python that is
# linked: in .build/python for executables, in .build/python-shared for the tests. A second run changes nothing and needs
# no network. Wants root, or sudo, for packages only. PYTHON chooses another interpreter than Debian's.
set -euo pipefail
cd "$(dirname "$0")/../.."
python=${PYTHON:-/usr/bin/python3}
swift_needed=6.3

say() { echo "bootstrap: $*"; }
fail() {
  echo "bootstrap: $*" >&2
  exit 1
}

get_swift="Get it from https://www.swift.org/install/linux/ and put its usr/bin on the PATH."

check_swift() {
  command -v swift >/dev/null ||
    fail "Swift $swift_needed or later is needed, and there is no \`swift\` on the PATH. $get_swift"
  # Without its libraries it cannot say its version; they are among the packages.
  local answer version
  answer=$(swift --version 2>&1) || { [ "$1" = before ] && return; fail "\`swift --version\` fails: $answer"; }
  version=$(sed -n 's/.*Swift version \([0-9.]*\).*/\1/p' <<<"$answer" | head -n 1)
  printf '%s\n' "$swift_needed" "$version" | sort -CV ||
    fail "Swift $swift_needed or later is needed; $(command -v swift) is ${version:-of an unknown version}. $get_swift"
}

install_packages() {
  local wanted=(binutils ca-certificates curl git libbrotli-dev libc-ares-dev libc6-dev libcurl4-openssl-dev libnghttp2-dev
    libpython3-dev libsqlite3-dev libssl-dev libzstd-dev make openssl pkg-config python3 python3-venv zlib1g-dev
    libcurl4 libncurses6 libsqlite3-0 libxml2 # for Swift's own programs
    "$@")
  if [ -n "$tests" ]; then
    wanted+=(litmus mercurial nghttp2-server
      chromium chromium-driver # for the pages of the demo, the blog and the providers of logins
      haproxy nginx-light systemd # for the test of docs/deploy
      liblemonldap-ng-portal-perl libio-string-perl libstring-random-perl starlet # a provider of OpenID Connect
      openssh-client) # for the guests of the demo, which want a PostgreSQL too
    compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null || wanted+=(postgresql)
  fi
  # Swift links with the C++ library of whichever GCC the distribution has.
  compgen -G '/usr/lib/gcc/*/*/libstdc++.so' >/dev/null || wanted+=(g++)
  if ! command -v dpkg-query >/dev/null; then
    say "not a Debian machine; these, or what answers to them, must be there: ${wanted[*]}"
    return
  fi
  local installed missing=() package
  installed=$(dpkg-query -W -f '${binary:Package} ${db:Status-Status}\n' | sed -n 's/\(:[a-z0-9-]*\)\? installed$//p')
  for package in "${wanted[@]}"; do
    grep -qxF "$package" <<<"$installed" || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  apt_install "${missing[@]}"
  check_swift after
}

apt_install() {
  local root=()
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null || fail "packages are missing. As root: apt-get install $*"
    root=(sudo)
  fi
  say "installing packages: $*"
  "${root[@]}" apt-get update -q
  # In runlevel 1 Debian does not start the services that it installs.
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -qy --no-install-recommends "$@"
}

# Another provider, for interop/tests/check_providers.py. It is unpacked, with its libraries installed: as a package it
# would be a service of this machine.
unpack_glewlwyd() {
  local place=$PWD/.build/oidc/glewlwyd libraries scratch
  if ! command -v apt-cache >/dev/null; then return; fi
  if [ -d /usr/share/glewlwyd ] && [ -x "$place/usr/bin/glewlwyd" ] &&
    ! ldd "$place/usr/bin/glewlwyd" | grep -q "not found"; then return; fi
  apt_install glewlwyd-common
  libraries=$(apt-cache depends glewlwyd | sed -n 's/^ *Depends: \(lib.*\)/\1/p')
  # shellcheck disable=SC2086
  apt_install $libraries
  scratch=$(mktemp -d)
  (cd "$scratch" && apt-get download -q glewlwyd)
  mkdir -p "$place"
  dpkg-deb -x "$scratch"/glewlwyd_*.deb "$place"
  rm -r "$scratch"
}

make_venv() {
  local venv=.build/venv requirements=interop/requirements.txt stamp wanted
  stamp=$venv/gale-requirements
  wanted="$python $("$python" -V) $(sha256sum <"$requirements")"
  if [ -x $venv/bin/python ] && [ "$(cat $stamp 2>/dev/null)" = "$wanted" ]; then return; fi
  say "installing into $venv: $(grep -v '^#' $requirements | xargs)"
  rm -f $stamp
  # --clear: a changed interpreter or an interrupted installation leaves nothing behind.
  "$python" -m venv --clear $venv
  $venv/bin/python -m pip install -q --disable-pip-version-check -r $requirements
  echo "$wanted" >$stamp
}

link_python() {
  local link=("$python" interop/gale/link_python.py --python "$python") answer headers
  answer=$("${link[@]}" --output "$PWD/.build/python" 2>&1) || fail "the Python to embed cannot be linked: $answer"
  if ! answer=$("${link[@]}" --shared --output "$PWD/.build/python-shared" 2>&1); then
    rm -rf .build/python-shared
    say "the tests cannot be linked with this Python: $answer"
    return
  fi
  # The same headers for both, so that only the linking differs and nothing is compiled twice.
  headers=$(grep -m 1 -o '^Cflags: -I[^ ]*' .build/python/python3-embed.pc)
  sed -i "s|^Cflags: -I[^ ]*|$headers|" .build/python-shared/python3-embed.pc
}

tests=
if [ "${1:-}" = --tests ]; then
  tests=yes
  shift
fi
check_swift before
install_packages "$@"
mkdir -p .build
[ -z "$tests" ] || unpack_glewlwyd
make_venv
link_python
say "ready ($(.build/venv/bin/python -V) of $python)"
