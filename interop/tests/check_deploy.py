#!/usr/bin/env python3
# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""Tries the files of docs/deploy: `check_deploy.py GALE WEBSOCKETCHAT`.

nginx and HAProxy are started with these files, in front of both programs; systemd reads its units; what Kubernetes would be
told is looked through. Paths and ports are the only things that are changed. Loopback only. Wants nginx, haproxy, openssl,
systemd-analyze and PyYAML.
"""

import base64
import contextlib
import http.client
import json
import os
import re
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "docs/deploy"
sys.path.insert(0, str(ROOT / "interop/gale"))
from with_server import free_port  # noqa: E402

LIMIT = 60  # Seconds; only what hangs reaches it.
APP = '''
import json

def application(environ, start_response):
    count = 0
    while piece := environ["wsgi.input"].read(65536):
        count += len(piece)
    seen = {name: value for name, value in environ.items() if isinstance(value, str)}
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps({"count": count, **seen}).encode()]
'''
# What a client could say to be taken for another one.
LIES = {"X-Forwarded-For": "192.0.2.1", "X-Forwarded-Proto": "gopher", "X-Forwarded-Host": "evil.test",
        "X-Real-Ip": "192.0.2.1", "X-Scheme": "gopher", "Forwarded": "for=192.0.2.1"}
results = []


def check(name, condition, detail=""):
    results.append(bool(condition))
    if not condition:
        print(f"failed: {name} {detail}")


class Process:
    """A program, until the end of the block."""

    def __init__(self, log, *command, **more):
        self.log = Path(log)
        with self.log.open("ab") as out:
            self.process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=out,
                                            stderr=out, **more)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def serves(self, port):
        end = time.monotonic() + LIMIT
        while time.monotonic() < end:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=5):
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise OSError(f"{self.process.args[0]} does not serve: {self.log.read_text(errors='replace')[-2000:]}")


def changed(path, *changes):
    """The file's text with other paths and ports; each of them must stand there."""
    text = path.read_text()
    for old, new in changes:
        if old not in text:
            raise OSError(f"{path.name} does not say {old!r}")
        text = text.replace(old, str(new))
    return text


def make_certificate(directory):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
                    "/CN=shop.example.com", "-addext", "subjectAltName=DNS:shop.example.com", "-keyout",
                    directory / "privkey.pem", "-out", directory / "fullchain.pem"], check=True, stderr=subprocess.DEVNULL)
    both = (directory / "fullchain.pem").read_text() + (directory / "privkey.pem").read_text()
    (directory / "shop.pem").write_text(both)


class Client:
    """A connection over TLS to what stands in front."""

    def __init__(self, directory, port):
        context = ssl.create_default_context(cafile=directory / "fullchain.pem")
        plain = socket.create_connection(("127.0.0.1", port), timeout=LIMIT)
        self.connection = http.client.HTTPConnection("shop.example.com", timeout=LIMIT)
        self.connection.sock = context.wrap_socket(plain, server_hostname="shop.example.com")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def ask(self, method, path, body=None, headers=None):
        self.connection.request(method, path, body, headers or {})
        answer = self.connection.getresponse()
        return answer, answer.read()


def proxied(name, scratch, https, http_port):
    """What every proxy must do in front of an application."""
    with Client(scratch, https) as client:
        answer, body = client.ask("GET", "/page?a=1", headers=LIES)
        check(f"{name}: a page comes through", answer.status == 200, (answer.status, body[:200]))
        seen = json.loads(body) if answer.status == 200 else {}
        check(f"{name}: with its host", seen.get("HTTP_HOST") == "shop.example.com", seen.get("HTTP_HOST"))
        check(f"{name}: the application is told who asks", seen.get("HTTP_X_FORWARDED_FOR") == "127.0.0.1",
              seen.get("HTTP_X_FORWARDED_FOR"))
        check(f"{name}: and how", seen.get("HTTP_X_FORWARDED_PROTO") == "https", seen.get("HTTP_X_FORWARDED_PROTO"))
        lies = [field for field in LIES if seen.get("HTTP_" + field.upper().replace("-", "_")) == LIES[field]]
        check(f"{name}: what clients say of themselves is dropped", not lies, lies)
        answer, body = client.ask("POST", "/upload", b"x" * 5_000_000)
        check(f"{name}: an upload comes through", answer.status == 200 and json.loads(body)["count"] == 5_000_000,
              answer.status)
        ports = [json.loads(client.ask("GET", "/")[1])["REMOTE_PORT"] for _ in range(4)]
        check(f"{name}: connections to the application are kept", len(set(ports)) < 4, ports)
    connection = http.client.HTTPConnection("127.0.0.1", http_port, timeout=LIMIT)
    with contextlib.closing(connection):
        connection.request("GET", "/page?a=1", headers={"Host": "shop.example.com"})
        answer = connection.getresponse()
        check(f"{name}: without TLS one is sent to the page with it",
              (answer.status, answer.getheader("Location")) == (308, "https://shop.example.com/page?a=1"),
              (answer.status, answer.getheader("Location")))


def web_socket(name, scratch, https):
    """A WebSocket through a proxy, with a message each way."""
    with Client(scratch, https) as client:
        stream = client.connection.sock
        stream.sendall(b"GET /socket HTTP/1.1\r\nHost: shop.example.com\r\nOrigin: https://shop.example.com\r\n"
                       b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
                       + base64.b64encode(os.urandom(16)) + b"\r\n\r\n")
        head = b""
        while not head.endswith(b"\r\n\r\n") and (byte := stream.recv(1)):
            head += byte
        check(f"{name}: a WebSocket is opened", head.startswith(b"HTTP/1.1 101 "), head[:200])
        payload = json.dumps({"name": "check", "text": "through the proxy"}).encode()
        stream.sendall(bytes([0x81, 0x80 | len(payload)]) + bytes(4) + payload)
        got = b""
        with contextlib.suppress(OSError):
            while b"through the proxy" not in got and (piece := stream.recv(65536)):
                got += piece
        check(f"{name}: messages go both ways", b"through the proxy" in got, got[-300:])


def believing(name, scratch, https):
    """What the application sees when it believes the proxy."""
    with Client(scratch, https) as client:
        answer, body = client.ask("GET", "/", headers=LIES)
        seen = json.loads(body) if answer.status == 200 else {}
        wanted = {"REMOTE_ADDR": "127.0.0.1", "REMOTE_PORT": "0", "wsgi.url_scheme": "https", "HTTP_HOST": "shop.example.com"}
        found = {field: seen.get(field) for field in wanted}
        check(f"{name}: who believes it knows client and scheme", found == wanted, found)


def serving(scratch, gale, port, *options):
    return Process(scratch / "gale.log", gale, "serve", "--no-access-log", "--chdir", scratch, "--bind",
                   f"127.0.0.1:{port}", *options, "shop:application")


def nginx(scratch, gale, chat):
    upstream, http_port, https = free_port(), free_port(), free_port()
    (scratch / "static").mkdir()
    (scratch / "static/page.css").write_text("body {}")
    text = changed(DEPLOY / "nginx.conf", ("127.0.0.1:8000", f"127.0.0.1:{upstream}"), ("listen 80;", f"listen {http_port};"),
                   ("listen [::]:80;", ""), ("listen 443 ", f"listen {https} "), ("listen [::]:443 ssl http2;", ""),
                   ("/etc/ssl/shop/", f"{scratch}/"), ("/srv/shop/static/", f"{scratch}/static/"))
    paths = "".join(f"{kind}_temp_path {scratch}/{kind};" for kind in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"])
    whole = scratch / "nginx.conf"
    # nginx's workers are somebody else when it is started by root.
    user = "user root;" if os.getuid() == 0 else ""
    whole.write_text(f"{user} daemon off; pid {scratch}/nginx.pid; events {{}}\n"
                     f"http {{ types {{ text/css css; }} access_log off; {paths}\n{text}\n}}\n")
    command = ["nginx", "-e", "stderr", "-c", whole, "-p", scratch]
    tested = subprocess.run([*command, "-t"], text=True, stderr=subprocess.PIPE)
    check("nginx takes its file", tested.returncode == 0 and "[warn]" not in tested.stderr, tested.stderr)
    with Process(scratch / "nginx.log", *command) as front:
        front.serves(https)
        with Client(scratch, https) as client:
            answer, _ = client.ask("GET", "/")
            check("nginx: without an application it is 502", answer.status == 502, answer.status)
            for query, wanted in [("?v=abc", "public, max-age=31536000, immutable"), ("", "public, max-age=300")]:
                answer, body = client.ask("GET", f"/static/page.css{query}")
                check(f"nginx: a file of its own, page.css{query}",
                      (answer.status, body, answer.getheader("Cache-Control")) == (200, b"body {}", wanted),
                      (answer.status, answer.getheader("Cache-Control")))
        with serving(scratch, gale, upstream) as application:
            application.serves(upstream)
            proxied("nginx", scratch, https, http_port)
        with serving(scratch, gale, upstream, "--forwarded-allow-ips", "127.0.0.1") as application:
            application.serves(upstream)
            believing("nginx", scratch, https)
        with Process(scratch / "chat.log", chat, upstream) as application:
            application.serves(upstream)
            web_socket("nginx", scratch, https)


def haproxy(scratch, gale, chat):
    http_port, https, first, second = (free_port() for _ in range(4))
    path = scratch / "haproxy.cfg"
    path.write_text(changed(DEPLOY / "haproxy.cfg", ("bind :80\n", f"bind 127.0.0.1:{http_port}\n"),
                            ("bind :443 ", f"bind 127.0.0.1:{https} "), ("/etc/haproxy/shop.pem", scratch / "shop.pem"),
                            ("127.0.0.1:8001", f"127.0.0.1:{first}"), ("127.0.0.1:8002", f"127.0.0.1:{second}"),
                            ("inter 2s", "inter 200ms"), ("maxconn 20000", "maxconn 200")))
    tested = subprocess.run(["haproxy", "-c", "-f", path], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    check("HAProxy takes its file", tested.returncode == 0 and "WARNING" not in tested.stdout, tested.stdout)

    def status():
        with contextlib.suppress(OSError, http.client.HTTPException), Client(scratch, https) as client:
            return client.ask("GET", "/")[0].status

    def wait_until(wanted):
        end = time.monotonic() + LIMIT
        while (now := status()) != wanted and time.monotonic() < end:
            time.sleep(0.05)
        return now

    with Process(scratch / "haproxy.log", "haproxy", "-db", "-f", path) as front:
        front.serves(https)
        with serving(scratch, gale, first) as one, serving(scratch, gale, second) as two:
            one.serves(first)
            two.serves(second)
            check("HAProxy: both are taken for healthy", wait_until(200) == 200)
            proxied("HAProxy", scratch, https, http_port)
            one.__exit__()
            statuses = [status() for _ in range(20)]
            check("HAProxy: when one ends, the other answers", set(statuses) == {200}, statuses)
        check("HAProxy: without any it is 503", wait_until(503) == 503)
        with serving(scratch, gale, first, "--forwarded-allow-ips", "127.0.0.1") as application:
            application.serves(first)
            check("HAProxy: who comes back gets requests", wait_until(200) == 200)
            believing("HAProxy", scratch, https)
    # The chat has no page for the health check.
    path.write_text(re.sub(r" check inter .*", "", path.read_text()))
    with Process(scratch / "haproxy.log", "haproxy", "-db", "-f", path) as front, \
            Process(scratch / "chat.log", chat, first) as one, Process(scratch / "chat.log", chat, second) as two:
        for process, port in [(front, https), (one, first), (two, second)]:
            process.serves(port)
        web_socket("HAProxy", scratch, https)


def options_of_serve(gale):
    text = subprocess.run([gale, "serve", "--help"], check=True, text=True, stdout=subprocess.PIPE).stdout
    return set(re.findall(r"--[a-z][\w-]*", text))


def systemd(scratch, gale, known):
    units = scratch / "units"
    units.mkdir()
    (units / "gale.socket").write_text((DEPLOY / "gale.socket").read_text())
    (units / "gale.service").write_text(changed(DEPLOY / "gale.service", ("/usr/local/bin/gale", Path(gale).resolve())))
    tested = subprocess.run(["systemd-analyze", "verify", "--man=no", units / "gale.service", units / "gale.socket"],
                            text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    # Other units of the machine may be wrong.
    wrong = [line for line in tested.stdout.splitlines() if "gale" in line]
    check("systemd takes its units", tested.returncode == 0 and not wrong, tested.stdout)
    line = re.search(r"^ExecStart=(.*)$", (DEPLOY / "gale.service").read_text(), re.MULTILINE)[1]
    unknown = set(re.findall(r"--[a-z][\w-]*", line)) - known
    check("gale.service names options that exist", not unknown, unknown)


def kubernetes(known):
    documents = {document["kind"]: document for document in yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text())}
    spec = documents["Deployment"]["spec"]
    pod = spec["template"]["spec"]
    container = pod["containers"][0]
    labels = spec["template"]["metadata"]["labels"]
    selectors = [spec["selector"]["matchLabels"], documents["Service"]["spec"]["selector"],
                 documents["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"]]
    check("all selectors find the pods", all(selector == labels for selector in selectors), selectors)
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    named = [container[f"{kind}Probe"]["httpGet"]["port"] for kind in ["startup", "readiness", "liveness"]]
    named += [port["targetPort"] for port in documents["Service"]["spec"]["ports"]]
    check("probes and service name a port that is there", set(named) <= set(ports), named)
    arguments = container["args"]
    check("which is where the server listens", f"0.0.0.0:{ports['http']}" in arguments, arguments)
    unknown = {word for word in arguments if word.startswith("--")} - known
    check("kubernetes.yaml names options that exist", not unknown, unknown)
    grace = int(arguments[arguments.index("--graceful-timeout") + 1])
    pause = container["lifecycle"]["preStop"]["sleep"]["seconds"]
    check("requests have the time that they are promised", pod["terminationGracePeriodSeconds"] > grace + pause)
    check("fewer pods are asked for than there are", documents["PodDisruptionBudget"]["spec"]["minAvailable"] < spec["replicas"])


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: check_deploy.py GALE WEBSOCKETCHAT")
    gale, chat = (str(Path(word).resolve()) for word in sys.argv[1:])
    os.environ["PATH"] += ":/usr/sbin:/sbin"
    known = options_of_serve(gale)
    for part in [lambda scratch: nginx(scratch, gale, chat), lambda scratch: haproxy(scratch, gale, chat),
                 lambda scratch: systemd(scratch, gale, known), lambda scratch: kubernetes(known)]:
        with tempfile.TemporaryDirectory(prefix="gale-") as scratch:
            scratch = Path(scratch)
            scratch.chmod(0o755)
            (scratch / "shop.py").write_text(APP)
            try:
                make_certificate(scratch)
                part(scratch)
            except (OSError, http.client.HTTPException, KeyError, subprocess.CalledProcessError) as error:
                check("the files could be tried", False, f"{type(error).__name__}: {error}")
    print(f"{sum(results)} passed, {len(results) - sum(results)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
