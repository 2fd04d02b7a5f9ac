"""How two versions of a data set differ: labels that came, went and changed, and why."""

from __future__ import annotations

import enum
from collections import Counter
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import datetime

    from mimawari.datasets.rows import Key, KnownLabel, LabelledVersion


class Change(enum.StrEnum):
    """What became of a label."""

    ADDED = "added"
    DROPPED = "dropped"
    RELABELLED = "relabelled"


class Cause(enum.StrEnum):
    """Why, as far as both versions tell."""

    DECIDED_SINCE = "decided since"
    NOT_KNOWN_YET = "decided before, and not old enough or not confirmed then"
    TAKEN_BACK = "taken back, or no longer agreed on"
    ERASED = "erased"
    OTHER_POLICY = "decided again under another policy version"
    DECIDED_AGAIN = "decided again"
    OTHER_TERMS = "the same decisions under other terms"


class Difference(msgspec.Struct, frozen=True):
    """One label that differs; its value before and after, None where there was none."""

    listing: str
    version: int
    topic: str
    change: Change
    why: Cause
    before: int | None
    after: int | None


def differences(
    before: Sequence[LabelledVersion],
    after: Sequence[LabelledVersion],
    until: datetime | None = None,
    erased: Collection[Key] = (),
) -> Iterator[Difference]:
    """Yield every label that differs, by listing, version and topic.

    Parameters
    ----------
    until
        Of the version before: what was decided later is new since.
    erased
        Listing versions that were erased since.

    Examples
    --------
    >>> from mimawari.datasets.rows import KnownLabel, LabelledVersion
    >>> from mimawari.listings.listing import Listing
    >>> sabre = Listing(id="1", version=1, seller_id="s", title="sabre")
    >>> def labelled(value, policy):
    ...     label = KnownLabel(topic="weapons", value=value, policy_version=policy)
    ...     return [LabelledVersion(sabre, (label,))]
    >>> [difference] = differences(labelled(0, 1), labelled(1, 2))
    >>> str(difference.change), str(difference.why)
    ('relabelled', 'decided again under another policy version')
    """
    old, new = _by_label(before), _by_label(after)
    for listing, version, topic in sorted(old.keys() | new.keys()):
        was, is_now = old.get((listing, version, topic)), new.get((listing, version, topic))
        change = _change(was, is_now, until, (listing, version) in erased)
        if change is not None:
            yield Difference(
                listing,
                version,
                topic,
                *change,
                None if was is None else was.value,
                None if is_now is None else is_now.value,
            )


def counts(of: Sequence[Difference]) -> dict[tuple[str, Change, Cause], int]:
    """Count differences by topic, change and reason, the most frequent first."""
    return dict(Counter((d.topic, d.change, d.why) for d in of).most_common())


def _by_label(rows: Sequence[LabelledVersion]) -> Mapping[tuple[str, int, str], KnownLabel]:
    return {(*row.key, label.topic): label for row in rows for label in row.labels}


def _change(
    was: KnownLabel | None, is_now: KnownLabel | None, until: datetime | None, is_erased: bool
) -> tuple[Change, Cause] | None:
    if was is None and is_now is not None:
        return Change.ADDED, _why_added(is_now, until)
    if is_now is None:
        return Change.DROPPED, Cause.ERASED if is_erased else Cause.TAKEN_BACK
    if was is None or was.value == is_now.value:
        return None
    if was.policy_version != is_now.policy_version:
        return Change.RELABELLED, Cause.OTHER_POLICY
    same = was.decided_at == is_now.decided_at
    return Change.RELABELLED, Cause.OTHER_TERMS if same else Cause.DECIDED_AGAIN


def _why_added(label: KnownLabel, until: datetime | None) -> Cause:
    late = until is None or label.decided_at is None or label.decided_at > until
    return Cause.DECIDED_SINCE if late else Cause.NOT_KNOWN_YET
