# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""WsgiDAV as `webdav_site:app`; `python webdav_site.py PORT` serves the same with cheroot, the server that it knows.

Locks and properties are in memory: one process.
"""

import sys

import demo_data
from wsgidav.wsgidav_app import WsgiDAVApp

share = demo_data.directory() / "share"
share.mkdir(exist_ok=True)

app = WsgiDAVApp({
    "provider_mapping": {"/": str(share)},
    "simple_dc": {"user_mapping": {"*": {"gale": {"password": "wind"}}}},
    "property_manager": True,
    "lock_storage": True,
    "verbose": 1,
    "logging": {"enable": False},
})

if __name__ == "__main__":
    from cheroot.wsgi import Server

    server = Server(("127.0.0.1", int(sys.argv[1])), app)
    try:
        server.start()
    except KeyboardInterrupt:
        server.stop()
