from django.apps import AppConfig


class LibraryConfig(AppConfig):
    name = "django_demo.library"
    label = "library"
    verbose_name = "Library"
