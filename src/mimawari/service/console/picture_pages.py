"""Kept pictures for moderators' eyes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_GET

from mimawari.errors import MimawariError
from mimawari.listings.media.clean import CONTENT_TYPE, clean
from mimawari.service.accounts.guard import needs
from mimawari.service.accounts.permissions import Permission
from mimawari.service.media.models import Snapshot
from mimawari.service.media.pictures import store

if TYPE_CHECKING:
    from django.http import HttpRequest


@needs(Permission.LISTINGS)
@require_GET
def picture(_request: HttpRequest, sha256: str) -> HttpResponse:
    """Show a listing's picture as JPEG, without anything that was hidden in it."""
    if not Snapshot.objects.filter(picture_id=sha256).exists():
        raise Http404
    try:
        data = store().get(sha256)
        if data is None:
            raise Http404
        return HttpResponse(clean(data), content_type=CONTENT_TYPE)
    except MimawariError as error:  # it changed on the disk
        raise Http404 from error
