"""Actions as they are handed on: with the seller, and the name of who acted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from django.contrib.auth.models import User

from mimawari.records.action import Action as Record
from mimawari.records.principal import Principal
from mimawari.service.accounts.models import ApiKey
from mimawari.service.actions.event_kinds import action_details
from mimawari.service.actions.models import Action, Stage

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

USUAL, MOST = 50, 200
NEWEST = 2**63 - 1


def actions_of(
    *,
    listing: str = "",
    seller: str = "",
    topic: str = "",
    topics: Collection[str] | None = None,
    stage: str = "",
    numbers: Collection[int] | None = None,
    before: int = NEWEST,
    most: int = USUAL,
) -> list[Record]:
    """Give actions, newest first.

    Parameters
    ----------
    topics
        The only ones to be seen; all where it is None.
    stage
        Those only that are in force, or proposed.
    numbers
        Those only of these numbers; any where it is None.
    before
        Only those with lower numbers.
    """
    rows = Action.objects.filter(pk__lt=before).select_related("listing_version")
    if listing:
        rows = rows.filter(listing_version__listing_id=listing)
    if seller:
        rows = rows.filter(listing_version__seller_id=seller)
    if topic:
        rows = rows.filter(topic=topic)
    if topics is not None:
        rows = rows.filter(topic__in=topics)
    if numbers is not None:
        rows = rows.filter(pk__in=numbers)
    if stage:
        rows = rows.filter(holds__stage=Stage(stage))
    return records(rows.defer("listing_version__payload").order_by("-id")[:most])


def records(rows: Iterable[Action]) -> list[Record]:
    """Turn rows into what is handed on."""
    listed = list(rows)
    names = _names({(row.principal_kind, row.principal) for row in listed})
    return [_record(row, names) for row in listed]


def _record(row: Action, names: dict[tuple[str, str], str]) -> Record:
    details = action_details(row)
    name = names.get((row.principal_kind, row.principal), row.principal)
    return Record(
        id=row.pk,
        seller=row.listing_version.seller_id,
        principal=msgspec.convert(
            {"kind": row.principal_kind, "id": row.principal, "name": name}, Principal
        ),
        **{field: getattr(details, field) for field in details.__struct_fields__},
    )


def _names(who: Collection[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """Name accounts and keys."""
    users = [number for kind, number in who if kind == "user"]
    keys = [prefix for kind, prefix in who if kind == "key"]
    names: dict[tuple[str, str], str] = {}
    if users:
        rows = User.objects.filter(pk__in=users).values_list("pk", "username")
        names |= {("user", str(number)): name for number, name in rows}
    if keys:
        rows_of_keys = ApiKey.objects.filter(prefix__in=keys).values_list("prefix", "name")
        names |= {("key", prefix): name for prefix, name in rows_of_keys}
    return names
