import platform

import django


def versions(request):
    """For every template: what the page's footer says."""
    return {
        "django_version": django.get_version(),
        "python_version": platform.python_version(),
        "mount": request.META.get("SCRIPT_NAME") or "/",
    }
