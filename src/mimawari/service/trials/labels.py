"""Labels of a trial's items: what was known when it began, and at a look.

Old ones are the labels of `mimawari.records.label`, at once and unconfirmed: a trial asks again
by rules of its own. What somebody decided who had searched for the listing is none: models are
compared by what lists brought, and people search for what they think of.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mimawari.records.label import VALUE, Judgement, Purpose, Verdict, brought, label_of, standing
from mimawari.service.admission.models import Alert, AlertState
from mimawari.service.releases.in_force import confirmed_topics
from mimawari.service.review.judgements import by_case
from mimawari.service.review.models import Decision
from mimawari.service.trials.models import TrialItem

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from mimawari.service.trials.models import Trial

CHUNK = 5_000
# Moderators who may say that they cannot tell, before nobody can.
MOST_UNSURE = 2

Said = list[tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Label:
    """What is known of an item: ``value`` 1, 0 or None; then it is open, or ``missing`` for good.

    ``not_for`` is the moderator after whom another one is to be asked.
    """

    value: int | None = None
    missing: bool = False
    not_for: int | None = None


def own_label(
    verdicts: Said, excluded: Collection[int] = (), others: Collection[int] = ()
) -> Label:
    """Make a label of what moderators said of an alert, oldest first.

    The last clear verdict counts. Who cannot tell is followed by another moderator; what two
    cannot tell, or the only one there is, is missing. Verdicts of excluded are not taken.

    Parameters
    ----------
    others
        Moderators who could be asked.

    Examples
    --------
    >>> own_label([(1, "cannot_tell"), (2, "violates")])
    Label(value=1, missing=False, not_for=None)
    >>> own_label([(1, "cannot_tell")], others={1, 2})
    Label(value=None, missing=False, not_for=1)
    >>> own_label([(1, "cannot_tell")], others={1}).missing
    True
    """
    clear = [verdict for who, verdict in verdicts if verdict in VALUE and who not in excluded]
    if clear:
        return Label(VALUE[Verdict(clear[-1])])
    if not verdicts:
        return Label()
    unsure = {who for who, verdict in verdicts if verdict == Verdict.CANNOT_TELL}
    left = set(others) - set(excluded) - {who for who, _ in verdicts}
    if unsure and (len(unsure) >= MOST_UNSURE or not left):
        return Label(missing=True)
    return Label(not_for=verdicts[-1][0] if left else None)


def known_labels(
    topic: str, versions: Sequence[int], until: datetime | None = None
) -> dict[int, int]:
    """Give the labels that listing versions had for a topic at a time."""
    known: dict[int, int] = {}
    for start in range(0, len(versions), CHUNK):
        rows = Decision.objects.filter(
            alert__topic=topic, alert__listing_version_id__in=versions[start : start + CHUNK]
        )
        for case in by_case(rows, until, few=True):
            label = label_of(brought(case), until)
            if label is not None:
                known[label.version] = label.value
    return known


@dataclass(slots=True)
class Book:
    """What moderators said of a trial's listing versions.

    Parameters
    ----------
    own
        By alert of the trial, what stands, oldest first.
    old
        By listing version, the label of all alerts that are not the trial's; unknown ones are
        not there.
    waiting
        Listing versions with an open alert that is not the trial's.
    second
        By listing version, what was said where a violation was to be confirmed.
    unconfirmed
        Listing versions whose confirmation is still open.
    confirm
        Whether the topic wants its violations confirmed.
    reviews
        Decisions on the trial's alerts that stand.
    """

    own: dict[int, Said] = field(default_factory=lambda: defaultdict(list))
    old: dict[int, int] = field(default_factory=dict)
    waiting: set[int] = field(default_factory=set)
    second: dict[int, Said] = field(default_factory=lambda: defaultdict(list))
    unconfirmed: set[int] = field(default_factory=set)
    confirm: bool = False
    reviews: int = 0

    def own_label(
        self, alert: int | None, version: int | None, excluded: Collection[int], others: set[int]
    ) -> Label:
        """Give the label of an item that the trial asked for.

        Where the topic wants it, a violation counts once a second moderator confirmed it, and
        is none where they did not. Where nobody could be asked, the first one's word stands.
        """
        label = own_label(self.own.get(alert or 0, []), excluded, others)
        if not (self.confirm and label.value == 1 and version is not None):
            return label
        verdicts = [v for who, v in self.second.get(version, []) if who not in excluded]
        if verdicts:
            return Label(int(verdicts[-1] == Verdict.VIOLATES))
        return Label() if version in self.unconfirmed else label

    def old_label(self, version: int) -> Label:
        """Give a label that was there before the trial, as it stands at the look."""
        value = self.old.get(version)
        return Label(value, missing=value is None and version not in self.waiting)


def book_of(trial: Trial, until: datetime | None = None) -> Book:
    """Read everything said of a trial's listing versions by a time, or that is recorded."""
    items = TrialItem.objects.filter(trial=trial)
    mine = set(items.exclude(alert=None).values_list("alert_id", flat=True))
    versions = items.values("listing_version_id")
    book = Book(confirm=trial.topic in confirmed_topics(until))
    rows = Decision.objects.filter(alert__topic=trial.topic, alert__listing_version_id__in=versions)
    for case in by_case(rows, until, few=True):
        _enter(book, case, mine, until)
    waiting = Alert.objects.filter(
        topic=trial.topic, state=AlertState.OPEN, listing_version_id__in=versions
    )
    for alert, version, purpose in waiting.values_list("pk", "listing_version_id", "purpose"):
        if alert not in mine:
            book.waiting.add(version)
        if purpose == Purpose.SECOND:
            book.unconfirmed.add(version)
    return book


def _enter(book: Book, case: list[Judgement], mine: set[int], until: datetime | None) -> None:
    """Enter what stands of one case: the trial's own alerts, confirmations, and the old label."""
    asked = brought(case)
    for judgement in standing(asked, until):
        if judgement.alert in mine:
            book.own[judgement.alert].append((judgement.moderator, judgement.verdict))
            book.reviews += 1
        if judgement.purpose == Purpose.SECOND:
            book.second[judgement.version].append((judgement.moderator, judgement.verdict))
            book.reviews += book.confirm
    old = label_of((judgement for judgement in asked if judgement.alert not in mine), until)
    if old is not None:
        book.old[old.version] = old.value
