"""Where the demo's Python apps keep what they write: one private directory, and secrets in it."""

import fcntl
import os
import secrets
import tempfile
from contextlib import contextmanager
from pathlib import Path


def directory():
    """GALE_DEMO_DATA, or `gale-demo` in the system's directory for temporary files; made if absent."""
    given = os.environ.get("GALE_DEMO_DATA")
    path = Path(given) if given else Path(tempfile.gettempdir(), "gale-demo")
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not given and path.lstat().st_uid != os.getuid():
        raise PermissionError(f"{path} belongs to another user: set GALE_DEMO_DATA to a directory of your own")
    return path


@contextmanager
def locked(name):
    """One process at a time, among all that use the directory."""
    with open(directory() / f"{name}.lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def secret_key(name):
    """A random key that stays the same over restarts and for all processes, so that sessions do too."""
    path = directory() / f"{name}.key"
    with locked(name):
        path.touch(mode=0o600)
        if not path.read_text():
            path.write_text(secrets.token_urlsafe(48))
        return path.read_text()
