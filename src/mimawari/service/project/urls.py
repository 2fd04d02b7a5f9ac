"""Addresses served by Django, behind the edge."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("i18n/", include("django.conf.urls.i18n")),
    path("", include("mimawari.service.accounts.urls")),
    path("", include("mimawari.service.review.urls")),
]
