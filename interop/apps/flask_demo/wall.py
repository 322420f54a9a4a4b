"""The photo wall's storage: a SQLite file for the entries, files named by their hash for the uploads."""

import hashlib
import io
import math
import os
import sqlite3
import struct
import tempfile
import zlib
from contextlib import closing
from datetime import datetime, timezone

import demo_data

MOST_ENTRIES = 60
PICTURES = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"GIF8": "image/gif",
}
SCHEMA = """
CREATE TABLE IF NOT EXISTS entries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    author TEXT NOT NULL,
    message TEXT NOT NULL,
    created TEXT NOT NULL,
    file_name TEXT,
    content_type TEXT,
    size INTEGER,
    sha256 TEXT,
    picture INTEGER NOT NULL DEFAULT 0
)
"""
SAMPLES = [
    ("Ada", "The evening before the storm. Not a breath of wind.", (24, 40, 92), (250, 150, 90), 0.62),
    ("Grace", "First light over the hills; the kettle is on.", (90, 150, 210), (255, 224, 170), 0.45),
    ("Linus", "Somebody said it would clear up. It did.", (40, 120, 140), (200, 235, 225), 0.30),
]


class Wall:
    """Entries and their files; every call has a connection of its own, so any thread or process may call."""

    def __init__(self, directory):
        self.database = directory / "wall.sqlite3"
        self.files = directory / "files"
        self.files.mkdir(mode=0o700, parents=True, exist_ok=True)
        with demo_data.locked("photo-wall"):
            with self.connect() as connection:
                connection.execute("PRAGMA journal_mode = WAL")
                connection.execute(SCHEMA)
            connection.close()
            if not self.entries():
                self.hang_samples()

    def connect(self):
        connection = sqlite3.connect(self.database, timeout=20)
        connection.row_factory = sqlite3.Row
        return connection

    def entries(self):
        with closing(self.connect()) as connection:
            return connection.execute("SELECT * FROM entries ORDER BY id DESC").fetchall()

    def entry(self, number):
        with closing(self.connect()) as connection:
            return connection.execute("SELECT * FROM entries WHERE id = ?", (number,)).fetchone()

    def path(self, entry):
        return self.files / entry["sha256"]

    def add(self, author, message, file=None):
        """Hang one entry with a file that `keep` described; the oldest make room. Returns the entry's number."""
        now = datetime.now(timezone.utc).isoformat(timespec="seconds")
        with closing(self.connect()) as connection, connection:
            number = connection.execute(
                "INSERT INTO entries (author, message, created, file_name, content_type, size, sha256, picture)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (author, message, now, *(file or (None, None, None, None, 0))),
            ).lastrowid
            taken_down = connection.execute(
                "DELETE FROM entries WHERE id <= ? RETURNING sha256", (number - MOST_ENTRIES,)
            ).fetchall()
            used = {row["sha256"] for row in connection.execute("SELECT sha256 FROM entries")}
        for row in taken_down:
            if row["sha256"] and row["sha256"] not in used:
                self.path(row).unlink(missing_ok=True)
        return number

    def keep(self, stream, name, content_type):
        """Store a file; the columns that describe it. Pictures are told by their first bytes, not by their names."""
        digest, count, head = hashlib.sha256(), 0, b""
        with tempfile.NamedTemporaryFile(dir=self.files, delete=False) as stored:
            while piece := stream.read(65536):
                head = head or piece[:16]
                digest.update(piece)
                count += len(piece)
                stored.write(piece)
        os.replace(stored.name, self.files / digest.hexdigest())
        picture = next((kind for magic, kind in PICTURES.items() if head.startswith(magic)), None)
        return name, picture or content_type, count, digest.hexdigest(), int(picture is not None)

    def hang_samples(self):
        for author, message, above, below, sun in SAMPLES:
            picture = io.BytesIO(landscape(above, below, sun))
            self.add(author, message, self.keep(picture, f"{author.lower()}.png", "image/png"))


def landscape(above, below, sun, width=360, height=240):
    """A small PNG of a sky from colour `above` to `below`, a sun at height `sun` and three ranges of hills."""

    def mixed(one, other, share):
        return bytes(round(a + (b - a) * share) for a, b in zip(one, other))

    sky = [mixed(above, below, y / height) for y in range(height)]
    hills = [mixed(below, (16, 32, 40), share) for share in (0.45, 0.65, 0.88)]
    tops = [
        [
            height * (0.62 + 0.13 * n) - 14 * math.sin(x / (38 + 9 * n) + 2 * n) - 6 * math.sin(x / 13 + n)
            for x in range(width)
        ]
        for n in range(3)
    ]
    rows = bytearray()
    for y in range(height):
        rows.append(0)
        for x in range(width):
            distance = math.hypot(x - width * 0.68, y - height * sun)
            colour = mixed((255, 250, 225), sky[y], min(1, max(0, (distance - 20) / 2))) if distance < 22 else sky[y]
            for hill, top in zip(hills, tops):
                if y > top[x]:
                    colour = hill
            rows += colour

    def chunk(name, content):
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
