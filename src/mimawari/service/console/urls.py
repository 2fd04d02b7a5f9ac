"""Addresses of the console."""

from __future__ import annotations

from django.urls import path, re_path

from mimawari.service.console import (
    picture_pages,
    quality_pages,
    review_pages,
    seller_pages,
    trial_pages,
)

app_name = "console"
urlpatterns = [
    path("", review_pages.home, name="home"),
    path("review", review_pages.review, name="review"),
    path("review/next", review_pages.next_item, name="next"),
    path("review/decide", review_pages.decide, name="decide"),
    path("review/undo", review_pages.undo, name="undo"),
    path("review/again", review_pages.again, name="again"),
    path("history", review_pages.history, name="history"),
    path("listing", review_pages.listing, name="listing"),
    path("seller", seller_pages.seller, name="seller"),
    path("seller/restrict", seller_pages.restrict_seller, name="restrict_seller"),
    path("seller/lift", seller_pages.lift_restriction, name="lift_restriction"),
    path("seller/standing", seller_pages.say_standing, name="say_standing"),
    path("quality", quality_pages.topics, name="quality"),
    path("quality/<str:topic>", quality_pages.topic, name="topic_quality"),
    path("worth", quality_pages.worth, name="worth"),
    path("trials", trial_pages.trials, name="trials"),
    path("planner", trial_pages.planner, name="planner"),
    path("trials/<int:number>", trial_pages.trial, name="trial"),
    re_path(r"^media/(?P<sha256>[0-9a-f]{64})\Z", picture_pages.picture, name="picture"),
]
