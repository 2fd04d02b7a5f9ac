"""An example of what labels say of probabilities, and the type of it."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from mimawari.evaluation.trust import ADVICE, Trust


class Probabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What labels say of a topic's probabilities.

    Parameters
    ----------
    intercept, slope
        ``logit q = intercept + slope logit p`` of a score p is what moderators are shown.
    evidence, evidence_shown
        Against the model's own probabilities, and against those shown; 1 raises the flag.
    """

    topic: str
    at: datetime
    trust: Trust
    advice: str
    model: str | None
    labels: int
    violations: int
    sellers: int
    intercept: float
    slope: float
    evidence: float
    evidence_shown: float


CORRECTED = Probabilities(
    topic="weapons",
    at=datetime(2026, 11, 2, 9, 30, tzinfo=UTC),
    trust=Trust.CORRECTED,
    advice=ADVICE[Trust.CORRECTED],
    model="weapons-0123456789ab",
    labels=412,
    violations=61,
    sellers=198,
    intercept=-1.2,
    slope=0.9,
    evidence=1.0,
    evidence_shown=0.1,
)
