"""Addresses of the console."""

from __future__ import annotations

from django.urls import path, re_path

from mimawari.service.console import (
    decision_pages,
    first_page,
    group_pages,
    picture_pages,
    proposal_pages,
    quality_pages,
    review_pages,
    review_side_pages,
    search_pages,
    seller_pages,
    trial_pages,
    webhook_pages,
)
from mimawari.service.console.models import data_set_pages, model_pages, version_pages

app_name = "console"
urlpatterns = [
    path("", first_page.home, name="home"),
    path("topics", first_page.topics, name="topics"),
    path("overview", first_page.overview, name="overview"),
    path("review", review_pages.review, name="review"),
    path("review/next", review_pages.next_item, name="next"),
    path("review/decide", review_pages.decide, name="decide"),
    path("review/undo", review_pages.undo, name="undo"),
    path("review/again", review_pages.again, name="again"),
    path("history", decision_pages.history, name="history"),
    path("history/reopen", decision_pages.reopen, name="reopen"),
    path("search", search_pages.page, name="search"),
    path("search/decide", group_pages.choose, name="decide_found"),
    path("search/decided", group_pages.press, name="press"),
    path("decisions/<int:number>", group_pages.group, name="group"),
    path("decisions/<int:number>/undo", group_pages.undo, name="undo_group"),
    path("search/views", search_pages.save_view, name="save_view"),
    path("search/views/<int:number>/remove", search_pages.remove_view, name="remove_view"),
    path("review/queue", review_side_pages.rail, name="rail"),
    path("review/topics", review_side_pages.switcher, name="switcher"),
    path("review/seller", review_side_pages.seller, name="seller_panel"),
    path("review/together", review_side_pages.together, name="together"),
    path("listing", review_pages.listing, name="listing"),
    path("seller", seller_pages.seller, name="seller"),
    path("seller/restrict", seller_pages.restrict_seller, name="restrict_seller"),
    path("seller/lift", seller_pages.lift_restriction, name="lift_restriction"),
    path("seller/standing", seller_pages.change_standing, name="change_standing"),
    path("quality", quality_pages.topics, name="quality"),
    path("quality/<str:topic>", quality_pages.topic, name="topic_quality"),
    path("worth", quality_pages.worth, name="worth"),
    path("trials", trial_pages.trials, name="trials"),
    path("models", model_pages.models, name="models"),
    path("models/compare", model_pages.compare, name="compare_models"),
    path("models/<str:version>", model_pages.model, name="model"),
    path("topics/<str:topic>/versions", version_pages.topic_versions, name="topic_versions"),
    path("data-sets", data_set_pages.data_sets, name="data_sets"),
    path("data-sets/<str:version>", data_set_pages.data_set, name="data_set"),
    path("planner", trial_pages.planner, name="planner"),
    path("trials/<int:number>", trial_pages.trial, name="trial"),
    path("proposals", proposal_pages.proposals, name="proposals"),
    path("proposals/settle", proposal_pages.settle, name="settle"),
    path("webhooks", webhook_pages.webhooks, name="webhooks"),
    path("webhooks/<int:number>", webhook_pages.webhook, name="webhook"),
    path("webhooks/<int:number>/change", webhook_pages.change, name="change_webhook"),
    re_path(r"^media/(?P<sha256>[0-9a-f]{64})\Z", picture_pages.picture, name="picture"),
    re_path(
        r"^media/(?P<sha256>[0-9a-f]{64})/small\Z",
        picture_pages.small_picture,
        name="small_picture",
    ),
]
