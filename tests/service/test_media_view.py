"""Kept pictures are shown to those who are logged in, without anything hidden in them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.test import Client
from PIL import Image
from pytest_django.fixtures import Settings
from tests.media.drawn import scene
from tests.media.servers import ok, serving
from tests.service.picture_service import fetch_all, keep_from, shows

from mimawari.service.intake import log
from mimawari.service.media.models import Snapshot
from mimawari.service.media.pictures import store

pytestmark = pytest.mark.django_db(transaction=True)
SECRET = b"35.6812 N, 139.7671 E"


def with_metadata() -> bytes:
    """Make a picture that tells where it was taken, with something behind its end."""
    image, told, exif = Image.fromarray(scene(1, 120, 160)), io.BytesIO(), Image.Exif()
    exif[0x010E] = SECRET.decode()
    image.save(told, "JPEG", exif=exif, comment=SECRET)
    return told.getvalue() + SECRET


@pytest.fixture
def kept(settings: Settings, tmp_path: Path) -> Iterator[str]:
    """Keep a picture; gives its name."""
    with serving() as server:
        keep_from(settings, server, tmp_path)
        server.answers["/a.jpg"] = ok(with_metadata())
        log.append([shows(server, "a.jpg")])
        fetch_all()
        yield str(Snapshot.objects.get().picture_id)


@pytest.fixture
def anna(client: Client) -> Client:
    client.force_login(User.objects.create_user("anna"))
    return client


def test_the_copy_has_no_metadata_and_no_place_in_a_cache(kept: str, anna: Client) -> None:
    assert store().get(kept).count(SECRET) == 3  # type: ignore[union-attr]
    answer = anna.get(f"/media/{kept}")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer.headers["Cache-Control"]
    assert SECRET not in answer.content
    with Image.open(io.BytesIO(answer.content)) as image:
        assert (image.format, image.size) == ("JPEG", (160, 120))
        assert not image.getexif()


def test_nobody_sees_one_without_logging_in(kept: str, client: Client) -> None:
    answer = client.get(f"/media/{kept}")
    assert (answer.status_code, answer["Location"]) == (302, f"/login?next=/media/{kept}")


def test_nothing_changes_by_it(kept: str, anna: Client) -> None:
    assert anna.post(f"/media/{kept}").status_code == 405


def test_only_pictures_of_listings_are_shown(kept: str, anna: Client) -> None:
    orphan = store().put(with_metadata() + b"another")
    odd = (orphan, "0" * 64, kept.upper(), kept[:-1], f"{kept}%0A", "..%2Fsecret_key", "%00" * 64)
    for name in odd:
        assert anna.get(f"/media/{name}").status_code == 404, name


def test_a_damaged_one_is_not_there(kept: str, anna: Client) -> None:
    store().path(kept).write_bytes(b"changed")
    assert anna.get(f"/media/{kept}").status_code == 404
    store().remove(kept)
    assert anna.get(f"/media/{kept}").status_code == 404


def test_a_small_copy_is_small_and_has_no_metadata_either(kept: str, anna: Client) -> None:
    for _ in range(2):  # made once, kept in memory
        answer = anna.get(f"/media/{kept}/small")
        assert answer.status_code == 200
        assert SECRET not in answer.content
        assert "no-store" in answer.headers["Cache-Control"]
        with Image.open(io.BytesIO(answer.content)) as image:
            assert (image.format, image.size) == ("JPEG", (112, 84))
    assert anna.get(f"/media/{'0' * 64}/small").status_code == 404
    assert Client().get(f"/media/{kept}/small").status_code == 302
