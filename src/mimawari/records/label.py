"""What a label is: how the judgements known at a time make a value, or leave it unknown.

This is the only definition. Training, back-tests, quality and exports read labels made here.
"""

from __future__ import annotations

import enum
from datetime import datetime, timedelta  # read by msgspec when the types are used
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class Verdict(enum.StrEnum):
    """What a moderator said; ``undone`` takes an earlier judgement back."""

    VIOLATES = "violates"
    DOES_NOT_VIOLATE = "does_not_violate"
    CANNOT_TELL = "cannot_tell"
    UNDONE = "undone"


class Purpose(enum.StrEnum):
    """Why a case was put before a moderator; by ``search`` they found it themselves.

    A ``campaign`` asks for labels of what it looks for.
    """

    TOP_K = "top_k"
    EXPLORATION = "exploration"
    TRIAL = "trial"
    SECOND = "second"
    GOLDEN = "golden"
    RESCAN = "rescan"
    SEARCH = "search"
    CAMPAIGN = "campaign"


VALUE = {Verdict.VIOLATES: 1, Verdict.DOES_NOT_VIOLATE: 0}
# Purposes by which a case was reviewed whatever chance chose.
LISTED = frozenset({Purpose.TOP_K, Purpose.TRIAL, Purpose.RESCAN})
# Purposes by which a case was chosen for what somebody took it for: they measure nothing.
CHOSEN = frozenset({Purpose.SEARCH, Purpose.CAMPAIGN})
# Purposes by which the service asked about a case, before any second judgement.
FIRST = LISTED | {Purpose.EXPLORATION}
# Moderators who have to say that a case violates where the topic wants that confirmed.
CONFIRMING = 2


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """One thing a moderator said of a case: a listing version and a topic.

    Parameters
    ----------
    number
        Place in the order in which judgements were recorded.
    probability
        That with which chance had chosen the case for review; None where it had not.
    replaces
        Number of the judgement that this one takes back or replaces.
    policy_version
        Of the topic file it was made under; None where it was made elsewhere.
    """

    number: int
    alert: int
    version: int
    topic: str
    moderator: int
    verdict: Verdict
    at: datetime
    purpose: Purpose = Purpose.TOP_K
    probability: float | None = None
    replaces: int | None = None
    policy_version: int | None = None


class Terms(msgspec.Struct, frozen=True):
    """What a topic asks of a label.

    Parameters
    ----------
    confirm
        Whether a violation needs two moderators who say so.
    maturity
        How old a judgement must be before it counts.
    """

    confirm: bool = False
    maturity: timedelta = timedelta()


AT_ONCE = Terms()


class Label(msgspec.Struct, frozen=True, kw_only=True):
    """What was known of a case at a time: 1 violates, 0 does not.

    ``probability`` is that of having been reviewed: 1 on the list, and that of the exploration
    slice for what only chance chose. ``as_of`` is None for all that is recorded. ``searched`` says
    that it is known only because somebody searched for the listing, or a campaign chose it: it may
    teach a model, and measures nothing. ``decided_at`` and ``policy_version`` are those of the
    newest judgement that counts; ``reviewers`` counts the people whose judgements do.
    """

    version: int
    topic: str
    value: int
    probability: float
    as_of: datetime | None
    decided_at: datetime
    searched: bool = False
    policy_version: int | None = None
    reviewers: int = 1


def standing(judgements: Iterable[Judgement], until: datetime | None = None) -> list[Judgement]:
    """Give the judgements that stood at a time, in the order in which they were recorded.

    Of what was said by then, a judgement stands that no other one said by then replaced. What
    came later, an undo too, is not known yet.

    Parameters
    ----------
    until
        The time; all that is recorded where it is None.
    """
    known = [j for j in judgements if until is None or j.at <= until]
    replaced = {j.replaces for j in known}
    stands = (j for j in known if j.number not in replaced and j.verdict != Verdict.UNDONE)
    return sorted(stands, key=lambda j: j.number)


def votes(stands: Iterable[Judgement]) -> list[Judgement]:
    """Give those that count towards a label: clear verdicts, and none on golden items."""
    return [j for j in stands if j.verdict in VALUE and j.purpose != Purpose.GOLDEN]


def brought(judgements: Iterable[Judgement]) -> list[Judgement]:
    """Give what was said of a case because a list, chance or a trial had brought it.

    Not what was said of it because somebody had searched for it or a campaign had chosen it, nor
    the second judgement that only this asked for. Whatever measures lists, models or moderators
    reads these.

    Examples
    --------
    >>> searched = Judgement(number=1, alert=1, version=1, topic="weapons", moderator=7,
    ...                      verdict=Verdict.VIOLATES, at=datetime(2026, 1, 1),
    ...                      purpose=Purpose.SEARCH)
    >>> second = msgspec.structs.replace(searched, number=2, purpose=Purpose.SECOND)
    >>> listed = msgspec.structs.replace(searched, number=3, purpose=Purpose.TOP_K)
    >>> len(brought([searched, second])), len(brought([searched, second, listed]))
    (0, 2)
    """
    given = list(judgements)
    others = [j for j in given if j.purpose not in CHOSEN]
    only_chosen = len(others) < len(given) and not any(j.purpose in FIRST for j in others)
    return [j for j in others if not (only_chosen and j.purpose == Purpose.SECOND)]


def majority(values: Sequence[int]) -> int | None:
    """Give the more frequent value; None for a tie, and for nothing.

    Examples
    --------
    >>> majority([1, 1, 0]), majority([1, 0]), majority([])
    (1, None, None)
    """
    return None if 2 * sum(values) == len(values) else int(2 * sum(values) > len(values))


def value_of(counted: Sequence[Judgement], confirm: bool = False) -> int | None:
    """Make a value of votes: the majority; a tie is unknown, and so is what waits to be confirmed.

    Examples
    --------
    >>> yes = Judgement(number=1, alert=1, version=1, topic="weapons", moderator=7,
    ...                 verdict=Verdict.VIOLATES, at=datetime(2026, 1, 1))
    >>> value_of([yes]), value_of([yes], confirm=True)
    (1, None)
    """
    value = majority([VALUE[j.verdict] for j in counted])
    sure = {j.moderator for j in counted if j.verdict == Verdict.VIOLATES}
    return None if value and confirm and len(sure) < CONFIRMING else value


def probability_of(counted: Sequence[Judgement]) -> float:
    """Give the probability of having been reviewed."""
    explored = [j.probability for j in counted if j.purpose == Purpose.EXPLORATION]
    if not explored or any(j.purpose in LISTED for j in counted):
        return 1.0
    return explored[0] or 1.0


def label_of(
    judgements: Iterable[Judgement], until: datetime | None = None, terms: Terms = AT_ONCE
) -> Label | None:
    """Give the label that a case's judgements made at a time; None where it was unknown.

    Parameters
    ----------
    judgements
        All of one case, in any order.
    until
        The time. A judgement counts once it is as old as ``terms.maturity`` by then, and is
        gone as soon as it was taken back. Without a time all that is recorded counts, and
        nothing waits.
    """
    counted = votes(standing(judgements, until))
    if until is not None:
        counted = [j for j in counted if j.at <= until - terms.maturity]
    value = value_of(counted, terms.confirm)
    if value is None:
        return None
    return Label(
        version=counted[0].version,
        topic=counted[0].topic,
        value=value,
        probability=probability_of(counted),
        as_of=until,
        decided_at=max(j.at for j in counted),
        searched=not brought(counted),
        policy_version=max(counted, key=lambda j: j.at).policy_version,
        reviewers=len({j.moderator for j in counted}),
    )
