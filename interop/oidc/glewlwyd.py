# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""Glewlwyd, a provider in C, set up from nothing and started: SQLite, one port of 127.0.0.1, all of it in one directory.

The program comes from Debian's package, unpacked (`interop/gale/bootstrap.sh`): installed, it would be a service of the
machine. It is set up as its administrator would, through its own API.
"""

import contextlib
import gzip
import json
import shutil
import sqlite3
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

UNPACKED = Path(__file__).resolve().parents[2] / ".build/oidc/glewlwyd"
USER, PASSWORD = "ann", "a password of Ann's"
MODULES = {"user_module_path": "user", "client_module_path": "client", "user_auth_scheme_module_path": "scheme",
           "plugin_module_path": "plugin"}
TYPES = {".html": "text/html", ".css": "text/css", ".js": "application/javascript", ".json": "application/json",
         ".png": "image/png", ".ico": "image/x-icon", ".woff2": "font/woff2"}


def start(directory, port, clients, log):
    """Starts the program on an empty database, which it has filled; returns its process and its issuer."""
    directory = Path(directory)
    directory.mkdir()
    documents = UNPACKED / "usr/share/doc/glewlwyd/database"
    with contextlib.closing(sqlite3.connect(directory / "glewlwyd.db")) as database:
        database.executescript(gzip.decompress((documents / "init.sqlite3.sql.gz").read_bytes()).decode())
        # What it looks for is not among what it keeps of a client.
        [(kept,)] = database.execute("SELECT gcmi_parameters FROM g_client_module_instance")
        kept = json.loads(kept)
        kept["data-format"]["post_logout_redirect_uris"] = {"multiple": True, "read": True, "write": True}
        database.execute("UPDATE g_client_module_instance SET gcmi_parameters = ?", [json.dumps(kept)])
        database.commit()
    (directory / "middleware").mkdir()
    pages = directory / "pages"
    copy_pages(Path("/usr/share/glewlwyd/webapp"), pages)
    base = f"http://127.0.0.1:{port}"
    (directory / "glewlwyd.conf").write_text(configuration(base, port, directory, pages))
    process = subprocess.Popen([UNPACKED / "usr/bin/glewlwyd", "--config-file", directory / "glewlwyd.conf"],
                               stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    return process, base + "/api/oidc", lambda: set_up(base, directory, clients)


def copy_pages(source, target):
    """With the files that are linked: it serves none that lie elsewhere."""
    for path in source.rglob("*"):
        if path.is_file():
            place = target / path.relative_to(source)
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, place)
    # The package's own link to this leads nowhere.
    shutil.copyfile("/usr/share/glewlwyd/templates/config.json", target / "config.json")


def configuration(base, port, directory, pages):
    values = {
        "port": port, "bind_address": "127.0.0.1", "external_url": base, "login_url": "login.html", "api_prefix": "api",
        "static_files_path": f"{pages}/", "log_mode": "console", "log_level": "INFO", "cookie_domain": "",
        "cookie_secure": 0, "session_expiration": 3600, "admin_scope": "g_admin", "profile_scope": "g_profile",
        "use_secure_connection": False, "secure_connection_key_file": "none", "secure_connection_pem_file": "none", "hash_algorithm": "SHA512", "allow_origin": base,
        "user_middleware_module_path": str(directory / "middleware"),
        **{name: str(UNPACKED / "usr/lib/glewlwyd" / part) for name, part in MODULES.items()}}
    lines = [f"{name} = {json.dumps(value)}" for name, value in values.items()]
    lines.append(f'database = {{ type = "sqlite3"; path = "{directory / "glewlwyd.db"}"; }};')
    types = ", ".join(f'{{ extension = "{end}"; mime_type = "{kind}"; compress = 0; }}' for end, kind in TYPES.items())
    lines.append(f"static_files_mime_types = ( {types} )")
    return "\n".join(lines) + "\n"


def set_up(base, directory, clients):
    api = API(base + "/api")
    api.send("POST", "/auth/", {"username": "admin", "password": "password"})
    key = directory / "key.pem"
    subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True)
    public = subprocess.run(["openssl", "rsa", "-in", key, "-pubout"], check=True, capture_output=True, text=True).stdout
    for name in ("profile", "email"):
        api.send("POST", "/scope/", {"name": name, "display_name": name, "password_required": False, "scheme": {}})
    api.send("POST", "/mod/plugin/", {
        "module": "oidc", "name": "oidc", "display_name": "OpenID Connect", "order_rank": 0, "parameters": {
            "iss": base + "/api/oidc", "jwt-type": "rsa", "jwt-key-size": "256", "key": key.read_text(), "cert": public,
            "access-token-duration": 3600, "refresh-token-duration": 7200, "code-duration": 600,
            "refresh-token-rolling": True, "allow-non-oidc": False, "auth-type-code-enabled": True,
            "auth-type-token-enabled": False, "auth-type-implicit-enabled": False, "auth-type-none-enabled": False,
            "auth-type-password-enabled": False, "auth-type-client-enabled": False, "auth-type-refresh-enabled": True,
            "jwks-show": True, "pkce-allowed": True, "pkce-required": True, "subject-type": "public",
            "introspection-revocation-allowed": True, "introspection-revocation-allow-target-client": True,
            "session-management-allowed": True, "session-cookie-name": "GLEWLWYD2_OIDC_SID",
            "session-cookie-expiration": 3600, "back-channel-logout-allowed": True,
            "front-channel-logout-allowed": True, "oauth-as-iss-id": True, "request-uri-allow-https-non-secure": True,
            "name-claim": "mandatory", "email-claim": "mandatory", "scope-claim": "no"}})
    for client in clients:
        api.send("POST", "/client/", {
            "client_id": client["id"], "client_secret": client["secret"], "confidential": True, "enabled": True,
            "name": "Gale", "scope": [], "redirect_uri": client["redirect_uris"],
            "authorization_type": ["code", "refresh_token"],
            "token_endpoint_auth_method": ["client_secret_basic", "client_secret_post"],
            "post_logout_redirect_uris": [client["after_logout"]],
            **({"backchannel_logout_uri": client["backchannel"]} if "backchannel" in client else {})})
    api.send("POST", "/user/", {
        "username": USER, "password": PASSWORD, "name": "Ann Ott", "email": "ann@example.com", "enabled": True,
        "scope": ["openid", "profile", "email", "g_profile"]})


class API:
    def __init__(self, base):
        self.base, self.cookie = base, ""

    def send(self, method, path, body):
        headers = {"Content-Type": "application/json", "Cookie": self.cookie}
        request = urllib.request.Request(self.base + path, json.dumps(body).encode(), headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                # Its domain is empty, which browsers take for none and Python does not.
                if cookie := answer.headers["Set-Cookie"]:
                    self.cookie = cookie.split(";")[0]
                return answer.read()
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"glewlwyd answers {error.code} to {method} {path}: {error.read()[:500]}") from error
