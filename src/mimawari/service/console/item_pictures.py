"""A listing's pictures as moderators see them: our own copies first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from mimawari.listings.media.faults import Fault
from mimawari.service.console.presentation import Picture, picture
from mimawari.service.media.alike import alike
from mimawari.service.media.fetching import NO_PICTURE, NOT_ALLOWED
from mimawari.service.media.leases import BROKEN_OFF
from mimawari.service.media.models import Snapshot, SnapshotState

if TYPE_CHECKING:
    from mimawari.listings.listing import Listing
    from mimawari.service.intake.models import ListingVersion

_REASONS = {
    Fault.BAD_ADDRESS: gettext_lazy("the link is wrong"),
    Fault.PRIVATE_ADDRESS: gettext_lazy("the link leads to a private address"),
    Fault.UNKNOWN_HOST: gettext_lazy("the host is unknown"),
    Fault.UNTRUSTED: gettext_lazy("the certificate is not trusted"),
    Fault.REFUSED: gettext_lazy("the server refused it"),
    Fault.REDIRECTS: gettext_lazy("the link leads on too often"),
    Fault.TOO_LARGE: gettext_lazy("the file is too large"),
    Fault.ENCODED: gettext_lazy("the server compressed it"),
    Fault.NAME_SERVICE: gettext_lazy("the host could not be looked up"),
    Fault.UNREACHABLE: gettext_lazy("the server does not answer"),
    Fault.BROKEN_OFF: gettext_lazy("the connection broke off"),
    Fault.TOO_SLOW: gettext_lazy("the server took too long"),
    Fault.BUSY: gettext_lazy("the server was busy"),
    NO_PICTURE: gettext_lazy("the file is no sound picture"),
    NOT_ALLOWED: gettext_lazy("its origin is no longer allowed"),
}
assert BROKEN_OFF in _REASONS


def pictures(version: ListingVersion, listing: Listing) -> list[Picture]:
    """Give each picture of a listing version: our copy, else the link where it is allowed."""
    snapshots = Snapshot.objects.filter(listing_version=version).select_related("picture")
    kept = {snapshot.position: snapshot for snapshot in snapshots}
    origins = settings.CONFIG.image_origins
    return [
        _shown(picture(url, origins), kept.get(position), version.seller_id)
        for position, url in enumerate(listing.image_urls)
    ]


def _shown(linked: Picture, snapshot: Snapshot | None, seller_id: str) -> Picture:
    if snapshot is None:
        return linked
    if snapshot.picture is not None:
        others = alike(snapshot.picture, seller_id)
        url = reverse("console:picture", args=[snapshot.picture.sha256])
        return Picture(linked.host, url, "", others.sellers, others.listings)
    return Picture(linked.host, linked.url, note_of(snapshot))


def note_of(snapshot: Snapshot) -> str:
    """Say in the user's language why there is no copy of a picture."""
    if snapshot.state == SnapshotState.PENDING:
        return _("Not kept yet")
    reason = _REASONS.get(snapshot.fault, snapshot.problem)
    return _("Not kept: %(reason)s") % {"reason": reason}
