#!/bin/bash
# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
#
# Installs what bench.py compares Gale with, and only what is missing: Debian's packages, a Python venv,
# the C server, the Hummingbird server and async-http-client's client. All but the packages goes into $GALE_PEERS, by default
# .build/peers. A second run changes nothing and needs no network. Wants root, or sudo, for packages only.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "${GALE_PEERS:=$here/../../.build/peers}"
peers=$(cd "$GALE_PEERS" && pwd)
# Debian's interpreter, by its path: a version manager's, built without profile guidance, is slower.
python=/usr/bin/python3

say() { echo "peers: $*"; }
# True when file $1 is missing or older than one of the others.
stale() {
  local made=$1 source
  shift
  [ -e "$made" ] || return 0
  for source; do [ "$source" -nt "$made" ] && return 0; done
  return 1
}

packages=(apache2 gcc git libapache2-mod-wsgi-py3 libc6-dev libev-dev libuv1 nginx python3-dev python3-venv util-linux wrk)
missing=()
for package in "${packages[@]}"; do
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  say "installing packages: ${missing[*]}"
  root=()
  [ "$(id -u)" = 0 ] || root=(sudo)
  "${root[@]}" apt-get update -q
  # In runlevel 1 Debian does not start what it installs: no nginx or Apache on port 80.
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
    apt-get install -qy --no-install-recommends "${missing[@]}"
else
  say "packages are there"
fi

if cmp -s "$here/requirements.txt" "$peers/venv/requirements.txt"; then
  say "venv is up to date"
else
  say "installing into $peers/venv: $(grep -v '^#' "$here/requirements.txt" | xargs)"
  [ -x "$peers/venv/bin/python" ] || "$python" -m venv "$peers/venv"
  "$peers/venv/bin/python" -m pip install -q --disable-pip-version-check -r "$here/requirements.txt"
  "$peers/venv/bin/python" -W ignore -c 'import aiohttp, authlib.jose, bjoern, django, fastapi, fastwsgi, flask, granian, gunicorn, hypercorn, picows, socketify, tornado, uvicorn, uvloop, waitress'
  cp "$here/requirements.txt" "$peers/venv/requirements.txt"
fi

if stale "$peers/epoll" "$here/epoll.c"; then
  say "compiling epoll.c"
  gcc -std=c17 -O2 -Wall -Wextra -Werror -o "$peers/epoll" "$here/epoll.c"
else
  say "epoll is up to date"
fi

if stale "$peers/wsload" "$here/wsload.c"; then
  say "compiling wsload.c"
  gcc -std=c17 -O2 -Wall -Wextra -Werror -o "$peers/wsload" "$here/wsload.c"
else
  say "wsload is up to date"
fi

swift=$here/hummingbird-hello
if stale "$peers/hummingbird" "$swift/Package.swift" "$swift/Sources/hello/Hello.swift"; then
  say "building Hummingbird (some minutes)"
  nice -n 10 swift build -q -c release --package-path "$swift" --scratch-path "$peers/swift"
  cp "$peers/swift/release/hello" "$peers/hummingbird"
else
  say "hummingbird is up to date"
fi
swift=$here/async-http-client-get
if stale "$peers/async-http-client" "$swift/Package.swift" "$swift/Sources/get/Get.swift"; then
  say "building async-http-client (some minutes)"
  nice -n 10 swift build -q -c release --package-path "$swift" --scratch-path "$peers/swift-client"
  cp "$peers/swift-client/release/get" "$peers/async-http-client"
else
  say "async-http-client is up to date"
fi
say "ready in $peers"
