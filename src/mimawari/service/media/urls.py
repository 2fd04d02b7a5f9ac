"""Addresses of kept pictures."""

from __future__ import annotations

from django.urls import re_path

from mimawari.service.media import views

app_name = "media"
urlpatterns = [re_path(r"^media/(?P<sha256>[0-9a-f]{64})\Z", views.picture, name="picture")]
