"""Deciding on as many listings at once as may be, of the longest identifiers there are."""

from __future__ import annotations

import html
import random
import re
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.handlers.asgi import ASGIHandler
from django.test import Client
from starlette.testclient import TestClient
from tests.service.actions.conftest import CLAUSES, Activate, activate
from tests.service.conftest import generation, topic_file
from tests.service.search.conftest import anna, empty_index, index_all
from tests.service.working import work

from mimawari.listings.listing import Listing
from mimawari.listings.validation import LIMITS
from mimawari.service.api.app import application
from mimawari.service.api.edge import Edge
from mimawari.service.api.forms import MOST_FORM
from mimawari.service.intake import log
from mimawari.service.review.group_request import MOST_LISTINGS
from mimawari.service.review.models import Decision

__all__ = ["activate", "anna", "empty_index", "generation", "topic_file"]
pytestmark = pytest.mark.django_db(transaction=True)
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def values(page: str, name: str) -> list[str]:
    """Give what the fields of a name hold on a page."""
    return [html.unescape(value) for value in re.findall(f'name="{name}" value="([^"]*)"', page)]


@pytest.mark.usefixtures("empty_index")
def test_a_hundred_listings_of_the_longest_names_are_decided(
    anna: User, activate: Activate
) -> None:
    activate(CLAUSES)
    draw = random.Random(3)
    # Four bytes each, and hard to compress.
    names = [
        "".join(chr(draw.randrange(0x20000, 0x2A000)) for _ in range(LIMITS["id"]))
        for _ in range(MOST_LISTINGS)
    ]
    log.append([Listing(id=name, version=1, seller_id="s", title="a cup") for name in names])
    work()
    index_all()
    session = Client()
    session.force_login(anna)
    cookies = {settings.SESSION_COOKIE_NAME: session.cookies[settings.SESSION_COOKIE_NAME].value}
    edge = TestClient(
        application(Edge(), ASGIHandler()), base_url="http://localhost", cookies=cookies
    )
    page = edge.get(f"/search?text=cup&rows={MOST_LISTINGS}").text
    ticked = values(page, "listing")
    assert len(ticked) == MOST_LISTINGS
    token = ("csrfmiddlewaretoken", values(page, "csrfmiddlewaretoken")[0])
    fields = [token, ("topic", "weapons"), *(("listing", name) for name in ticked)]
    body = urlencode(fields)
    assert len(body) > MOST_FORM, "or nothing is tested here"
    shown = edge.post("/search/decide", content=body, headers=FORM)
    assert shown.status_code == 200, shown.text[:300]
    fields = [token, ("proof", values(shown.text, "proof")[0]), ("verdict", "does_not_violate")]
    pressed = edge.post("/search/decided", content=urlencode(fields), headers=FORM)
    assert pressed.status_code == 200, pressed.text[:300]
    assert Decision.objects.count() == MOST_LISTINGS
