"""The WSGI application; loading it prepares the database if that is still to be done."""

import os

from django.core.wsgi import get_wsgi_application

from django_demo.prepare import prepare

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "django_demo.settings")
prepare()
application = get_wsgi_application()
