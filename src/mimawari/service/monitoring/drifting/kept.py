"""How shares went, kept for pages: made by the keeper, a watch at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mimawari.evaluation.drift.bands import INPUTS, scores_of
from mimawari.service.monitoring.drifting.course import Course, course
from mimawari.service.monitoring.figures import Figures
from mimawari.service.platform import clock
from mimawari.service.releases import generations

if TYPE_CHECKING:
    from datetime import datetime


def shares(watch: str) -> Figures[Course]:
    """Give how the shares of a watch went over the last days."""
    return Figures(f"shares {watch}"[:60], Course, lambda: course(watch), follow_decisions=False)


def refresh_shares(now: datetime | None = None) -> bool:
    """Make again the first that is due, so that nothing else waits for all of them."""
    now, newest = now or clock.database_now(), generations.serving()
    topics = newest.manifest.topic_order if newest else ()
    watches = (INPUTS, *map(scores_of, topics))
    return any(shares(watch).refresh(now, newest=0) for watch in watches)
