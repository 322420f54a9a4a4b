"""The ASGI application; loading it prepares the database if that is still to be done."""

import os

from django.core.asgi import get_asgi_application

from django_demo.prepare import prepare

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "django_demo.settings")
prepare()
application = get_asgi_application()
