"""Addresses served by Django, behind the edge."""

from __future__ import annotations

from django.templatetags.static import static
from django.urls import include, path
from django.views.generic import RedirectView
from django.views.i18n import set_language

from mimawari.service.accounts.guard import public

handler400 = "mimawari.service.console.error_pages.not_understood"
handler404 = "mimawari.service.console.error_pages.not_found"
handler500 = "mimawari.service.console.store_away.failed"
favicon = RedirectView.as_view(url=static("console/favicon.svg"), permanent=True)
urlpatterns = [
    path("favicon.ico", public(favicon)),
    path("i18n/setlang/", public(set_language), name="set_language"),
    path("", include("mimawari.service.console.account_urls")),
    path("", include("mimawari.service.console.sign_in_urls")),
    path("", include("mimawari.service.console.urls")),
]
