"""A small public library in Django: an ordinary project that knows nothing of the server it runs in.

`django_demo.wsgi:application` is the WSGI application; the database is migrated and filled when it is loaded.
"""
