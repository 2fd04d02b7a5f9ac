"""What a data set says of itself: counts by topic and class, sellers, times, policy versions."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec

from mimawari.datasets.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mimawari.datasets.rows import LabelledVersion

NO_LANGUAGE = "unknown"


class Beside(msgspec.Struct, frozen=True):
    """What was judged for a topic and is not in the data set.

    Parameters
    ----------
    unsettled
        Listing versions that were judged, and of which nothing is known: nobody could tell, votes
        are tied, or a second moderator is still asked.
    unjoined
        Labels whose listing is not there any more, as it was erased.
    edge_cases
        Labels of edge cases, and of what repeats them: they judge models and teach none.
    """

    unsettled: int = 0
    unjoined: int = 0
    edge_cases: int = 0


class TopicCard(msgspec.Struct, frozen=True, kw_only=True):
    """What a data set holds of one topic; ``policy_versions`` counts labels by policy version."""

    labels: int
    violating: int
    sellers: int
    violating_sellers: int
    searched: int
    policy_versions: dict[str, int]
    unsettled: int = 0
    unjoined: int = 0
    edge_cases: int = 0


class LabelOrigin(msgspec.Struct, frozen=True, kw_only=True):
    """Where the labels came from, and by which terms.

    Parameters
    ----------
    until
        What was decided by then counts; None where the source does not know.
    generation
        The configuration in force when it was made; None where it came from a file.
    maturity_seconds
        How old a decision had to be.
    confirmed
        Topics whose violations two moderators had to confirm.
    by, at
        Who made it and when.
    """

    until: datetime | None = None
    generation: int | None = None
    maturity_seconds: float = 0.0
    confirmed: tuple[str, ...] = ()
    by: str = ""
    at: datetime | None = None


class AcceptedFinding(msgspec.Struct, frozen=True):
    """A finding that somebody accepted nevertheless."""

    check: str
    by: str
    reason: str


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """All that a version says of itself beside its rows.

    Parameters
    ----------
    rows
        Listing versions.
    first, last
        Time of the oldest and newest listing, where listings have one.
    languages
        Listing versions by the language that the seller named.
    findings
        Of the checks that it was held against when it was made.
    """

    name: str
    rows: int
    sellers: int
    first: datetime | None
    last: datetime | None
    languages: dict[str, int]
    topics: dict[str, TopicCard]
    origin: LabelOrigin
    findings: tuple[Finding, ...] = ()
    accepted: tuple[AcceptedFinding, ...] = ()


def describe(
    name: str,
    topics: Sequence[str],
    rows: Sequence[LabelledVersion],
    origin: LabelOrigin,
    beside: Mapping[str, Beside] | None = None,
) -> Card:
    """Count what rows hold.

    Examples
    --------
    >>> from mimawari.datasets.rows import KnownLabel, LabelledVersion
    >>> from mimawari.listings.listing import Listing
    >>> row = LabelledVersion(
    ...     Listing(id="1", version=1, seller_id="s", title="sabre", language="en"),
    ...     (KnownLabel(topic="weapons", value=1, policy_version=3),),
    ... )
    >>> card = describe("weapons", ["weapons"], [row], LabelOrigin())
    >>> card.languages, card.topics["weapons"].violating, card.topics["weapons"].policy_versions
    ({'en': 1}, 1, {'3': 1})
    """
    listings = [row.listing for row in rows]
    times = sorted(
        t for listing in listings if (t := listing.created_at or listing.updated_at) is not None
    )
    left_out = beside or {}
    return Card(
        name=name,
        rows=len(rows),
        sellers=len({listing.seller_id for listing in listings}),
        first=times[0] if times else None,
        last=times[-1] if times else None,
        languages=dict(
            sorted(Counter(listing.language or NO_LANGUAGE for listing in listings).items())
        ),
        topics={topic: _of(topic, rows, left_out.get(topic, Beside())) for topic in topics},
        origin=origin,
    )


def _of(topic: str, rows: Sequence[LabelledVersion], beside: Beside) -> TopicCard:
    known = [(row.listing.seller_id, label) for row in rows if (label := row.label(topic))]
    versions = Counter(
        label.policy_version for _, label in known if label.policy_version is not None
    )
    return TopicCard(
        labels=len(known),
        violating=sum(label.value for _, label in known),
        sellers=len({seller for seller, _ in known}),
        violating_sellers=len({seller for seller, label in known if label.value}),
        searched=sum(label.searched for _, label in known),
        policy_versions={str(number): count for number, count in sorted(versions.items())},
        unsettled=beside.unsettled,
        unjoined=beside.unjoined,
        edge_cases=beside.edge_cases,
    )
