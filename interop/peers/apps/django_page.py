# Copyright 2026 The Gale authors.
# SPDX-License-Identifier: Apache-2.0
"""Django in one module, with the middleware of a new project that needs no database: "/" is plain text,
"/table" ten rows through Django's templates."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import path

ROWS = [{"id": n, "name": f"Nut & bolt {n}", "stock": n * 7} for n in range(10)]
settings.configure(
    SECRET_KEY="bench",
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    LOGGING_CONFIG=None,
    MIDDLEWARE=[
        "django.middleware.security.SecurityMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.middleware.clickjacking.XFrameOptionsMiddleware",
    ],
    TEMPLATES=[
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "DIRS": [os.path.dirname(os.path.abspath(__file__))],
        }
    ],
)


def hello(request):
    return HttpResponse("Hello, world", content_type="text/plain")


def table(request):
    return render(request, "page.html", {"title": "Stock", "rows": ROWS})


urlpatterns = [path("", hello), path("table", table)]
application = get_wsgi_application()
