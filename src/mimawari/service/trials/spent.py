"""Evidence counts once: the same days, labels and back-tests do not decide a second time.

Trying again on what was seen already promotes a candidate that is no better in the end: of 100
such candidates some 30 by the twentieth try on one window.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec

from mimawari.service.trials import events, refusals
from mimawari.service.trials.design import design_of
from mimawari.service.trials.event_bodies import Concluded, UsedAgain
from mimawari.service.trials.models import Kind, Outcome, Trial, TrialState
from mimawari.service.trials.rechecks import Rechecks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet

    from mimawari.service.trials.design import Design

NOT_BOUNDED = (
    "It used again what trial {} had used: candidates that are no better get this far more often "
    "than alpha says."
)


def spent_by(topic: str, champion: str, candidate: str, design: Design) -> list[int]:
    """Give the back-tests of the same models whose evidence came from some of the same days.

    Not those that ended before any of it was seen, nor those of reused labels that were shown
    not to hold, where fresh ones are asked for now: from them nothing followed.
    """
    same = Trial.objects.filter(
        kind=Kind.BACKTEST, topic=topic, champion=champion, candidate=candidate
    )
    return [
        trial.pk
        for trial in _seen(same)
        if _overlap(design_of(trial), design) and not (design.mode == "fresh" and _void(trial))
    ]


def taken_over_by(backtest: Trial) -> list[int]:
    """Give the experiments that built on a back-test and have come to some evidence."""
    return [trial.pk for trial in _seen(backtest.followed_by.filter(kind=Kind.EXPERIMENT))]


def _seen(trials: QuerySet[Trial]) -> QuerySet[Trial]:
    """Give the trials whose evidence could be looked at."""
    return trials.filter(looks__isnull=False).distinct().order_by("pk")


def _overlap(one: Design, other: Design) -> bool:
    assert one.window_start is not None
    assert other.window_start is not None
    begins = max(one.window_start, other.window_start)
    ends = (d.window_start + timedelta(days=d.window_days) for d in (one, other) if d.window_start)
    return begins < min(ends)


def _void(trial: Trial) -> bool:
    """Whether a trial ended because the old labels that it reused do not hold."""
    if (trial.state, trial.outcome) != (TrialState.ENDED, Outcome.UNDECIDED):
        return False
    end = events.last_end(trial)
    if design_of(trial).mode != "reuse" or not isinstance(end, Concluded):
        return False
    same, answered, asked = end.rechecks
    checks = Rechecks(asked=asked, answered=answered, same=same)
    return checks.done and not checks.hold


def window_not_spent(earlier: Sequence[int], again: str) -> None:
    """Refuse a window that has decided already, unless somebody says why it may once more."""
    if earlier and not again:
        raise refusals.refuse(
            "window_start",
            f"begins a window that back-test {_list(earlier)} of this candidate took evidence "
            "from: what was seen once does not count twice",
            "start the window after its last day, or start an experiment; 'again' with a "
            "reason overrides, in your name and on record",
        )


def backtest_not_taken_over(backtest: Trial, earlier: Sequence[int], again: str) -> None:
    """Refuse a back-test that an experiment built on, unless somebody says why once more."""
    if earlier and not again:
        raise refusals.refuse(
            "after",
            f"{backtest.pk} was taken over by experiment {_list(earlier)} already: its evidence "
            "counts once",
            "start without 'after', or run a back-test on later days; 'again' with a reason "
            "overrides, in your name and on record",
        )


def needless(again: str, earlier: Sequence[int]) -> None:
    """Refuse to override what forbids nothing: the ledger would tell of what did not happen."""
    if again and not earlier:
        raise refusals.refuse("again", "has nothing to override", "leave it out")


def used_again(earlier: Sequence[int], reason: str) -> UsedAgain:
    """Give what is recorded of an override."""
    statement = NOT_BOUNDED.format(_list(earlier))
    return UsedAgain(earlier=list(earlier), reason=reason, statement=statement)


def noted(trial: Trial, end: Concluded) -> Concluded:
    """Add to a promotion that its error is not bounded, where it is not."""
    override = events.last(trial, UsedAgain)
    if override is None or end.outcome != Outcome.PROMOTE:
        return end
    statement = f"{end.statement} {override.statement}"
    return msgspec.structs.replace(end, statement=statement, used_again=override.earlier)


def _list(numbers: Sequence[int]) -> str:
    return ", ".join(str(number) for number in numbers)
