"""The watches of an installation: of all listings, and of each topic's scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mimawari.evaluation.drift.bands import watch_named
from mimawari.evaluation.drift.watch import DAY, PAST
from mimawari.service.monitoring.models import DriftHour

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mimawari.evaluation.drift.tally import Tally
    from mimawari.evaluation.drift.watch import Watch, WatchState


def watch_of(name: str, state: WatchState, past: Mapping[int, Tally] | None = None) -> Watch:
    """Make a watch of its state; all together are wrong once in `RUN_LENGTH` listings.

    Parameters
    ----------
    past
        Its hourly counts, where they were read already.
    """
    if past is None:
        past = {} if state.day is None else past_of(name, state.day * DAY)
    return watch_named(name, state, past)


def past_of(name: str, hour: float) -> dict[int, Tally]:
    """Give the counts of the hours that a reference of an hour's day is learnt from."""
    day = int(hour // DAY) * DAY
    rows = DriftHour.objects.filter(watch=name, hour__gte=day - PAST, hour__lt=day)
    return dict(rows.values_list("hour", "tally"))
