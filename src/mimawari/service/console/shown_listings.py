"""What ties a decision on listings that were found to the account and log-in that saw the page."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import msgspec
from django.core import signing

from mimawari.service.accounts.log_in import log_in_of
from mimawari.service.review.group_request import Shown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.http import HttpRequest

SALT = "mimawari.shown_listings"
MOST_KEPT = 5
_KEPT = "ticked"


class ShownListings(msgspec.Struct, frozen=True, array_like=True):
    """What a page asked to decide, and whom.

    Parameters
    ----------
    key
        Names the press: sent twice, it decides once.
    """

    account: int
    log_in: str
    key: str
    topic: str
    policy_version: int
    listings: tuple[tuple[str, int], ...]

    @classmethod
    def to(
        cls,
        request: HttpRequest,
        topic: str,
        policy_version: int,
        listings: Iterable[Shown],
        key: str = "",
    ) -> ShownListings:
        """Say that listings are shown to who asks, under a key of their own."""
        key = key or secrets.token_urlsafe(16)
        named = tuple((shown.listing_id, shown.version) for shown in listings)
        return cls(request.user.pk or 0, log_in_of(request), key, topic, policy_version, named)

    @property
    def shown(self) -> tuple[Shown, ...]:
        """The listings, each with the version that was shown."""
        return tuple(Shown(*named) for named in self.listings)

    def sealed(self) -> str:
        """Sign it, for the page to send it back."""
        return signing.dumps(msgspec.to_builtins(self), salt=SALT, compress=True)


def shown_in(request: HttpRequest) -> ShownListings | None:
    """Read what a page was made for; None where nothing shows that there was one."""
    try:
        value = signing.loads(request.POST.get("proof", ""), salt=SALT)
        return msgspec.convert(value, ShownListings)
    except (signing.BadSignature, msgspec.ValidationError):
        return None


def named(texts: Iterable[str]) -> list[Shown]:
    """Read listings as the search page names them, ``VERSION:ID``; what is none is left out.

    Examples
    --------
    >>> named(["3:L:1", "x:L2", "4"])
    [Shown(listing_id='L:1', version=3)]
    """
    parts = (text.partition(":") for text in texts)
    return [
        Shown(listing_id, int(version))
        for version, _, listing_id in parts
        if listing_id and version.isascii() and version.isdigit() and len(version) < 19
    ]


def name(listing_id: str, version: int) -> str:
    """Write a listing as `named` reads it."""
    return f"{version}:{listing_id}"


def keep(request: HttpRequest, names: list[str]) -> str:
    """Keep what was ticked in the session, so that its page has an address to come back to.

    Gives what it is kept under; the last few are.
    """
    key = secrets.token_urlsafe(6)
    before = list(request.session.get(_KEPT, {}).items())[-MOST_KEPT + 1 :]
    request.session[_KEPT] = {**dict(before), key: names}
    return key


def kept(request: HttpRequest) -> list[str]:
    """Give what was ticked for the address that is asked for; nothing where it is not known."""
    names: list[str] = request.session.get(_KEPT, {}).get(request.GET.get("chosen", ""), [])
    return names
