#!/usr/bin/env python3
# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""Asks Python Tornado what it makes of values, and writes the answers beside this file as JSON.

Usage: python3 Tests/Vectors/tornado_values.py, with the packages tornado and cryptography.
"""
import base64
import datetime
import json
import os
import random
import tempfile
import types

import tornado.escape
import tornado.locale
import tornado.web
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from tornado.util import unicode_type

HERE = os.path.dirname(os.path.abspath(__file__))
NOW = 1300000000
DAY = 86400


def write(name, rows):
    with open(os.path.join(HERE, name), "w", encoding="utf-8") as file:
        file.write("[\n" + ",\n".join(json.dumps(row, ensure_ascii=True) for row in rows) + "\n]\n")
    print(f"{name}: {len(rows)} rows")


def signed_values():
    """What is decoded of many texts: whole ones, damaged ones, wrong ones."""
    create = tornado.web.create_signed_value
    clock = lambda: NOW  # noqa: E731
    keys = {0: "asdf0", 1: "asdf1"}
    rows = []

    def row(id, text, secret="SECRET", name="key", now=NOW, max_age=31, min_version=1):
        version = tornado.web._get_version(text.encode()) if text else 0
        try:
            decoded = tornado.web.decode_signed_value(
                secret, name, text, max_age_days=max_age, clock=lambda: now, min_version=min_version)
        except (AssertionError, UnicodeEncodeError, ValueError):
            decoded = None  # an error of Tornado: a secret of several keys with version 1, letters in the time
        rows.append({
            "id": id, "text": text, "name": name, "keyed": isinstance(secret, dict), "now": now, "maxAge": max_age,
            "minVersion": min_version, "value": None if decoded is None else decoded.hex(),
            "version": version,
            "keyVersion": tornado.web.get_signature_key_version(text) if text else None,
        })

    values = {"plain": b"value", "empty": b"", "binary": "\u00e9\0".encode(), "long": bytes(range(256)) * 4}
    for label, value in values.items():
        for version in (1, 2):
            text = create("SECRET", "key", value, version=version, clock=clock).decode()
            row(f"v{version}-{label}", text)
            row(f"v{version}-{label}-at-least-2", text, min_version=2)
            row(f"v{version}-{label}-other-name", text, name="other")
            row(f"v{version}-{label}-other-secret", text, secret="SECRET2")
            row(f"v{version}-{label}-31-days", text, now=NOW + 31 * DAY)
            row(f"v{version}-{label}-older", text, now=NOW + 31 * DAY + 1)
            row(f"v{version}-{label}-one-day", text, now=NOW + 2 * DAY, max_age=1)
            row(f"v{version}-{label}-early", text, now=NOW - 31 * DAY)
            row(f"v{version}-{label}-far-too-early", text, now=NOW - 31 * DAY - 1)
        for version in (0, 1):
            text = create(keys, "key", value, clock=clock, key_version=version).decode()
            row(f"keyed-{version}-{label}", text, secret=keys)
            row(f"keyed-{version}-{label}-with-one", text, secret="asdf1")
    row("keyed-v1", create("asdf0", "key", b"value", version=1, clock=clock).decode(), secret=keys)
    row("keyed-unknown", create({7: "x"}, "key", b"v", clock=clock, key_version=7).decode(), secret=keys)

    rng = random.Random(7)
    for version in (1, 2):
        text = create("SECRET", "key", b"value", version=version, clock=clock).decode()
        for index in range(len(text)):
            row(f"v{version}-without-{index}", text[:index] + text[index + 1:])
        for index in range(40):
            at = rng.randrange(len(text))
            row(f"v{version}-changed-{index}", text[:at] + rng.choice("019|:=aAfF +/-_") + text[at + 1:])
        row(f"v{version}-upper", text[:-40] + text[-40:].upper())
        row(f"v{version}-space", text + " ")
        row(f"v{version}-twice", text + text)
    # Digits moved between value and time, which version 1 does not separate when it signs.
    value, time, signature = create("SECRET", "key", b"\0" * 9, version=1, clock=clock).decode().split("|")
    row("v1-moved-to-value", f"{value}{time[:2]}|{time[2:]}|{signature}")
    row("v1-moved-to-time", f"{value[:-4]}|{value[-4:]}{time}|{signature}")
    value, time, signature = create("SECRET", "key", b"\xd7\x6d\xf8", version=1, clock=clock).decode().split("|")
    row("v1-digits-moved-to-time", f"|{value}{time}|{signature}")
    for text in ["", "|", "||", "|||", "2|", "2||", "2|1:0|", "2|0:|0:|0:|0:|", "3|1:0|", "0|1:0|", "999|", "1000|a|b",
                 "2|1:0|10:1300000000|3:key|8:dmFsdWU=|", "2|99999999999999999999:0|", "2|-1:0|", "2|1:0", "a|1|", "é|é|é"]:
        row(f"odd-{text[:30]}", text)
    write("signed-values.json", rows)


def sealed_values():
    """Version 3 made by another implementation of its description."""
    rows = []
    rng = random.Random(3)
    for secret, number, name, value in [
        ("SECRET", 0, "key", b"value"), ("SECRET", 0, "key", b""), ("asdf1", 1, "session", bytes(range(256))),
        ("x" * 100, 12, "n\u00e4me", "\u00e9\0".encode()),
    ]:
        salt, nonce = rng.randbytes(16), rng.randbytes(12)
        field = lambda text: f"{len(text.encode())}:{text}|"  # noqa: E731
        head = f"3|{field(str(number))}{field(str(NOW))}{field(name)}".encode()
        key = HKDF(hashes.SHA256(), 32, salt, b"gale sealed value 3").derive(secret.encode())
        sealed = salt + nonce + AESGCM(key).encrypt(nonce, value, head)
        text = head.decode() + base64.urlsafe_b64encode(sealed).decode().rstrip("=")
        rows.append({"secret": secret, "keyVersion": number, "name": name, "value": value.hex(), "salt": salt.hex(),
                     "nonce": nonce.hex(), "text": text})
    write("sealed-values.json", rows)


def linkify():
    """Texts with links, by hand and at random."""
    texts = """hello http://world.com/!|hello http://world.com/with?param=true&stuff=yes|http://url.com/w(aaaa|
http://url.with.many.com/w(a(a)a)|http://url.com/withmany.......................................|
http://url.com/withmany((((((((((((((((((((((((((((((((((a)|http://foo.com/blah_blah|http://foo.com/blah_blah/|
(Something like http://foo.com/blah_blah)|http://foo.com/blah_blah_(wikipedia)|
http://foo.com/blah_(blah)_(wikipedia)_blah|http://foo.com/blah_blah.|http://foo.com/blah_blah/.|
<http://foo.com/blah_blah>|<http://foo.com/blah_blah/>|http://foo.com/blah_blah,|
http://www.example.com/wpstyle/?p=364.|rdar://1234|rdar:/1234|http://userid:password@example.com:8080|
http://userid@example.com|message://%3c330e7f8409726r6a4ba78dkf1fd71420c1bf6ff@mail.gmail.com%3e|
http://\u272adf.ws/1234|<tag>http://example.com</tag>|Just a www.example.com link.|
http://example.com/p(a)(b)?c=d&e|www.external-link.com and www.internal-link.com/blogs extra|
www.external-link.com|http://www.example.com/very/long/path/that/exceeds.html|
http://www.example.com/abcdefg?h=i&j|http://verylongdomainname.thatgoesonandon.example.com/x/y/z|
http://www.example.com/&amp;&amp;&amp;/x/y/z?&&&&&&&&&&&&&&&&&|www.example.com/abc/def/ghi/jkl/mno/pqr|
ftp://foo.com/x|javascript:alert(1)|javascript://x/%0aalert(1)|mailto:a@b.c|http://|http:///|http:////x|http:/x|
a-http://b.c|-http://b.c|xhttp://b.c|\u00e9http://b.c|http://a.b?c="d"|http://a.b/'x'|http://a.b/\u00a0c|http://a\tb|
http://a.b;c|http://a.b;|(www.a.b)|(www.a.b/(c)d)e)|www.|www..|www.a|xwww.a.b|http://a.b/c...d...|https://A.B/C|
HTTP://a.b|http://a.b/#x-_~!|a_b://c|http://a.b http://c.d|http://a.bhttp://c.d|http://a.b,http://c.d|
http://[::1]:80/x|http://a.b/c&lt;d|www.a.b&quot;|say "http://a.b/c" now|http://a.b/\u65e5\u672c\u8a9e\u3002""".replace("\n", "").split("|")
    rng = random.Random(11)
    pieces = ["http://", "https:/", "www.", "ftp://", "a", "b.c", "/", "(", ")", "&", "<", ">", '"', "'", " ", ".", ",",
              "-", "_", "?", "#", "\u00e9", "\u0300", "\u2003", "\x1f", "xyzzy", ":", ";", "!", "~", "0", "javascript:"]
    texts += ["".join(rng.choice(pieces) for _ in range(rng.randrange(2, 14))) for _ in range(400)]
    options = [
        {}, {"shorten": True}, {"require_protocol": True}, {"permitted_protocols": ["ftp", "http", "message", "rdar"]},
        {"extra_params": ' rel="nofollow" class="external"  ', "shorten": True},
    ]
    rows = []
    for text in texts:
        for number, keywords in enumerate(options):
            rows.append({"text": text, "options": number, "html": tornado.escape.linkify(text, **keywords)})
    write("linkify.json", rows)


def dates():
    """Dates in words, by age."""
    with tempfile.TemporaryDirectory() as directory:
        # Tornado reads all files in the encoding of the first one that it looks at.
        for name in os.listdir(os.path.join(HERE, "translations")):
            with open(os.path.join(HERE, "translations", name), "rb") as file:
                data = file.read()
            text = data.decode("utf-16" if data[:2] == b"\xff\xfe" else "utf-8-sig")
            with open(os.path.join(directory, name), "w", encoding="utf-8") as file:
                file.write(text)
        tornado.locale.load_translations(directory)
    ages = [-100 * DAY - 3600, -2 * DAY - 61, -DAY - 10, -3600, -60, -59, -1, 0, 1, 49, 50, 89, 90, 150, 49 * 60, 50 * 60 - 1, 50 * 60,
            5400, 9000, DAY - 1, DAY, DAY + 3600, 2 * DAY - 1, 2 * DAY, 3 * DAY, 5 * DAY - 1, 5 * DAY, 6 * DAY,
            334 * DAY - 1, 334 * DAY, 400 * DAY, 20000 * DAY]
    rows = []
    for code in ["en_US", "de", "zh_CN", "es"]:
        for present in [1795391460, 1795392000 - 30, 1709164800 + 43205]:
            class FixedClock(datetime.datetime):
                @classmethod
                def now(cls, tz=None):
                    return datetime.datetime.fromtimestamp(present, tz)

            fake = types.SimpleNamespace(
                datetime=FixedClock, timezone=datetime.timezone, timedelta=datetime.timedelta)
            for age in ages:
                # Tornado looks at the seconds of the day only, and takes a day and ten seconds ahead for now.
                if -DAY - 60 < age <= -DAY:
                    continue
                for offset, relative, shorter, full in [
                    (0, True, False, False), (0, True, True, False), (-120, True, False, False),
                    (0, False, False, False), (300, False, True, False), (0, True, False, True),
                ]:
                    tornado.locale.datetime = fake
                    text = tornado.locale.get(code).format_date(
                        present - age, gmt_offset=offset, relative=relative, shorter=shorter, full_format=full)
                    rows.append({"code": code, "now": present, "date": present - age, "gmtOffset": offset,
                                 "relative": relative, "shorter": shorter, "full": full, "text": text})
    tornado.locale.datetime = datetime
    write("locale-dates.json", rows)


def gettext():
    """Messages of the catalogues in gettext/, which msgfmt makes of the files beside them."""
    tornado.locale.load_gettext_translations(os.path.join(HERE, "gettext"), "site")
    rows = []

    def row(code, message, context=None, plural=None, count=None):
        locale = tornado.locale.get(code)
        text = (locale.pgettext(context, message, plural, count) if context is not None
                else locale.translate(message, plural, count))
        rows.append({"code": code, "message": message, "context": context, "plural": plural, "count": count,
                     "text": text})

    for code in ["pt", "pt_BR", "ru", "ar", "en_US"]:
        for message in ["school", "only in Portuguese", "missing", "one file", ""]:
            if message:
                row(code, message)
                row(code, message, context="law")
        for context in ["law", "good", "missing"]:
            row(code, "right", context=context)
        for count in list(range(26)) + [100, 101, 102, 103, 111, 112, 121, 1000, 1000000]:
            row(code, "one file", plural="%(count)d files", count=count)
            row(code, "one tree", plural="many trees", count=count)
            row(code, "missing", plural="missing ones", count=count)
            for context in ["organization", "stick", "missing"]:
                row(code, "club", context=context, plural="clubs", count=count)
    write("gettext.json", rows)


if __name__ == "__main__":
    assert unicode_type is str
    signed_values()
    sealed_values()
    linkify()
    dates()
    tornado.locale.Locale._cache.clear()
    gettext()
