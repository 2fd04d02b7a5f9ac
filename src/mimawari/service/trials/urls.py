"""Addresses of the pages of trials."""

from __future__ import annotations

from django.urls import path

from mimawari.service.trials import views

app_name = "release"
urlpatterns = [
    path("trials", views.trials, name="trials"),
    path("planner", views.planner, name="planner"),
    path("trials/<int:number>", views.trial, name="trial"),
]
