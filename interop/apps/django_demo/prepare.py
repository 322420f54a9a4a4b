"""Migrate and fill the demo's database: `prepare()`, or `python -m django_demo.prepare`."""

import os
from pathlib import Path

import django

import demo_data

SAMPLE_VERSION = 1


def prepare():
    """Make the database ready, once: later calls only compare a stamp. Safe from several processes at a time."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "django_demo.settings")
    from django.conf import settings

    stamp = settings.DATABASE.with_suffix(".stamp")
    wanted = fingerprint()
    with demo_data.locked("library"):
        if settings.DATABASE.exists() and stamp.exists() and stamp.read_text() == wanted:
            return settings.DATABASE
        django.setup()
        from django.core.management import call_command
        from django.db import connections

        from django_demo.library.sample import fill

        call_command("migrate", interactive=False, verbosity=0)
        fill()
        connections.close_all()
        stamp.write_text(wanted)
    return settings.DATABASE


def fingerprint():
    """What the database's content depends on."""
    migrations = sorted(path.name for path in Path(__file__).with_name("library").glob("migrations/0*.py"))
    return f"{django.get_version()} {SAMPLE_VERSION} {' '.join(migrations)}\n"


if __name__ == "__main__":
    print(f"ready: {prepare()}")
