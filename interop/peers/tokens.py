#!/usr/bin/env python3
# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""How many ID tokens one core validates: Gale and Authlib, in one run.

  tokens.py [--rounds N]        after `make build` and setup.sh

Both get the same tokens and keys, and look at the same: the signature, the issuer, the audience, the times and the nonce.
Tokens for each second of processor time, the best of some rounds in each of N runs, of which the median counts; runs are
interleaved. That a token with another nonce and one with a changed signature are refused is checked first.
"""

import argparse
import functools
import http.server
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PEERS = Path(os.environ.get("GALE_PEERS", ROOT / ".build/peers")).resolve()
ALGORITHMS = ["RS256", "ES256", "EdDSA"]
CLIENT, NONCE = "bench", "n-0S6_WzA2Mj"


def make(directory, issuer):
    """A provider's documents, and a token for each algorithm, in files."""
    from authlib.jose import JsonWebKey, jwt

    now = int(time.time())
    claims = {"iss": issuer, "sub": "248289761001", "aud": CLIENT, "nonce": NONCE, "exp": now + 3600, "iat": now,
              "auth_time": now, "name": "Jane Doe", "email": "janedoe@example.com", "email_verified": True,
              "groups": ["staff", "readers"]}
    public, tokens = [], {}
    for name, kind, size in (("RS256", "RSA", 2048), ("ES256", "EC", "P-256"), ("EdDSA", "OKP", "Ed25519")):
        key = JsonWebKey.generate_key(kind, size, {"kid": name, "use": "sig", "alg": name}, is_private=True)
        public.append(key.as_dict(is_private=False))
        tokens[name] = jwt.encode({"alg": name, "kid": name}, claims, key).decode()
    (directory / ".well-known").mkdir()
    (directory / ".well-known/openid-configuration").write_text(json.dumps({
        "issuer": issuer, "authorization_endpoint": issuer + "/authorize", "token_endpoint": issuer + "/token",
        "jwks_uri": issuer + "/jwks", "response_types_supported": ["code"], "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ALGORITHMS}))
    (directory / "jwks").write_text(json.dumps({"keys": public}))
    (directory / "tokens").write_text(json.dumps(tokens))


def authlib(directory, issuer):
    """What a child process prints."""
    from authlib.jose import JsonWebKey, JsonWebToken
    from authlib.oidc.core import CodeIDToken

    keys = JsonWebKey.import_key_set(json.loads((directory / "jwks").read_text()))
    jwt = JsonWebToken(ALGORITHMS)
    options = {"iss": {"essential": True, "value": issuer}, "aud": {"essential": True, "value": CLIENT}}

    def validate(token, nonce=NONCE):
        claims = jwt.decode(token, keys, claims_cls=CodeIDToken, claims_options=options,
                            claims_params={"client_id": CLIENT, "nonce": nonce})
        claims.validate()
        return claims["sub"]

    for name, token in json.loads((directory / "tokens").read_text()).items():
        assert validate(token) == "248289761001"
        for wrong in (lambda: validate(token, "another"), lambda: validate(token[:-8] + "AAAAAAAA")):
            try:
                wrong()
            except Exception:  # There are several kinds, of two packages.
                continue
            raise SystemExit("Authlib took a wrong token")
        fastest = float("inf")
        for _ in range(10):
            start = time.process_time()
            for _ in range(200):
                validate(token)
            fastest = min(fastest, (time.process_time() - start) / 200)
        print(f"{name} {1 / fastest}")


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--gale", type=Path, default=ROOT / ".build/release/bench-target")
    parser.add_argument("--inside", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.inside:
        what, directory, issuer = options.inside
        return {"make": make, "authlib": authlib}[what](Path(directory), issuer)
    python = [PEERS / "venv/bin/python", __file__, "--inside"]
    found = {}
    with tempfile.TemporaryDirectory(prefix="gale-bench-") as directory:
        provider = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), functools.partial(Quiet, directory=directory))
        threading.Thread(target=provider.serve_forever, daemon=True).start()
        issuer = f"http://127.0.0.1:{provider.server_port}"
        subprocess.run([*python, "make", directory, issuer], check=True)
        tokens = json.loads(Path(directory, "tokens").read_text())
        commands = {
            "Authlib": [*python, "authlib", directory, issuer],
            "gale": [options.gale, "--tokens", issuer, CLIENT, NONCE, *tokens.values()],
        }
        for _ in range(options.rounds):
            for name, command in commands.items():
                said = subprocess.run([str(word) for word in command], check=True, text=True, capture_output=True).stdout
                for algorithm, rate in re.findall(r"^(\S+) ([\d.]+)$", said, re.MULTILINE):
                    found.setdefault(algorithm, {}).setdefault(name, []).append(float(rate))
        provider.shutdown()
    if set(found) != set(ALGORITHMS) or any(len(rates) != 2 for rates in found.values()):
        sys.exit(f"not everything was measured: {found}")
    print("| tokens/s on one core | Gale | Authlib | × |\n| --- | ---: | ---: | ---: |")
    for algorithm in ALGORITHMS:
        ours, theirs = (statistics.median(found[algorithm][name]) for name in ("gale", "Authlib"))
        print(f"| {algorithm} | {ours:,.0f} | {theirs:,.0f} | {ours / theirs:.1f} |")


if __name__ == "__main__":
    main()
