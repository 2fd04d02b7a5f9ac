"""Examples of data sets, and the types of what the API says of them."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from mimawari.datasets.card import Card, LabelOrigin, TopicCard
from mimawari.datasets.differences import Cause, Change, Difference
from mimawari.datasets.finding import Finding


class DataSetSummary(msgspec.Struct, frozen=True):
    """A data set; ``rows_removed`` says that an erasure took its rows."""

    version: str
    made_at: datetime
    made_by: str
    rows_removed: bool
    card: Card


class DataSetList(msgspec.Struct, frozen=True):
    """Data sets, the newest first."""

    data_sets: list[DataSetSummary]


class DataSetChanges(msgspec.Struct, frozen=True):
    """How many labels differ between two versions, and the first of them."""

    before: str
    after: str
    count: int
    changes: list[Difference]


AT = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
SUMMARY = DataSetSummary(
    "weapons-0123456789ab",
    AT,
    "anna",
    False,
    Card(
        name="weapons",
        rows=412,
        sellers=198,
        first=datetime(2026, 9, 1, tzinfo=UTC),
        last=AT,
        languages={"en": 150, "ja": 262},
        topics={
            "weapons": TopicCard(
                labels=412,
                violating=61,
                sellers=198,
                violating_sellers=40,
                searched=3,
                policy_versions={"3": 412},
                unsettled=5,
            )
        },
        origin=LabelOrigin(until=AT, generation=12, by="anna", at=AT),
        findings=(Finding(check="classes", topic="weapons", value=0.0, limit=0.0, level="passed"),),
    ),
)
LIST = DataSetList([SUMMARY])
CHANGES = DataSetChanges(
    "weapons-ba9876543210",
    "weapons-0123456789ab",
    1,
    [Difference("1001", 1, "weapons", Change.RELABELLED, Cause.OTHER_POLICY, before=0, after=1)],
)
