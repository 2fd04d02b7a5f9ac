"""Decisions in the store as judgements, and by case."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from mimawari.records.label import Judgement, Purpose, Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from django.db.models import QuerySet

    from mimawari.service.review.models import Decision

CHUNK = 2_000
_COLUMNS = (
    "pk",
    "alert_id",
    "alert__listing_version_id",
    "alert__topic",
    "moderator_id",
    "verdict",
    "decided_at",
    "alert__purpose",
    "alert__probability",
    "replaces_id",
    "policy_version",
)
_VERDICTS = {verdict.value: verdict for verdict in Verdict}
_PURPOSES = {purpose.value: purpose for purpose in Purpose}


def judgements(
    rows: QuerySet[Decision], until: datetime | None = None, few: bool = False
) -> Iterator[Judgement]:
    """Yield decisions as judgements, those made until a time, in the order of the rows.

    Parameters
    ----------
    few
        Whether they are read at once: no cursor stays open on the server.
    """
    if until is not None:
        rows = rows.filter(decided_at__lte=until)
    columns = rows.values_list(*_COLUMNS)
    for row in columns if few else columns.iterator(chunk_size=CHUNK):
        number, alert, version, topic, who, verdict, at, purpose, chance, replaces, policy = row
        yield Judgement(
            number=number,
            alert=alert,
            version=version,
            topic=topic,
            moderator=who,
            verdict=_VERDICTS[verdict],
            at=at,
            purpose=_PURPOSES[purpose],
            probability=chance,
            replaces=replaces,
            policy_version=policy,
        )


def by_case(
    rows: QuerySet[Decision], until: datetime | None = None, few: bool = False
) -> Iterator[list[Judgement]]:
    """Yield the judgements of each case, by listing version and topic; see `judgements`."""
    ordered = rows.order_by("alert__listing_version_id", "alert__topic", "pk")
    for _, group in groupby(judgements(ordered, until, few), lambda j: (j.version, j.topic)):
        yield list(group)
