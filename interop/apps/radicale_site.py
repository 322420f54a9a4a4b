# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""Radicale, a CalDAV server, as `radicale_site:application`, for the user `gale` with the password `wind`."""

import os

import demo_data

directory = demo_data.directory()
users = directory / "users"
settings = directory / "radicale.conf"
with demo_data.locked("radicale"):
    users.write_text("gale:wind\n")
    settings.write_text(f"""\
[auth]
type = htpasswd
htpasswd_filename = {users}
htpasswd_encryption = plain
delay = 0
[rights]
type = owner_only
[storage]
filesystem_folder = {directory / "collections"}
[logging]
level = warning
""")
os.environ["RADICALE_CONFIG"] = str(settings)

from radicale import application  # noqa: E402, F401
