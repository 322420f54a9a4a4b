from django.contrib import admin
from django.contrib.staticfiles.views import serve
from django.urls import include, path

admin.site.site_header = "Library desk"
admin.site.site_title = "Library"
admin.site.index_title = "Behind the counter"

urlpatterns = [
    path("admin/", admin.site.urls),
    path("static/<path:path>", serve, {"insecure": True}),  # "insecure" is Django's word for: also without DEBUG
    path("", include("django_demo.library.urls")),
]
