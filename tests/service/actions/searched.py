"""Listings that nobody was asked about, and moderators who decide what they have found."""

from __future__ import annotations

from collections.abc import Iterable

from tests.service.actions.conftest import moderator
from tests.service.working import work

from mimawari.listings.listing import Listing
from mimawari.service.accounts.authority import of_user
from mimawari.service.intake import log
from mimawari.service.review import groups
from mimawari.service.review.group_request import GroupRequest, Shown
from mimawari.service.review.groups import Outcome


def unlisted(*numbers: int, seller: str = "s", version: int = 1) -> list[Shown]:
    """Send listings that no rule hits, and score them: no alert is opened."""
    rows = [
        Listing(id=f"L{number}", version=version, seller_id=seller, title=f"a cup {version}")
        for number in numbers
    ]
    log.append(rows)
    work()
    return [Shown(row.id, row.version) for row in rows]


def decide(
    who: str,
    listings: Iterable[Shown],
    verdict: str = "violates",
    *,
    key: str = "press 1",
    clause: str = "blade",
    topic: str = "weapons",
    note: str = "",
    policy_version: int | None = None,
    role: str = "moderator",
) -> Outcome:
    """Decide with one press."""
    user = moderator(who, role)
    request = GroupRequest(
        key=key,
        topic=topic,
        verdict=verdict,
        clause=clause if verdict == "violates" else "",
        note=note,
        listings=tuple(listings),
        policy_version=policy_version,
    )
    return groups.decide(request, user, of_user(user))


def refused(outcome: Outcome) -> dict[str, str]:
    """Say which listings were not decided, and why."""
    return {row.listing_id: str(row.why) for row in outcome.refused}
