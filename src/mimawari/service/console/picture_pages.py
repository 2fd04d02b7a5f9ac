"""Kept pictures for moderators' eyes."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_GET

from mimawari.errors import MimawariError
from mimawari.listings.media.clean import CONTENT_TYPE, clean, thumbnail
from mimawari.service.accounts.guard import needs
from mimawari.service.accounts.permissions import Permission
from mimawari.service.media.models import Snapshot
from mimawari.service.media.pictures import store

if TYPE_CHECKING:
    from django.http import HttpRequest


SIDE, MOST_SMALL = 112, 2_000  # a thumbnail takes some 3 kB


@needs(Permission.LISTINGS)
@require_GET
def picture(_request: HttpRequest, sha256: str) -> HttpResponse:
    """Show a listing's picture as JPEG, without anything that was hidden in it."""
    return _shown(sha256, small=False)


@needs(Permission.LISTINGS)
@require_GET
def small_picture(_request: HttpRequest, sha256: str) -> HttpResponse:
    """Show it no larger than a list needs."""
    return _shown(sha256, small=True)


def _shown(sha256: str, small: bool) -> HttpResponse:
    if not Snapshot.objects.filter(picture_id=sha256).exists():
        raise Http404
    try:
        shown = _small(sha256) if small else clean(_bytes(sha256))
    except MimawariError as error:  # it changed on the disk
        raise Http404 from error
    return HttpResponse(shown, content_type=CONTENT_TYPE)


@functools.lru_cache(maxsize=MOST_SMALL)
def _small(sha256: str) -> bytes:
    return thumbnail(_bytes(sha256), SIDE)


def _bytes(sha256: str) -> bytes:
    data = store().get(sha256)
    if data is None:
        raise Http404
    return data
