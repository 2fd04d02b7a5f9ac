"""What moderators judged by a time, as the rows of a data set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mimawari.datasets.card import Beside
from mimawari.datasets.rows import KnownLabel, LabelledVersion
from mimawari.service.review import labels

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from mimawari.datasets.rows import Key
    from mimawari.listings.listing import Listing
    from mimawari.records.label import Label


def labelled_versions(
    topics: Sequence[str], until: datetime, with_edge_cases: bool = False
) -> list[LabelledVersion]:
    """Give what was known of each listing version by a time, for these topics.

    Parameters
    ----------
    with_edge_cases
        Whether labels that judge models now are among them.
    """
    listings: dict[Key, Listing] = {}
    known: dict[Key, list[KnownLabel]] = {}
    for topic in topics:
        for row in labels.labelled(topic, until, with_edge_cases):
            key = row.listing.id, row.listing.version
            listings[key] = row.listing
            known.setdefault(key, []).append(_known(row.label))
    return [LabelledVersion(listings[key], tuple(of)) for key, of in known.items()]


def left_out(topics: Sequence[str], until: datetime) -> dict[str, Beside]:
    """Count what was judged by a time and is not among those rows, by topic."""
    return {
        topic: Beside(
            labels.unsettled(topic, until),
            labels.erased(topic, until),
            labels.kept_apart(topic, until),
        )
        for topic in topics
    }


def _known(label: Label) -> KnownLabel:
    return KnownLabel(
        topic=label.topic,
        value=label.value,
        probability=label.probability,
        policy_version=label.policy_version,
        decided_at=label.decided_at,
        reviewers=label.reviewers,
        searched=label.searched,
    )
