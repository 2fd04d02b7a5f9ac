"""Addresses of the console."""

from __future__ import annotations

from django.urls import path

from mimawari.service.review import views

app_name = "review"
urlpatterns = [
    path("", views.home, name="home"),
    path("review", views.review, name="review"),
    path("review/next", views.next_item, name="next"),
    path("review/decide", views.decide, name="decide"),
    path("review/undo", views.undo, name="undo"),
    path("review/again", views.again, name="again"),
    path("history", views.history, name="history"),
    path("listing", views.listing, name="listing"),
]
