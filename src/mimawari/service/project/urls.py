"""Addresses served by Django, behind the edge."""

from __future__ import annotations

from django.templatetags.static import static
from django.urls import include, path
from django.views.generic import RedirectView

urlpatterns = [
    path("favicon.ico", RedirectView.as_view(url=static("review/favicon.svg"), permanent=True)),
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include("mimawari.service.accounts.urls")),
    path("", include("mimawari.service.review.urls")),
    path("", include("mimawari.service.release.urls")),
    path("", include("mimawari.service.media.urls")),
]
