"""Which version of a topic was in force when, and why that one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec
from django.utils import timezone

from mimawari.errors import FieldProblem, InvalidInputError
from mimawari.service.console.models.evidence_facts import Evidence, evidence_of
from mimawari.service.console.models.slot_words import ShownSlot, changed_text
from mimawari.service.releases.versions import TopicVersion, version_at, versions

if TYPE_CHECKING:
    from mimawari.records.deployment import Deployment

MOST, MOST_DIGITS = 20, 18


class Beside(msgspec.Struct, frozen=True):
    """A canary or shadow."""

    model: str
    slot: ShownSlot

    @classmethod
    def of(cls, deployment: Deployment) -> Beside:
        """Name its slot."""
        return cls(deployment.model, ShownSlot.of(deployment))


class VersionRow(msgspec.Struct, frozen=True):
    """What was in force from one time to another, in words."""

    version: TopicVersion
    changed: list[str]
    beside: list[Beside]
    evidence: Evidence | None

    @classmethod
    def of(cls, version: TopicVersion) -> VersionRow:
        """Put what is known into words."""
        return cls(
            version,
            [changed_text(what) for what in version.changed],
            [Beside.of(deployment) for deployment in version.beside],
            evidence_of(version.evidence),
        )


class VersionsPage(msgspec.Struct, frozen=True, kw_only=True):
    """The timeline, and the answer about one time where it was asked for.

    Parameters
    ----------
    at
        The time asked about; None where none was.
    answer
        None where nothing was in force then.
    older
        The generation before which there is more; 0 where there is not.
    """

    at: datetime | None
    answer: VersionRow | None
    rows: list[VersionRow]
    newest: bool
    older: int


def was_in_force(topic: str) -> bool:
    """Whether anything was ever in force for a topic."""
    return bool(versions(topic, most=1))


def versions_page(topic: str, before: str, at: datetime | None) -> VersionsPage:
    """Gather a page of the timeline."""
    known = before.isascii() and before.isdigit() and len(before) <= MOST_DIGITS
    listed = versions(topic, int(before) if known else None, MOST + 1)
    answer = None if at is None else version_at(topic, at)
    return VersionsPage(
        at=at,
        answer=None if answer is None else VersionRow.of(answer),
        rows=[VersionRow.of(version) for version in listed[:MOST]],
        newest=not known,
        older=listed[MOST - 1].generation if len(listed) > MOST else 0,
    )


def read_time(text: str) -> datetime | None:
    """Read a time as forms and people write it, UTC without a zone; None where there is none.

    Raises
    ------
    InvalidInputError
        It is no time.

    Examples
    --------
    >>> read_time("2026-11-02T09:30").isoformat()
    '2026-11-02T09:30:00+00:00'
    """
    text = text.strip()
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        problem = FieldProblem("at", f"is {text[:20]!r}", "write a time such as 2026-11-02T09:30")
        raise InvalidInputError(problem) from error


def form_time(at: datetime | None) -> str:
    """Write a time as the form's field does; now where none is given."""
    return f"{at or timezone.now():%Y-%m-%dT%H:%M}"
