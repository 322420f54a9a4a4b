# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""What is sent to the twins. One line of the table: a name, then what `request` takes.

Keywords of a line besides: `differs`, the row of docs/differences.md, with `gale`, what Gale answers instead; `ignore`,
header fields that are not compared; `expiry_moves`, for cookies that expire some time from now.
"""

import gzip
import urllib.parse

EXCHANGES = []
FORM = "Content-Type: application/x-www-form-urlencoded"


def request(id, method, target, *headers, body=b"", version="HTTP/1.1", raw=None, **options):
    if raw is None:
        lines = [f"{method} {target} {version}", *headers]
        names = {line.split(":")[0].lower() for line in headers}
        if "host" not in names and version == "HTTP/1.1":
            lines.append("Host: twin.example")
        lines.append("Connection: close")
        if body and "content-length" not in names and "transfer-encoding" not in names:
            lines.append(f"Content-Length: {len(body)}")
        raw = "\r\n".join(lines).encode("latin1") + b"\r\n\r\n" + body
    EXCHANGES.append({"id": id, "data": raw, **options})


def quoted(text):
    return urllib.parse.quote(text, safe="")


# Methods and paths.
request("hello", "GET", "/hello")
request("hello in HTTP/1.0", "GET", "/hello", version="HTTP/1.0")
request("hello with a query", "GET", "/hello?x=1")
request("HEAD without head()", "HEAD", "/hello", differs="D-1", gale={"status": 405, "fields": {"allow": "GET, HEAD, POST, DELETE, PATCH, PUT, OPTIONS"}})
for method in ("POST", "PUT", "DELETE", "PATCH"):
    request(f"{method} without a method", method, "/hello", differs="D-1", gale={"status": 405})
request("unknown method", "BREW", "/hello", differs="D-1", gale={"status": 405})
request("path that nobody serves", "GET", "/none")
request("POST to a path that nobody serves", "POST", "/none")
request("path with another case", "GET", "/Hello")
request("path with a slash more", "GET", "/hello/")
for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"):
    request(f"method {method}", method, "/methods")
for path in ("/path/a/b", "/path/a%20b/c%2Fd", "/path/%C3%A9/", "/path/a+b/c+d", "/path//x", "/path/a/b/c%3Fd?e", "/path/%FF/x"):
    request(f"groups of {path}", "GET", path)
request("groups that are cut", "GET", "/path/a/%zz")
request("old path", "GET", "/old/a/b")
request("old path with a query", "GET", "/old/a?x=1&y=2")
request("gone", "GET", "/gone")
request("gone by POST", "POST", "/gone")
request("reverse", "GET", "/reverse")
request("HTTP/1.0 without Host", "GET", "/remote", version="HTTP/1.0")

# Arguments.
for query in ("", "a=1", "a=1&a=2", "a=", "a", "a=%20x%20", "a=+x+", "a=%C3%A9", "a=1;b=2", "a=%00%01x%1f", "b=1&r=2", "&&a=1&&", "a=1=2", "%61=1",
              "a=%E2%80%83x", "a=%u1234", "a=1%", "=1", "a[]=1"):
    request(f"query {query!r}", "GET", f"/args?{query}")
request("argument that is no UTF-8", "GET", "/args?a=%ff")
request("argument that is missing", "GET", "/required")
for body in (b"a=1&a=2", b"a=%20", b"a=b+c&r=%26", b"a", b"", b"a=1&"):
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        request(f"{method} form {body!r}", method, "/args?a=q", FORM, body=body)
request("form with a charset", "POST", "/args", FORM + "; charset=utf-8", body=b"a=%C3%A9")
request("form of another type", "POST", "/args", "Content-Type: text/plain", body=b"a=1")
request("form without a type", "POST", "/args", body=b"a=1")
request("form in chunks", "POST", "/args", FORM, "Transfer-Encoding: chunked", body=b"3\r\na=1\r\n4\r\n&a=2\r\n0\r\n\r\n")
PARTS = (b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nvalue\r\n--b\r\nContent-Disposition: form-data; name="f"; '
         b'filename="x.txt"\r\nContent-Type: text/x\r\n\r\nfile\r\n--b\r\nContent-Disposition: form-data; name="f"; filename="y"\r\n\r\n'
         b"\xff\r\n--b--\r\n")
request("parts as arguments", "POST", "/args", "Content-Type: multipart/form-data; boundary=b", body=PARTS)
request("parts as files", "POST", "/files", "Content-Type: multipart/form-data; boundary=b", body=PARTS)
request("parts with a quoted boundary", "POST", "/files", 'Content-Type: multipart/form-data; boundary="b"', body=PARTS)
request("parts without a boundary", "POST", "/files", "Content-Type: multipart/form-data", body=PARTS)
request("parts without an end", "POST", "/files", "Content-Type: multipart/form-data; boundary=b", body=PARTS[:-8])
request("body", "POST", "/body", body=b"\x00\xffbytes")
request("compressed body", "POST", "/body", "Content-Encoding: gzip", body=gzip.compress(b"inflated" * 10, mtime=0))
request("compressed form", "POST", "/args", FORM, "Content-Encoding: gzip", body=gzip.compress(b"a=1&a=2", mtime=0))
request("body that inflates too far", "POST", "/body", "Content-Encoding: gzip", body=gzip.compress(b"\0" * 200000, mtime=0),
        differs="D-2", gale={"status": 413})
request("body that is no gzip", "POST", "/body", "Content-Encoding: gzip", body=b"not gzip", differs="D-3", gale={"status": 400})
request("body that is too long", "POST", "/body", body=b"x" * 100001, differs="D-2", gale={"status": 413})

request("compressed form in chunks", "POST", "/args", FORM, "Content-Encoding: gzip", "Transfer-Encoding: chunked",
        body=b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (lambda data: (data[:5], data[5:6], data[6:]))(gzip.compress(b"a=1&a=2", mtime=0))) + b"0\r\n\r\n")
request("body in chunks", "POST", "/body", "Transfer-Encoding: chunked", body=b"5\r\n\x00\xffbyt\r\nA\r\n0123456789\r\n0\r\n\r\n")
request("body in chunks with an extension", "POST", "/body", "Transfer-Encoding: chunked", body=b"3;a=b\r\nabc\r\n0\r\n\r\n", differs="D-20",
        gale={"status": 200, "body": '[3, "abc"]'})
request("no body", "POST", "/body")
request("body of no bytes", "POST", "/body", "Content-Length: 0")
request("body that is awaited", "POST", "/body", "Expect: 100-continue", body=b"awaited", differs="D-21", gale={"status": 200, "body": '[7, "awaited"]'})
request("parts in chunks", "POST", "/files", "Content-Type: multipart/form-data; boundary=b", "Transfer-Encoding: chunked",
        body=b"%x\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n" % (50, PARTS[:50], len(PARTS) - 50, PARTS[50:]))
request("parts with nothing in them", "POST", "/files", "Content-Type: multipart/form-data; boundary=b", body=b"--b--\r\n")
request("file in quotes", "POST", "/files", "Content-Type: multipart/form-data; boundary=b", differs="D-22",
        gale={"status": 200, "body": '[["\\"q\\"", "application/unknown", "x", "f"]]'},
        body=b'--b\r\nContent-Disposition: form-data; name="f"; filename="\\"q\\""\r\n\r\nx\r\n--b--\r\n')
for disposition in ('name="f"; filename=""', 'name="f"; filename="a b;c.txt"', 'name=f; filename=plain.txt',
                    'name="f"; filename="C:\\\\x.txt"', "name=\"f\"; filename*=UTF-8''%c3%a9.txt", 'name="f"; filename="\xc3\xa9"'):
    request(f"file {disposition!r}", "POST", "/files", "Content-Type: multipart/form-data; boundary=b",
            body=b"--b\r\nContent-Disposition: form-data; " + disposition.encode("latin1") + b"\r\n\r\nx\r\n--b--\r\n")
request("parts with a preamble", "POST", "/args", "Content-Type: multipart/form-data; boundary=b", body=b"preamble\r\n" + PARTS + b"epilogue", differs="D-23",
        gale={"status": 200})

# Answers.
for status in (200, 201, 202, 204, 304, 400, 404, 418, 500, 503, 599):
    request(f"status {status}", "GET", f"/status/{status}")
request("reason", "GET", "/status/200?reason=Very%20well")
request("reason that may not be", "GET", "/status/200?reason=%3Cb%3E")
request("headers", "GET", "/headers")
request("header that may not be", "GET", "/headers?v=a%0d%0ab")
request("header in Latin-1", "GET", "/headers?v=%C3%A9", differs="D-4", gale={"status": 200})
request("redirect", "GET", "/redirect?to=/x")
request("redirect for ever", "GET", "/redirect?to=/x&permanent=1")
request("redirect by 307", "GET", "/redirect?to=http://x.example/&status=307")
request("redirect to letters", "GET", "/redirect?to=/%C3%A9", differs="D-5", gale={"status": 302, "fields": {"location": "/%C3%A9"}})
for status in (400, 403, 404, 500, 599):
    request(f"error {status}", "GET", f"/fail?status={status}")
request("error with a reason", "GET", "/fail?status=400&reason=Not%20so")
request("crash", "GET", "/crash")
request("finish", "GET", "/done")
request("finished in prepare", "GET", "/prepared")
request("JSON", "GET", "/json")
request("in pieces", "GET", "/stream", "Accept-Encoding: identity")
request("in pieces in HTTP/1.0", "GET", "/stream", version="HTTP/1.0")
request("tag of the body", "GET", "/hello", "If-None-Match: \"e02aa1b106d5c7c6a98def2b13005d5b84fd8dc8\"")
request("another tag", "GET", "/hello", "If-None-Match: \"x\"")
request("any tag", "GET", "/hello", "If-None-Match: *")
request("a weak tag", "GET", "/hello", "If-None-Match: \"y\", W/\"e02aa1b106d5c7c6a98def2b13005d5b84fd8dc8\"")
request("a tag of one's own", "GET", "/etag?tag=%22v1%22")
request("a tag of one's own that matches", "GET", "/etag?tag=%22v1%22", "If-None-Match: \"v1\"")
request("no tag", "GET", "/etag")
for tag in ('"v1"', 'W/"v1"', '"v2", "v1"', '"v2"', "v1", '"v1', "*"):
    request(f"a tag of one's own against {tag}", "GET", "/etag?tag=%22v1%22", f"If-None-Match: {tag}")
request("a weak tag of one's own", "GET", "/etag?tag=W/%22v1%22", 'If-None-Match: "v1"')
request("HEAD of a tag", "HEAD", "/text/10", 'If-None-Match: "x"')

# Cookies.
request("cookies set", "GET", "/cookies/set")
for value in ("a=1", "a=1; b=2", "a=1;b=2", "a=1; a=2", 'a="x\\"y"', 'a="\\351"', "a", "=x; a=1", "a=;b=", " a = 1 ; b=2", 'a="1', "a=1,b=2", "a=\xe9", "b=x y"):
    request(f"cookies {value!r}", "GET", "/cookies/get", f"Cookie: {value}")
request("cookie with a blank", "GET", "/cookies/set?v=a%20b")
request("signed cookie", "GET", "/signed/set")
request("signed cookie of version 1", "GET", "/signed/set?version=1")
for text in ("", "x", "2|1:0|10:1300000000|1:s|8:dmFsdWU=|00", "dmFsdWU=|1300000000|59b45f5f08f0f29c3a2353ca33670898699eaf24", '"2|1:7|"'):
    request(f"signed cookie {text!r}", "GET", "/signed/get", f"Cookie: s={text}")

request("sealed cookie", "GET", "/signed/get", "Cookie: s=3|1:0|10:1300000000|1:s|AAAA", differs="D-18", gale={"body": '{"key": 0, "value": null}'})

# Forged requests.
TOKEN = "2|01020304|0103010705070503090b090f0d0f0d0b|1300000000"
BARE = "000102030405060708090a0b0c0d0e0f"
request("token", "GET", "/xsrf", ignore={"etag"})
request("token that is there", "GET", "/xsrf", f"Cookie: _xsrf={TOKEN}", ignore={"etag"})
for method in ("POST", "PUT", "PATCH", "DELETE"):
    request(f"{method} without a token", method, "/xsrf", f"Cookie: _xsrf={TOKEN}")
    request(f"{method} with a token", method, "/xsrf", f"Cookie: _xsrf={TOKEN}", f"X-XSRFToken: {BARE}")
request("token in the form", "POST", "/xsrf", f"Cookie: _xsrf={BARE}", FORM, body=b"_xsrf=" + quoted(TOKEN).encode())
request("token in the query", "POST", f"/xsrf?_xsrf={quoted(TOKEN)}", f"Cookie: _xsrf={TOKEN}")
request("token in the other header", "POST", "/xsrf", f"Cookie: _xsrf={TOKEN}", f"X-CSRFToken: {TOKEN}")
request("another token", "POST", "/xsrf", f"Cookie: _xsrf={TOKEN}", f"X-XSRFToken: {BARE[:-1]}e")
request("no token at all", "POST", "/xsrf", f"Cookie: _xsrf={TOKEN}", "X-XSRFToken: 2|x")
request("token without a cookie", "POST", "/xsrf", f"X-XSRFToken: {TOKEN}")

# Users and slashes.
for method in ("GET", "HEAD", "POST"):
    request(f"{method} without a user", method, "/user?a=b")
    request(f"{method} with a user", method, "/user", "Cookie: user=ann")
    request(f"{method} without its slash", method, "/slash/add?x=1")
    request(f"{method} with its slash", method, "/slash/add/")
    request(f"{method} with a slash too many", method, "/slash/remove/?x=1")
    request(f"{method} without a slash", method, "/slash/remove")

# Static files.
for name in ("a.txt", "long.txt", "empty.txt", "sub/page.html", "data.json", "style.css", "unknown.xyzzy", "archive.tar.gz"):
    for method in ("GET", "HEAD"):
        request(f"{method} static {name}", method, f"/static/{name}")
for path in ("/robots.txt", "/favicon.ico", "/static/none.txt", "/static/sub", "/static/../twin", "/static/%2e%2e/x", "/static/a.txt?v=123",
             "/static/sub/../a.txt", "/static/"):
    request(f"static {path}", "GET", path)
request("static by POST", "POST", "/static/a.txt")
for value in ("bytes=0-2", "bytes=2-", "bytes=-3", "bytes=0-100", "bytes=100-", "bytes=-0", "bytes=3-1", "bytes=0-6", "bytes=x", "bytes=0-1,3-4", "chars=0-1", "bytes=-100"):
    differs = {"differs": "D-7", "gale": {"status": 416}} if value in ("bytes=100-", "bytes=-0", "bytes=3-1") else {}
    request(f"range {value}", "GET", "/static/a.txt", f"Range: {value}", **differs)
for name in ("long.txt", "sub/page.html"):
    for value in ("bytes=0-0", "bytes=1-3", "bytes=-1", "bytes=4-"):
        request(f"{value} of {name}", "GET", f"/static/{name}", f"Range: {value}")
request("range by HEAD", "HEAD", "/static/a.txt", "Range: bytes=0-2")
request("range with spaces", "GET", "/static/a.txt", "Range: bytes = 0 - 2")
request("range and a date", "GET", "/static/a.txt", "Range: bytes=0-2", "If-Modified-Since: Tue, 14 Nov 2023 22:13:20 GMT")
for date in ("Tue, 14 Nov 2023 22:13:21 GMT", "Tuesday, 14-Nov-23 22:13:20 GMT", "Tue Nov 14 22:13:20 2023", "Thu, 01 Jan 1970 00:00:00 GMT", "0"):
    request(f"since {date}", "GET", "/static/a.txt", f"If-Modified-Since: {date}")
request("HEAD since then", "HEAD", "/static/a.txt", "If-Modified-Since: Tue, 14 Nov 2023 22:13:20 GMT")
request("another tag and a date", "GET", "/static/a.txt", 'If-None-Match: "x"', "If-Modified-Since: Tue, 14 Nov 2023 22:13:20 GMT")
request("file with a version", "GET", "/static/style.css?v=1&w=2")
request("HEAD with a version", "HEAD", "/static/style.css?v=1")
request("range of nothing", "GET", "/static/empty.txt", "Range: bytes=0-0", differs="D-7", gale={"status": 416})
request("since then", "GET", "/static/a.txt", "If-Modified-Since: Tue, 14 Nov 2023 22:13:20 GMT")
request("since before", "GET", "/static/a.txt", "If-Modified-Since: Tue, 14 Nov 2023 22:13:19 GMT")
request("since never", "GET", "/static/a.txt", "If-Modified-Since: yesterday")
request("any file", "GET", "/static/a.txt", "If-None-Match: *")
request("range if it is another file", "GET", "/static/a.txt", "Range: bytes=0-2", 'If-Range: "x"', differs="D-8", gale={"status": 200, "body": "a file\n"})
request("static URL", "GET", "/static_url?path=a.txt")
request("static URL with its host", "GET", "/static_url?path=a.txt&host=1")
request("static URL of nothing", "GET", "/static_url?path=none.txt")

# Compression.
GZIP = "Accept-Encoding: gzip"
for target in ("/text/1023", "/text/1024?type=image/png", "/text/100", "/text/5000?encoding=br"):
    request(f"compressed {target}", "GET", target, GZIP)
for target in ("/text/1024", "/text/5000?type=application/json", "/text/5000?vary=Cookie", "/text/5000?type=text/html%3B%20charset%3Dutf-8"):
    request(f"compressed {target}", "GET", target, GZIP, differs="D-9", gale={"status": 200, "fields": {"content-encoding": "gzip"}})
request("compressed HEAD", "HEAD", "/text/5000", GZIP, differs="D-9", gale={"status": 200, "fields": {"content-encoding": "gzip"}})
request("compressed in pieces", "GET", "/stream", GZIP)
request("compressed static file", "GET", "/static/long.txt", GZIP, differs="D-9", gale={"fields": {"content-encoding": "gzip"}, "body": "0123456789" * 500})
request("compressed range", "GET", "/static/long.txt", GZIP, "Range: bytes=0-1999", differs="D-10", gale={"status": 206, "fields": {"content-encoding": None}})
request("gzip refused", "GET", "/text/5000", "Accept-Encoding: gzip;q=0", differs="D-11", gale={"status": 200, "fields": {"content-encoding": None}})
request("gzip not asked for", "GET", "/text/5000")
for coding in ("br", "zstd"):
    request(f"{coding} liked better", "GET", "/text/5000", f"Accept-Encoding: gzip;q=0.5, {coding}", differs="D-19",
            gale={"status": 200, "fields": {"content-encoding": coding}})
request("no coding", "GET", "/text/5000", "Accept-Encoding:")
for value in ("identity", "compress", "identity;q=1, *;q=0"):
    request(f"coding {value}", "GET", "/text/5000", f"Accept-Encoding: {value}")
request("compressed error", "GET", "/fail?status=404", GZIP)
request("compressed redirect", "GET", "/redirect?to=/x", GZIP)
request("compressed 304", "GET", "/hello", GZIP, 'If-None-Match: "e02aa1b106d5c7c6a98def2b13005d5b84fd8dc8"')
request("compressed in HTTP/1.0", "GET", "/stream", GZIP, version="HTTP/1.0")
request("compressed HEAD of a file", "HEAD", "/static/a.txt", GZIP)
request("the same Vary", "GET", "/text/10?vary=Accept-Encoding", differs="D-12", gale={"fields": {"vary": "Accept-Encoding"}})

# Languages and links.
for value in (None, "de", "de-AT", "es-gt", "es", "fr, de;q=0.5", "de;q=0.1, es-GT;q=0.9", "de;q=x, es-GT", "fa", "", "*", "de;q=0"):
    request(f"language {value!r}", "GET", "/locale", *([] if value is None else [f"Accept-Language: {value}"]))
for text in ("hello http://world.com/!", "www.a.example/b?c=d&e", "(http://x.example/(y))", "<b>http://x.example</b>", "javascript:alert(1)",
             "http://www.example.com/very/long/path/that/exceeds.html"):
    request(f"links in {text!r}", "GET", f"/linkify?text={quoted(text)}")
    request(f"short links in {text!r}", "GET", f"/linkify?shorten=1&text={quoted(text)}")

# Proxies.
for fields in ([], ["X-Forwarded-For: 192.0.2.1"], ["X-Forwarded-For: 192.0.2.1, 192.0.2.2"], ["X-Real-Ip: 192.0.2.3"], ["X-Forwarded-For: x"],
               ["X-Forwarded-For: 192.0.2.1", "X-Real-Ip: 192.0.2.3"], ["X-Forwarded-Proto: https"], ["X-Scheme: https"],
               ["X-Forwarded-Proto: ftp"], ["X-Forwarded-Proto: http, https"], ["X-Forwarded-For: 2001:db8::1"], ["X-Real-Ip: nobody"]):
    request(f"proxy {fields}", "GET", "/remote", *fields)
request("proxy that names a port", "GET", "/remote", "X-Forwarded-For: 192.0.2.1:80", differs="D-13", gale={"body": '["192.0.2.1", "http", "twin.example", "http://twin.example/remote"]'})
request("proxy behind a proxy", "GET", "/remote", "X-Forwarded-For: 192.0.2.1, 127.0.0.1", differs="D-14", gale={"body": '["192.0.2.1", "http", "twin.example", "http://twin.example/remote"]'})

# What is no request.
request("no request", "", "", raw=b"nonsense\r\n\r\n", differs="D-15", gale={"status": 400})
request("no Host", "", "", raw=b"GET /hello HTTP/1.1\r\nConnection: close\r\n\r\n", differs="D-15", gale={"status": 400})
request("two Hosts", "GET", "/hello", "Host: a", "Host: b", differs="D-15", gale={"status": 400})
request("absolute target", "GET", "http://twin.example/hello", differs="D-16", gale={"status": 200, "body": "Hello, world"})
request("OPTIONS of everything", "OPTIONS", "*", differs="D-17", gale={"status": 204})
