# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""pypiserver, a package index, as `pypi_site:app`: uploads need the user `gale` with the password `wind`."""

import demo_data
import pypiserver

packages = demo_data.directory() / "packages"
packages.mkdir(exist_ok=True)

app = pypiserver.app(roots=[packages], auther=lambda user, password: (user, password) == ("gale", "wind"),
                     authenticate=["update"], disable_fallback=True, backend_arg="simple-dir")
