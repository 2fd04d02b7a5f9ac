"""Addresses served by Django, behind the edge."""

from __future__ import annotations

from django.urls import include, path

urlpatterns = [
    path("", include("mimawari.service.accounts.urls")),
    path("", include("mimawari.service.review.urls")),
]
