"""Static files without a build step and without a package more: found where the apps keep them, linked per mount."""

from django.contrib.staticfiles.storage import StaticFilesStorage
from django.urls import get_script_prefix


class MountedStaticFiles(StaticFilesStorage):
    """Links that begin with the mount point of the request at hand.

    settings.STATIC_URL keeps the mount point of whoever read it first, which may have been no request at all.
    """

    @property
    def base_url(self):
        return get_script_prefix() + "static/"
