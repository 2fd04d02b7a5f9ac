"""A change that a watch tells becomes an alarm; one whose share is watched again is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mimawari.evaluation.drift.bands import MODEL, NO_SCORE
from mimawari.evaluation.drift.hours import time_of
from mimawari.records.alarm import MOST_TEXT, AlarmFigures, AlarmKind, Condition, Occurrence
from mimawari.service.alarms.watching import absent, open_conditions, seen

if TYPE_CHECKING:
    from datetime import datetime

    from mimawari.evaluation.drift.streams import Stream
    from mimawari.evaluation.drift.watch import Change, Watch

KINDS = (AlarmKind.DRIFT_OF_INPUTS, AlarmKind.DRIFT_OF_SCORES, AlarmKind.SCORER_ERRORS)


def condition_of(topic: str, stream: Stream) -> Condition:
    """Say which alarm a share of a watch has."""
    model = stream.kind.removeprefix(MODEL) if stream.kind.startswith(MODEL) else ""
    kind = AlarmKind.DRIFT_OF_SCORES if topic else AlarmKind.DRIFT_OF_INPUTS
    if model and stream.name == NO_SCORE:
        kind = AlarmKind.SCORER_ERRORS
    about = stream.name if model else f"{stream.kind}: {stream.name}"
    return Condition(kind, topic, model[:MOST_TEXT], about[:MOST_TEXT])


def tell(topic: str, change: Change, now: datetime) -> None:
    """Open an alarm of a change, or count it once more."""
    figures = AlarmFigures(
        value=change.after,
        usual=change.before,
        low=change.low,
        high=change.high,
        number=round(change.sellers),
    )
    condition = condition_of(topic, change.stream)
    seen(Occurrence(condition=condition, figures=figures, began_at=time_of(change.since)), now)


def note_absent(watches: dict[str, Watch], topics: dict[str, str], now: datetime) -> None:
    """Say of each open alarm whose share is watched again that nothing is there any more."""
    still = open_conditions(*KINDS)
    if not still:
        return
    for name, watch in watches.items():
        for i in watch.watched:
            condition = condition_of(topics[name], watch.state.streams[i].stream)
            if condition in still:
                absent(condition, now)
