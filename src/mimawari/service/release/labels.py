"""Labels of a trial's items, as they stand now."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mimawari.service.ops import generations
from mimawari.service.release.models import TrialItem
from mimawari.service.review.item import topic_file
from mimawari.service.review.models import Alert, AlertState, Decision, Purpose, Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from mimawari.service.release.models import Trial

CHUNK = 5_000
VALUE = {Verdict.VIOLATES: 1, Verdict.DOES_NOT_VIOLATE: 0}
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


def own_label(said: Said, suspects: Collection[int] = (), others: Collection[int] = ()) -> Label:
    """Make a label of what moderators said of an alert, oldest first.

    The last clear verdict counts. Who cannot tell is followed by another moderator; what two
    cannot tell, or the only one there is, is missing. Verdicts of suspects are not taken.

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
    clear = [verdict for who, verdict in said if verdict in VALUE and who not in suspects]
    if clear:
        return Label(VALUE[Verdict(clear[-1])])
    if not said:
        return Label()
    unsure = {who for who, verdict in said if verdict == Verdict.CANNOT_TELL}
    left = set(others) - set(suspects) - {who for who, _ in said}
    if unsure and (len(unsure) >= MOST_UNSURE or not left):
        return Label(missing=True)
    return Label(not_for=said[-1][0] if left else None)


def majority(votes: Sequence[int]) -> int | None:
    """Give the more frequent label; None for a tie.

    Examples
    --------
    >>> majority([1, 1, 0]), majority([1, 0])
    (1, None)
    """
    return None if 2 * sum(votes) == len(votes) else int(2 * sum(votes) > len(votes))


def known_labels(topic: str, versions: Sequence[int]) -> dict[int, int]:
    """Give the labels that listing versions have for a topic: the majority of what stands.

    A tie, or nothing but ``cannot_tell``, is no label.
    """
    votes: dict[int, list[int]] = defaultdict(list)
    for start in range(0, len(versions), CHUNK):
        found = Decision.objects.filter(
            alert__topic=topic,
            alert__listing_version_id__in=versions[start : start + CHUNK],
            replaced_by=None,
            verdict__in=list(VALUE),
        ).exclude(alert__purpose=Purpose.GOLDEN)
        for version, verdict in found.values_list("alert__listing_version_id", "verdict"):
            votes[version].append(VALUE[Verdict(verdict)])
    return {v: label for v, said in votes.items() if (label := majority(said)) is not None}


@dataclass(slots=True)
class Book:
    """What moderators said of a trial's listing versions.

    Parameters
    ----------
    own
        By alert of the trial, what stands, oldest first.
    old
        By listing version, the votes of all alerts that are not the trial's.
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
    old: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    waiting: set[int] = field(default_factory=set)
    second: dict[int, Said] = field(default_factory=lambda: defaultdict(list))
    unconfirmed: set[int] = field(default_factory=set)
    confirm: bool = False
    reviews: int = 0

    def own_label(
        self, alert: int | None, version: int | None, suspects: Collection[int], others: set[int]
    ) -> Label:
        """Give the label of an item that the trial asked for.

        Where the topic wants it, a violation counts once a second moderator confirmed it, and
        is none where they did not. Where nobody could be asked, the first one's word stands.
        """
        label = own_label(self.own.get(alert or 0, []), suspects, others)
        if not (self.confirm and label.value == 1 and version is not None):
            return label
        said = [v for who, v in self.second.get(version, []) if who not in suspects]
        if said:
            return Label(int(said[-1] == Verdict.VIOLATES))
        return Label() if version in self.unconfirmed else label

    def old_label(self, version: int) -> Label:
        """Give a label that was there before the trial, as it stands today."""
        value = majority(self.old[version])
        return Label(value, missing=value is None and version not in self.waiting)


def book_of(trial: Trial) -> Book:
    """Read everything said of a trial's listing versions."""
    items = TrialItem.objects.filter(trial=trial)
    mine = set(items.exclude(alert=None).values_list("alert_id", flat=True))
    versions = items.values("listing_version_id")
    book = Book(confirm=confirms(trial.topic))
    stands = Decision.objects.filter(
        alert__topic=trial.topic, alert__listing_version_id__in=versions, replaced_by=None
    ).exclude(verdict=Verdict.UNDONE)
    columns = ("alert_id", "alert__listing_version_id", "alert__purpose", "moderator_id", "verdict")
    for alert, version, purpose, moderator, verdict in stands.order_by("id").values_list(*columns):
        if alert in mine:
            book.own[alert].append((moderator, verdict))
            book.reviews += 1
        elif purpose != Purpose.GOLDEN and verdict in VALUE:
            book.old[version].append(VALUE[Verdict(verdict)])
        if purpose == Purpose.SECOND:
            book.second[version].append((moderator, verdict))
            book.reviews += book.confirm
    waiting = Alert.objects.filter(
        topic=trial.topic, state=AlertState.OPEN, listing_version_id__in=versions
    )
    for alert, version, purpose in waiting.values_list("pk", "listing_version_id", "purpose"):
        if alert not in mine:
            book.waiting.add(version)
        if purpose == Purpose.SECOND:
            book.unconfirmed.add(version)
    return book


def confirms(topic: str) -> bool:
    """Whether a topic wants its violations confirmed by a second moderator."""
    newest = generations.current()
    entry = newest.manifest.topics.get(topic) if newest else None
    return entry is not None and topic_file(topic, entry.topic_file).confirm_positives
