"""Addresses of the console."""

from __future__ import annotations

from django.urls import path

from mimawari.service.review import quality_views, views

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
    path("quality", quality_views.topics, name="quality"),
    path("quality/<str:topic>", quality_views.topic, name="topic_quality"),
    path("worth", quality_views.worth, name="worth"),
]
