# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""Mercurial's hgweb as `hgweb_site:application`: every repository in a directory can be read and written to."""

import sys

import demo_data

# Debian's package is for its own Python, outside of virtual environments.
sys.path.append("/usr/lib/python3/dist-packages")

from mercurial.hgweb import hgwebdir  # noqa: E402

repositories = demo_data.directory() / "repositories"
repositories.mkdir(exist_ok=True)
settings = demo_data.directory() / "hgweb.conf"
with demo_data.locked("hgweb"):
    settings.write_text(f"[paths]\n/ = {repositories}/*\n[web]\npush_ssl = no\nallow-push = *\n"
                        "refreshinterval = 0\nallow-archive = gz zip\n")

application = hgwebdir(bytes(settings))
