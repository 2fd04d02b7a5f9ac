"""The same picture at other sellers: the same bytes, or nearly the same to look at."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from pytest_django.fixtures import Settings
from tests.media.drawn import encoded, scene
from tests.media.servers import Server, ok, serving
from tests.service.picture_service import fetch_all, keep_from, shows

from mimawari.service.intake import log
from mimawari.service.media.alike import MOST_SHOWN, Alike, KnownPictures, alike
from mimawari.service.media.models import Picture, Snapshot

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop(settings: Settings, tmp_path: Path) -> Iterator[Server]:
    picture = scene(1, 240, 320)
    with serving() as server:
        keep_from(settings, server, tmp_path)
        server.answers["/a.png"] = ok(encoded(picture))
        server.answers["/smaller.jpg"] = ok(encoded(picture[::2, ::2], "JPEG", quality=60))
        server.answers["/other.png"] = ok(encoded(scene(2, 240, 320)))
        server.answers["/blank.png"] = ok(encoded(np.full((90, 120, 3), 9, np.uint8)))
        yield server


def of(listing_id: str) -> Alike:
    one = Snapshot.objects.select_related("picture", "listing_version").get(
        listing_version__listing_id=listing_id
    )
    assert one.picture is not None
    return alike(one.picture, one.listing_version.seller_id)


def test_the_same_and_nearly_the_same_are_found_at_other_sellers(shop: Server) -> None:
    names = ["a.png", "a.png", "smaller.jpg", "other.png"]
    log.append([shows(shop, name, number=n) for n, name in enumerate(names)])
    log.append([shows(shop, "a.png", number=9, seller_id="s0")])
    fetch_all()
    assert of("L0") == Alike(2, ("L2", "L1"))
    assert of("L2") == Alike(2, ("L9", "L1", "L0"))
    assert of("L3") == Alike(0, ())


def test_pictures_that_came_later_are_found_too(shop: Server) -> None:
    log.append([shows(shop, "a.png", number=1)])
    fetch_all()
    assert of("L1") == Alike(0, ())
    log.append([shows(shop, "smaller.jpg", number=2)])
    fetch_all()
    assert of("L1") == Alike(1, ("L2",))


def test_blank_pictures_are_the_same_only_where_their_bytes_are(shop: Server) -> None:
    shop.answers["/grey.png"] = ok(encoded(np.full((90, 120, 3), 99, np.uint8)))
    names = ["blank.png", "blank.png", "grey.png"]
    log.append([shows(shop, name, number=n) for n, name in enumerate(names)])
    fetch_all()
    assert Picture.objects.filter(pdq=None).count() == 2
    assert of("L0") == Alike(1, ("L1",))
    assert of("L2") == Alike(0, ())


def test_of_many_listings_the_newest_are_named(shop: Server) -> None:
    log.append([shows(shop, "a.png", number=n) for n in range(8)])
    fetch_all()
    found = of("L0")
    assert found.sellers == 7
    assert found.listings == ("L7", "L6", "L5", "L4", "L3")[:MOST_SHOWN]


def test_every_picture_is_read_once(shop: Server) -> None:
    log.append([shows(shop, "a.png", "other.png")])
    fetch_all()
    known = KnownPictures()
    for _ in range(3):
        known.refresh()
    assert len(known) == 2
